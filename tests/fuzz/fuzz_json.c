/*
 * JSON: whatever passes the gate is read by json-c, and what json-c prints of it passes again and
 * prints the same.
 */
#include "fuzz.h"

#include "base/json.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct json_limits wide = { .bytes = SIZE_MAX, .depth = 400, .nodes = SIZE_MAX };
	struct arena *mem = arena_new();
	struct json_object *o, *again;
	struct json_fault fault = { 0 };
	const char *text = (const char *)data;

	const enum err e = json_parse(mem, text, size, &o, &fault);

	if (e == ERR_NONE) {
		const char *printed = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);

		must(json_parse(mem, printed, strlen(printed), &again, NULL) == ERR_NONE,
			"what was printed is read");
		must(strcmp(json_object_to_json_string_ext(again, JSON_C_TO_STRING_PLAIN),
			     printed) == 0,
			"what is read again prints the same");
		must(json_gate(text, size, &wide, NULL) == ERR_NONE, "wider limits take it too");
	} else {
		must(fault.reason != NULL && fault.at <= size,
			"a refusal has a reason and a place");
		must(json_gate(text, size, &json_limits_default, NULL) != ERR_NONE,
			"json-c takes what the gate takes");
	}
	if (e == ERR_INVALID) {
		const char *place = json_place(mem, text, size, fault.at);

		must(*place == '\0' || *place == '/', "a fault has a place");
	}
	must(json_gate(text, size, &wide, &fault) < ERR_COUNT, "wider limits give an answer");
	arena_free(mem);
	return 0;
}
