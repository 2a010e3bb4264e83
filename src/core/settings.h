/*
 * The settings of an organization and its widget, by the names that forms, commands and the audit log
 * use: name, active, domains, color, theme, position, welcome, offline, showAvatar, collectEmail,
 * collectName.
 */
#ifndef PARLOR_SETTINGS_H
#define PARLOR_SETTINGS_H

#include "core/access.h"

struct json_object;

struct setting {
	const char *name;
	bool is_bool;
	int max;	     /* code points of a text */
	const char *choices; /* "auto|light|dark"; NULL: any text */
	const char *label;   /* as people call it */
};

extern const struct setting settings[];
extern const size_t settings_count;

/* NULL: there is none of this name. */
const struct setting *setting_named(const char *name);

/* All of them, "key" (the publishable one), "id" and "slug". */
enum err settings_get(const struct access *as, struct json_object **out) MUST_USE;

/* What is wrong with a value, as a sentence in mem; NULL: nothing. For a boolean text is not looked at. */
const char *setting_fault(struct arena *mem, const struct setting *setting, const char *text);

/* The version of what settings_change() changes. */
const char *settings_version(const struct access *as, struct json_object *current);

/*
 * Changes those that wanted names (texts and booleans as JSON), and writes what changed, from what to
 * what, into the audit log; nothing when nothing does. A transaction. The values must be without fault.
 * versions: as of a conversation's patch. ERR_NOT_FOUND: no such organization. ERR_CHANGED: it is another
 * version.
 */
enum err settings_change(
	const struct access *as, struct json_object *wanted, const char *versions) MUST_USE;

#endif
