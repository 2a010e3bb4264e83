/* Which sites may use a widget: every line of tests/vectors/origins.txt. */
#include "unit.h"

#include "web/cors.h"

enum { LINE_MAX_LEN = 1024 };

static unsigned
hex(const char *s)
{
	unsigned value = 0;

	assert_int_equal(sscanf(s, "%2x", &value), 1);
	return value;
}

/* Resolves the escapes of the vector files in place. */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s != '\\') {
			*to++ = *s;
			continue;
		}
		switch (*++s) {
		case 'x':
			*to++ = (char)hex(s + 1);
			s += 2;
			break;
		case 't':
			*to++ = '\t';
			break;
		case 'n':
			*to++ = '\n';
			break;
		case 'r':
			*to++ = '\r';
			break;
		default:
			assert_int_equal(*s, '\\');
			*to++ = '\\';
		}
	}
	*to = '\0';
}

static void
one_line(char *line)
{
	char *domains = strchr(line, '\t'), *origin = domains ? strchr(domains + 1, '\t') : NULL;
	bool allowed;

	assert_non_null(origin);
	*domains++ = *origin++ = '\0';
	allowed = strcmp(line, "allow") == 0;
	assert_true(allowed || strcmp(line, "refuse") == 0);
	unescape(domains);
	unescape(origin);
	if (cors_match(strcmp(domains, "-") == 0 ? NULL : domains, origin) != allowed)
		fail_msg("\"%s\" must be %sd for \"%s\"", origin, line, domains);
}

static void
origins_fit_the_domains_or_not(void **state)
{
	const char *source = getenv("PARLOR_SOURCE");
	char path[LINE_MAX_LEN], line[LINE_MAX_LEN];
	size_t lines = 0;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/vectors/origins.txt", source ? source : ".");
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		one_line(line);
		lines++;
	}
	fclose(file);
	assert_true(lines >= 60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(origins_fit_the_domains_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
