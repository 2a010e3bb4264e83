/*
 * Mustache (the official specification with its modules inheritance and dynamic names) over
 * json-c. Templates are parsed once, at start; rendering is read-only. {{x}} escapes HTML.
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
 * Text templates (.txt) do not escape. ERR_NOT_FOUND or ERR_SYNTAX with *why.
 */
enum err tmpl_load(struct tmpl_set *set, struct arena *mem, const char *dir,
	const char **why) MUST_USE;

/* Unknown names become errors: for tests and for templates that we wrote ourselves. */
void tmpl_set_strict(struct tmpl_set *set, bool strict);

/* ERR_NOT_FOUND: no such template. In strict mode ERR_INVALID with a log line for a missing name. */
enum err tmpl_render(const struct tmpl_set *set, const char *name, struct json_object *context,
	struct buf *out) MUST_USE;

#endif
