/* Declared input: a table of fields, checked in one call (see any api_*.c). */
#ifndef PARLOR_INPUT_H
#define PARLOR_INPUT_H

#include "web/req.h"

enum field_type {
	F_TEXT,	   /* const char *: UTF-8 without control characters but tab and line feed */
	F_LINE,	   /* const char *: F_TEXT without tab and line feed */
	F_ID,	   /* const char *: 1 to 64 of [0-9A-Za-z_-] */
	F_CHOICE,  /* const char *: one of .choices, separated by '|' */
	F_INT,	   /* int64_t */
	F_BOOL,	   /* bool */
	F_OBJECT,  /* struct json_object * of type object */
	F_STRINGS, /* struct json_object *: array of at most max strings of at most 64 code points */
};

struct field {
	const char *name;
	enum field_type type;
	void *to;
	int64_t min, max; /* code points of text, or the range of an integer */
	const char *choices;
	bool optional; /* absent leaves *to as it is */
	bool nullable; /* null sets *to to NULL and *present */
	bool *present; /* unless NULL, set when the field came */
};

/*
 * Reads r->in by fields (ended by a NULL name). An unknown member, a missing or a wrong one is
 * noted for errors[] with its JSON pointer. Text is trimmed of nothing and never converted.
 * ERR_SYNTAX: a body that is no object. ERR_INVALID: the fields.
 */
enum err input_json(struct req *r, const struct field *fields) MUST_USE;

/* The same for an object inside the body: where its faults are begins with its name. */
enum err input_object(struct req *r, const char *name, struct json_object *object,
	const struct field *fields) MUST_USE;

/* The same table for a form: text, line, id, choice, int (decimal), bool ("on", "true", "1"). */
enum err input_form(struct req *r, const struct field *fields) MUST_USE;

/* Whether the len bytes of word are one of the choices, which are separated by '|'. */
bool input_is_choice(const char *choices, const char *word, size_t len);

#endif
