/*
 * JSON from outside. json-c is lenient, so a strict gate of ours (RFC 8259 and RFC 3629) stands
 * before it; after it, getters that never coerce.
 */
#ifndef PARLOR_JSON_H
#define PARLOR_JSON_H

#include <json-c/json.h>

#include "base/arena.h"
#include "base/base.h"

struct json_limits {
	size_t bytes, depth, nodes;
};

/* 64 KiB, depth 16, 2,000 nodes: for the bodies of requests. */
extern const struct json_limits json_limits_default;

struct json_fault {
	const char *reason; /* a constant sentence */
	size_t at;	    /* byte offset */
};

/*
 * Whether text is one JSON value. ERR_SYNTAX: it is not, by RFC 8259, or it is not UTF-8.
 * ERR_TOO_LARGE: it exceeds a limit. ERR_INVALID: it is well formed, but holds a duplicate key,
 * NUL in a string or key, a lone surrogate, or a number that no double or 64-bit integer holds.
 * *fault says what and where (may be NULL); it is left alone when there is nothing to say.
 */
enum err json_gate(const char *text, size_t len, const struct json_limits *limits,
	struct json_fault *fault) MUST_USE;

/* The gate with the default limits, then json-c. *out dies with mem; a JSON null is NULL. */
enum err json_parse(struct arena *mem, const char *text, size_t len, struct json_object **out,
	struct json_fault *fault) MUST_USE;

/*
 * The JSON pointer of the member, entry or name in which a byte of a text stands; "" for the value as a
 * whole. The text must have passed the gate's grammar and default limits, as what is ERR_INVALID has.
 */
const char *json_place(struct arena *mem, const char *text, size_t len, size_t at);

/* Text we made ourselves, or that PostgreSQL made: no gate. NULL when it is not JSON. */
struct json_object *json_trusted(struct arena *mem, const char *text);

/* A new object that dies with mem. */
struct json_object *json_new(struct arena *mem);

/* The same object, which mem now puts away: for one that was made elsewhere. */
struct json_object *json_keep(struct arena *mem, struct json_object *object);

/* Member by name; NULL when absent or null, or when o is no object. */
struct json_object *json_member(struct json_object *o, const char *name);
/* The text of a string member; NULL when absent or not a string. */
const char *json_text(struct json_object *o, const char *name);

/* Compact text; lives as long as the object, until the next call for it. */
const char *json_write(struct json_object *object);

/* Setters, for contexts and answers. A NULL string becomes null. */
void json_set(struct json_object *o, const char *name, const char *value);
void json_set_int(struct json_object *o, const char *name, int64_t value);
void json_set_bool(struct json_object *o, const char *name, bool value);
/* Takes over value. */
void json_set_object(struct json_object *o, const char *name, struct json_object *value);

#endif
