/* Checks declared input; every fault is noted before the first is answered. */
#include "web/input.h"

#include "base/json.h"
#include "base/util.h"
#include "web/reply.h"

#include <string.h>

static const char *
place(const struct req *r)
{
	return r->in_at ? r->in_at : "";
}

/* One fault of one field. */
static enum err
fault(struct req *r, const struct field *f, const char *code, const char *detail)
{
	return reply_invalid(r, arena_printf(r->mem, "%s/%s", place(r), f->name), code, detail);
}

static bool
has_control(const char *s, size_t len, const char *allowed)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)s[i] < 0x20 && (!s[i] || !strchr(allowed, s[i]))) ||
			s[i] == 0x7f)
			return true;
	return false;
}

bool
input_is_choice(const char *choices, const char *word, size_t len)
{
	for (const char *p = choices; p && *p;) {
		size_t n = strcspn(p, "|");

		if (n == len && strncmp(p, word, len) == 0)
			return true;
		p += n + (p[n] == '|');
	}
	return false;
}

static bool
is_id(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'z') ||
			    (s[i] >= 'A' && s[i] <= 'Z') || s[i] == '_' || s[i] == '-'))
			return false;
	return len >= 1 && len <= 64;
}

static enum err
take_text(struct req *r, const struct field *f, const char *s, size_t len)
{
	int64_t count = (int64_t)utf8_count(s, len);

	switch (f->type) {
	case F_CHOICE:
		if (!input_is_choice(f->choices, s, strlen(s)))
			return fault(r, f, "not_a_choice",
				arena_printf(r->mem, "Must be one of %s.", f->choices));
		break;
	case F_ID:
		if (!is_id(s, len))
			return fault(r, f, "not_an_id", "Must be 1 to 64 letters, digits, - or _.");
		break;
	default:
		if (has_control(s, len, f->type == F_TEXT ? "\t\n\r" : ""))
			return fault(
				r, f, "control_character", "Must not hold control characters.");
		if (count < f->min)
			return fault(r, f, "too_short",
				arena_printf(r->mem, "Must have at least %lld characters.",
					(long long)f->min));
		if (f->max && count > f->max)
			return fault(r, f, "too_long",
				arena_printf(r->mem, "Must have at most %lld characters.",
					(long long)f->max));
	}
	*(const char **)f->to = arena_strndup(r->mem, s, len);
	return ERR_NONE;
}

static enum err
take_int(struct req *r, const struct field *f, int64_t value)
{
	if (value < f->min || value > f->max)
		return fault(r, f, "out_of_range",
			arena_printf(r->mem, "Must be from %lld to %lld.", (long long)f->min,
				(long long)f->max));
	*(int64_t *)f->to = value;
	return ERR_NONE;
}

static enum err
take_strings(struct req *r, const struct field *f, struct json_object *array)
{
	size_t n = json_object_array_length(array);

	if ((int64_t)n > f->max)
		return fault(r, f, "too_long",
			arena_printf(r->mem, "Must have at most %lld entries.", (long long)f->max));
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);
		size_t len = (size_t)(json_object_is_type(item, json_type_string)
					      ? json_object_get_string_len(item)
					      : 0);

		if (len == 0 || utf8_count(json_object_get_string(item), len) > 64 ||
			has_control(json_object_get_string(item), len, ""))
			return reply_invalid(r,
				arena_printf(r->mem, "%s/%s/%zu", place(r), f->name, i),
				"wrong_type", "Must be text of 1 to 64 characters.");
	}
	*(struct json_object **)f->to = array;
	return ERR_NONE;
}

static enum json_type
type_of(enum field_type type)
{
	switch (type) {
	case F_INT:
		return json_type_int;
	case F_BOOL:
		return json_type_boolean;
	case F_OBJECT:
		return json_type_object;
	case F_STRINGS:
		return json_type_array;
	default:
		return json_type_string;
	}
}

static enum err
take_value(struct req *r, const struct field *f, struct json_object *value)
{
	enum json_type type = type_of(f->type);

	if (!json_object_is_type(value, type))
		return fault(r, f, "wrong_type",
			arena_printf(r->mem, "Must be of type %s.", json_type_to_name(type)));
	switch (f->type) {
	case F_INT:
		return take_int(r, f, json_object_get_int64(value));
	case F_BOOL:
		*(bool *)f->to = json_object_get_boolean(value);
		return ERR_NONE;
	case F_OBJECT:
		*(struct json_object **)f->to = value;
		return ERR_NONE;
	case F_STRINGS:
		return take_strings(r, f, value);
	default:
		return take_text(r, f, json_object_get_string(value),
			(size_t)json_object_get_string_len(value));
	}
}

static enum err
take_member(struct req *r, const struct field *f)
{
	struct json_object *value;

	if (!json_object_object_get_ex(r->in, f->name, &value))
		return f->optional ? ERR_NONE : fault(r, f, "required", "Is required.");
	if (!value && f->nullable) {
		*(const char **)f->to = NULL;
	} else {
		enum err e = value ? take_value(r, f, value)
				   : fault(r, f, "wrong_type", "Must not be null.");

		if (e)
			return e;
	}
	if (f->present)
		*f->present = true;
	return ERR_NONE;
}

static bool
is_declared(const struct field *fields, const char *name)
{
	for (; fields->name; fields++)
		if (strcmp(fields->name, name) == 0)
			return true;
	return false;
}

/* RFC 6901: ~ and / of a name are escaped. */
static const char *
pointer_to(struct req *r, const char *name)
{
	struct buf b = { 0 };
	const char *pointer;

	buf_printf(&b, "%s/", place(r));
	for (; *name; name++)
		if (*name == '~' || *name == '/')
			buf_str(&b, *name == '~' ? "~0" : "~1");
		else
			buf_char(&b, *name);
	pointer = arena_strdup(r->mem, buf_text(&b));
	buf_free(&b);
	return pointer;
}

enum err
input_json(struct req *r, const struct field *fields)
{
	enum err e = ERR_NONE;

	if (!json_object_is_type(r->in, json_type_object))
		return reply_problem(r, ERR_SYNTAX, NULL, "The body must be a JSON object.");
	json_object_object_foreach(r->in, name, value)
	{
		(void)value;
		if (!is_declared(fields, name))
			e = reply_invalid(
				r, pointer_to(r, name), "unknown_field", "Is not known here.");
	}
	for (const struct field *f = fields; f->name; f++) {
		enum err one = take_member(r, f);

		e = e ? e : one;
	}
	return e;
}

enum err
input_object(
	struct req *r, const char *name, struct json_object *object, const struct field *fields)
{
	struct json_object *whole = r->in;
	const char *at = r->in_at;
	enum err e;

	r->in_at = arena_printf(r->mem, "%s/%s", place(r), name);
	r->in = object;
	e = input_json(r, fields);
	r->in = whole;
	r->in_at = at;
	return e;
}

static enum err
take_form_value(struct req *r, const struct field *f, const char *value)
{
	int64_t number;

	switch (f->type) {
	case F_BOOL:
		*(bool *)f->to = strcmp(value, "on") == 0 || strcmp(value, "true") == 0 ||
				 strcmp(value, "1") == 0;
		return ERR_NONE;
	case F_INT:
		if (!parse_int(value, f->min, f->max, &number))
			return fault(r, f, "out_of_range",
				arena_printf(r->mem, "Must be a number from %lld to %lld.",
					(long long)f->min, (long long)f->max));
		*(int64_t *)f->to = number;
		return ERR_NONE;
	default:
		return take_text(r, f, value, strlen(value));
	}
}

enum err
input_form(struct req *r, const struct field *fields)
{
	enum err e = ERR_NONE;

	for (const struct field *f = fields; f->name; f++) {
		const char *value = NULL;
		enum err one;

		for (const struct param *p = r->form; p && p->name && !value; p++)
			value = strcmp(p->name, f->name) == 0 ? p->value : NULL;
		if (!value)
			one = f->optional ? ERR_NONE : fault(r, f, "required", "Is required.");
		else if (!(one = take_form_value(r, f, value)) && f->present)
			*f->present = true;
		e = e ? e : one;
	}
	return e;
}
