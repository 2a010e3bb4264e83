/* json-c behind the gate: parsing into an arena, and getters and setters that never coerce. */
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nothing useful can be done without memory; the supervisor starts another process. */
static void *
need(void *p)
{
	if (!p) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return p;
}

static void
put(void *o)
{
	json_object_put(o);
}

/* The value, or NULL with *ok false. A JSON null is NULL with *ok true: json-c has no object for
 * it. */
static struct json_object *
parse(struct arena *mem, const char *text, size_t len, int depth, bool *ok)
{
	struct json_tokener *tok = need(json_tokener_new_ex(depth));
	struct json_object *o;

	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(tok, text, (int)len);
	/* A number may go on until something ends it; a NUL does. */
	if (json_tokener_get_error(tok) == json_tokener_continue)
		o = json_tokener_parse_ex(tok, "", 1);
	*ok = json_tokener_get_error(tok) == json_tokener_success;
	json_tokener_free(tok);
	if (o)
		arena_defer(mem, put, o);
	return o;
}

enum err
json_parse(struct arena *mem, const char *text, size_t len, struct json_object **out,
	struct json_fault *fault)
{
	/* json-c counts a scalar as a level too. */
	const int depth = (int)json_limits_default.depth + 2;
	enum err e = json_gate(text, len, &json_limits_default, fault);
	bool ok;

	*out = NULL;
	if (e)
		return e;
	*out = parse(mem, text, len, depth, &ok);
	if (ok)
		return ERR_NONE;
	if (fault)
		*fault = (struct json_fault){ .reason = "The text could not be read." };
	return ERR_SYNTAX;
}

struct json_object *
json_trusted(struct arena *mem, const char *text)
{
	bool ok;

	return text ? parse(mem, text, strlen(text), 128, &ok) : NULL;
}

struct json_object *
json_new(struct arena *mem)
{
	struct json_object *o = need(json_object_new_object());

	arena_defer(mem, put, o);
	return o;
}

struct json_object *
json_member(struct json_object *o, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(o, json_type_object))
		return NULL;
	json_object_object_get_ex(o, name, &value);
	return value;
}

const char *
json_text(struct json_object *o, const char *name)
{
	struct json_object *value = json_member(o, name);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

void
json_set_object(struct json_object *o, const char *name, struct json_object *value)
{
	if (json_object_object_add(o, name, value) != 0)
		need(NULL);
}

void
json_set(struct json_object *o, const char *name, const char *value)
{
	json_set_object(o, name, value ? need(json_object_new_string(value)) : NULL);
}

void
json_set_int(struct json_object *o, const char *name, int64_t value)
{
	json_set_object(o, name, need(json_object_new_int64(value)));
}

void
json_set_bool(struct json_object *o, const char *name, bool value)
{
	json_set_object(o, name, need(json_object_new_boolean(value)));
}

struct json_object *
json_keep(struct arena *mem, struct json_object *object)
{
	arena_defer(mem, put, object);
	return object;
}

const char *
json_write(struct json_object *object)
{
	return json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
