/*
 * From read models to what people see: relative times, initials, names of devices. The contexts of
 * pages hold plain values; view_dress() adds beside them what the templates show. Pure.
 */
#ifndef PARLOR_VIEW_H
#define PARLOR_VIEW_H

#include "base/arena.h"

struct json_object;

/*
 * Walks the whole context. now_ms: milliseconds since 1970 UTC. An object with
 *   "iso"        gets "text" (2 min), "past" (2 min ago), "clock" (21:40), "title" (22 Nov 2026, 21:40 UTC);
 *                a date without a time gets "text" (Today, 21 November 2026) and "title"
 *   "key"        beside "name" gets "initials" and "tone" (0 to 7, the same for the same key)
 *   "value"      and no "name" gets it, capitalized
 *   "url"        gets "href", null unless it is a web address or a path of ours, and "text"
 *   "userAgent"  gets "device" (Firefox on Linux) or null
 * context stays the caller's; mem is for what is needed meanwhile.
 */
void view_dress(struct arena *mem, struct json_object *context, int64_t now_ms);

/* First letters of the first and the last word, whole characters. In mem. */
const char *view_initials(struct arena *mem, const char *name);

/* "Firefox on Linux"; NULL when neither is known. In mem. */
const char *view_device(struct arena *mem, const char *user_agent);

#endif
