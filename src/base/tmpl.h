/*
 * Mustache (the official specification with its modules inheritance and dynamic names) over
 * json-c. Templates are parsed once, at start; rendering is read-only. {{x}} escapes HTML, or in a
 * text template what would break out of the line (buf_plain()).
 *
 * What the specification leaves open: a section is false for null, false, 0, "" and an empty list;
 * an object or a list prints nothing; an argument's own blocks belong to where it is written. A
 * page of endless templates, steps or bytes is ERR_INVALID and a line in the log.
 */
#ifndef PARLOR_TMPL_H
#define PARLOR_TMPL_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"

struct json_object;
struct tmpl_set;

struct tmpl_set *tmpl_set_new(void);
void tmpl_set_free(struct tmpl_set *set);

/* Adds one template from text. ERR_SYNTAX with *why (in mem): "name:line: what is wrong". */
enum err tmpl_add(struct tmpl_set *set, struct arena *mem, const char *name, const char *text,
	size_t len, const char **why) MUST_USE;
/*
 * Adds every file below dir; "dash/inbox.html" is named "dash/inbox", "mail/x.txt" "mail/x".
 * Text templates (.txt) escape for plain text; the one that is rendered decides for all it includes.
 * Hidden files and those ending in "~" are left out. ERR_NOT_FOUND or ERR_SYNTAX with *why.
 */
enum err tmpl_load(
	struct tmpl_set *set, struct arena *mem, const char *dir, const char **why) MUST_USE;

/*
 * Unknown names become errors, and in text templates nulls that would be printed: for tests and for
 * templates that we wrote ourselves.
 */
void tmpl_set_strict(struct tmpl_set *set, bool strict);

/*
 * Adds to out. ERR_NOT_FOUND: no such template. In strict mode ERR_INVALID with a log line for a
 * missing name. On error nothing is added.
 */
enum err tmpl_render(const struct tmpl_set *set, const char *name, struct json_object *context,
	struct buf *out) MUST_USE;

/* The same; the complaint goes to *why (in mem), not to the log. */
enum err tmpl_render_why(const struct tmpl_set *set, struct arena *mem, const char *name,
	struct json_object *context, struct buf *out, const char **why) MUST_USE;

#endif
