/* Mustache: the official specification, then what it does not say. */
#include "unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/tmpl.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct arena *mem;
static struct tmpl_set *set;
static struct buf out;
static const char *why;

static int
set_up(void **state)
{
	(void)state;
	mem = arena_new();
	set = tmpl_set_new();
	out = (struct buf){ 0 };
	why = "";
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_free(&out);
	tmpl_set_free(set);
	arena_free(mem);
	return 0;
}

static enum err
add(const char *name, const char *text)
{
	return tmpl_add(set, mem, name, text, strlen(text), &why);
}

static enum err
render(const char *name, const char *json)
{
	buf_clear(&out);
	return tmpl_render(set, name, json_trusted(mem, json), &out);
}

/* A template called by the test alone gives this. */
static void
gives(const char *text, const char *json, const char *want)
{
	tmpl_set_free(set);
	set = tmpl_set_new();
	assert_int_equal(add("t", text), ERR_NONE);
	assert_int_equal(render("t", json), ERR_NONE);
	assert_string_equal(buf_text(&out), want);
}

/* One case of the specification; its complaint, or NULL. */
static const char *
spec_case(struct json_object *test)
{
	struct json_object *partials = json_member(test, "partials"), *data = NULL;
	const char *text = json_text(test, "template"), *want = json_text(test, "expected");

	tmpl_set_free(set);
	set = tmpl_set_new();
	if (partials) {
		json_object_object_foreach(partials, name, partial)
		{
			if (add(name, json_object_get_string(partial)) != ERR_NONE)
				return why;
		}
	}
	if (add(" ", text) != ERR_NONE)
		return why;
	json_object_object_get_ex(test, "data", &data);
	buf_clear(&out);
	if (tmpl_render(set, " ", data, &out) != ERR_NONE)
		return "it was not rendered";
	return strcmp(buf_text(&out), want) == 0 ? NULL : buf_text(&out);
}

static size_t
spec_file(const char *name, size_t *failed)
{
	const char *path = arena_printf(mem, "%s/mustache/specs/%s.json", unit_vectors(), name);
	char *text = unit_read(path, NULL);
	struct json_object *tests = json_member(json_trusted(mem, text), "tests");
	const size_t count = tests ? json_object_array_length(tests) : 0;

	free(text);
	for (size_t i = 0; i < count; i++) {
		struct json_object *test = json_object_array_get_idx(tests, i);
		const char *complaint = spec_case(test);

		*failed += complaint != NULL;
		if (complaint)
			print_error("%s: %s: %s\n", name, json_text(test, "name"), complaint);
	}
	return count;
}

/* All modules but lambdas, which need code in the data. */
static void
specification_holds(void **state)
{
	static const char *const modules[] = { "comments", "delimiters", "interpolation",
		"inverted", "partials", "sections", "~dynamic-names", "~inheritance" };
	size_t count = 0, failed = 0;

	(void)state;
	if (access(arena_printf(mem, "%s/mustache/specs", unit_vectors()), R_OK) != 0) {
		print_message("skipped: no Mustache specification at %s\n", unit_vectors());
		skip();
	}
	for (size_t i = 0; i < ARRAY_LEN(modules); i++)
		count += spec_file(modules[i], &failed);
	print_message("%zu cases of the specification\n", count);
	assert_int_equal(failed, 0);
	assert_int_equal(count, 184);
}

static void
values_have_one_form(void **state)
{
	(void)state;
	gives("{{a}}", "{\"a\":9007199254740993}", "9007199254740993");
	gives("{{a}}", "{\"a\":-5}", "-5");
	gives("{{a}} {{b}} {{c}} {{d}}", "{\"a\":1.50,\"b\":2.0,\"c\":0.1,\"d\":1e21}",
		"1.5 2 0.1 1e+21");
	gives("{{a}}", "{\"a\":0.30000000000000004}", "0.30000000000000004");
	gives("{{a}}{{b}}{{c}}", "{\"a\":true,\"b\":false,\"c\":null}", "truefalse");
	gives("{{a}}{{b}}", "{\"a\":[1],\"b\":{\"c\":1}}", "");
	gives("{{a}}", "{\"a\":\"<&>\\\"'\"}", "&lt;&amp;&gt;&quot;&#39;");
	gives("{{{a}}}{{&a}}", "{\"a\":\"<\"}", "<<");
	gives("{{a}}", "{\"a\":\"{{b}}\"}", "{{b}}");
	gives("{{.}}", "\"x\"", "x");
	gives("{{a}}", "null", "");
}

static void
truth_is_as_in_javascript(void **state)
{
	static const char *const falsy[] = { "null", "false", "0", "0.0", "\"\"", "[]" };
	static const char *const truthy[] = { "true", "1", "-1", "0.5", "\"0\"", "\" \"", "[0]",
		"{}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(falsy); i++)
		gives("{{#a}}yes{{/a}}{{^a}}no{{/a}}", arena_printf(mem, "{\"a\":%s}", falsy[i]),
			"no");
	for (size_t i = 0; i < ARRAY_LEN(truthy); i++)
		gives("{{#a}}yes{{/a}}{{^a}}no{{/a}}", arena_printf(mem, "{\"a\":%s}", truthy[i]),
			"yes");
}

static void
sections_open_contexts(void **state)
{
	(void)state;
	gives("{{#l}}{{n}}{{x}},{{/l}}", "{\"x\":\"!\",\"l\":[{\"n\":1},{\"n\":2,\"x\":\"?\"}]}",
		"1!,2?,");
	gives("{{#s}}[{{.}}]{{/s}}", "{\"s\":\"text\"}", "[text]");
	gives("{{#l}}{{#.}}{{.}}{{/.}};{{/l}}", "{\"l\":[[1,2],[],[3]]}", "12;;3;");
	gives("{{#l}}({{.}}){{/l}}", "{\"l\":[null,\"\",0,false]}", "()()(0)(false)");
	gives("{{#a.b}}{{c}}{{/a.b}}", "{\"a\":{\"b\":{\"c\":1}}}", "1");
	gives("{{ #a }}x{{ /a }}", "{\"a\":1}", "x");
}

static void
mistakes_are_named(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "a\nb {{x", "p/x:2: a tag is not closed" },
		{ "{{{x}}", "p/x:1: a tag is not closed" },
		{ "{{=<% %>}}", "p/x:1: a tag is not closed" },
		{ "{{#a}}\n{{#b}}\n{{/a}}", "p/x:3: b of line 2 is not closed before /a" },
		{ "\n{{#a}}", "p/x:2: this section is not closed: a" },
		{ "{{<a}}{{$b}}{{/a}}", "p/x:1: b of line 1 is not closed before /a" },
		{ "{{/a}}", "p/x:1: nothing is open that this closes: /a" },
		{ "{{}}", "p/x:1: a tag without a name" },
		{ "{{# }}", "p/x:1: a tag without a name" },
		{ "{{> * }}", "p/x:1: a tag without a name" },
		{ "{{a b}}", "p/x:1: a name with a blank: a b" },
		{ "{{a..b}}", "p/x:1: a dotted name with an empty part: a..b" },
		{ "{{.a}}", "p/x:1: a dotted name with an empty part: .a" },
		{ "{{#a.}}{{/a.}}", "p/x:1: a dotted name with an empty part: a." },
		{ "{{=a=}}", "p/x:1: delimiters must be two" },
		{ "{{=a b c=}}", "p/x:1: delimiters must be two" },
		{ "{{=== ==}}", "p/x:1: delimiters must be two" },
		{ "{{=0123456789abcdef }}=}}", "p/x:1: a delimiter is too long" },
		{ "{{<*a}}{{/a}}", "p/x:1: a of line 1 is not closed before /a" },
		{ "\xff", "p/x:1: the template is not UTF-8 text" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(add("p/x", cases[i].text), ERR_SYNTAX);
		if (strncmp(why, cases[i].want, strlen(cases[i].want)) != 0)
			fail_msg("\"%s\" is not \"%s\"", why, cases[i].want);
	}
	assert_int_equal(tmpl_add(set, mem, "p/x", "a\0b", 3, &why), ERR_SYNTAX);
	assert_int_equal(add("p/x", "good"), ERR_NONE);
	assert_int_equal(add("p/x", "again"), ERR_SYNTAX);
	assert_string_equal(why, "p/x: there are two templates of this name");
}

static void
layouts_are_inherited(void **state)
{
	(void)state;
	assert_int_equal(add("layout", "<title>{{$title}}Parlor{{/title}}</title>\n<main>\n"
				       "\t{{$body}}{{/body}}\n</main>\n"),
		ERR_NONE);
	assert_int_equal(add("card", "<div>{{$title}}Card{{/title}}</div>\n"), ERR_NONE);
	assert_int_equal(
		add("page", "{{<layout}}\n{{$title}}{{name}}{{/title}}\n{{$body}}\n"
			    "<p>one</p>\n  {{>card}}\n{{<card}}{{$title}}Mine{{/title}}{{/card}}\n"
			    "{{/body}}\n{{/layout}}\n"),
		ERR_NONE);
	assert_int_equal(render("page", "{\"name\":\"<x>\"}"), ERR_NONE);
	/* The block "title" of a card in the page is not the one of the layout. */
	assert_string_equal(buf_text(&out), "<title>&lt;x&gt;</title>\n<main>\n\t<p>one</p>\n"
					    "\t  <div>Card</div>\n\t<div>Mine</div>\n\n</main>\n");
}

/* Where the margin of what is put in comes from, beyond what the specification tries. */
static void
margins_are_kept(void **state)
{
	(void)state;
	assert_int_equal(add("in", "a\n{{x}}b\n\n  c\n"), ERR_NONE);
	assert_int_equal(add("two", "{{#l}}\n  {{>in}}\n{{/l}}\n.\n"), ERR_NONE);
	assert_int_equal(render("two", "{\"l\":[1],\"x\":\"1\\n2\"}"), ERR_NONE);
	assert_string_equal(buf_text(&out), "  a\n  1\n2b\n  \n    c\n.\n");
	assert_int_equal(add("deep", "\t{{>two}}\nend {{>in}}"), ERR_NONE);
	assert_int_equal(render("deep", "{\"l\":[1],\"x\":1}"), ERR_NONE);
	assert_string_equal(
		buf_text(&out), "\t  a\n\t  1b\n\t  \n\t    c\n\t.\nend a\n1b\n\n  c\n");
	/* An empty parameter has the margin of its tag, wherever it is closed. */
	assert_int_equal(add("hole", "<\n  {{$b}}\n{{/b}}\n>\n"), ERR_NONE);
	assert_int_equal(add("fill", "{{<hole}}{{$b}}\n\tx\n\ty\n{{/b}}{{/hole}}"), ERR_NONE);
	assert_int_equal(render("fill", "{}"), ERR_NONE);
	assert_string_equal(buf_text(&out), "<\n  x\n  y\n>\n");
	/* What is not there leaves no margin behind. */
	assert_int_equal(add("gone", "a\n  {{<none}}{{/none}}\n  {{>none}}\nb"), ERR_NONE);
	assert_int_equal(render("gone", "{}"), ERR_NONE);
	assert_string_equal(buf_text(&out), "a\nb");
}

static void
output_is_added(void **state)
{
	(void)state;
	assert_int_equal(add("a", "{{x}}"), ERR_NONE);
	assert_int_equal(add("loop", "x{{>loop}}"), ERR_NONE);
	buf_str(&out, "before ");
	assert_int_equal(tmpl_render(set, "a", json_trusted(mem, "{\"x\":1}"), &out), ERR_NONE);
	assert_string_equal(buf_text(&out), "before 1");
	assert_int_equal(tmpl_render(set, "none", NULL, &out), ERR_NOT_FOUND);
	/* A page that fails leaves no half of it. */
	assert_int_equal(tmpl_render(set, "loop", NULL, &out), ERR_INVALID);
	assert_string_equal(buf_text(&out), "before 1");
}

static void
nothing_is_endless(void **state)
{
	struct buf deep = { 0 };

	(void)state;
	/* Itself once, and itself twice without a word: 2^64 visits. */
	assert_int_equal(add("one", "{{>one}}"), ERR_NONE);
	assert_int_equal(add("two", "{{>two}}{{>two}}"), ERR_NONE);
	assert_int_equal(add("parent", "{{<parent}}{{$b}}{{/b}}{{/parent}}"), ERR_NONE);
	assert_int_equal(
		add("block", "{{<block}}{{$b}}{{>block}}{{/b}}{{/block}}{{$b}}{{/b}}"), ERR_NONE);
	assert_int_equal(render("one", "{}"), ERR_INVALID);
	assert_int_equal(render("two", "{}"), ERR_INVALID);
	assert_int_equal(render("parent", "{}"), ERR_INVALID);
	assert_int_equal(render("block", "{}"), ERR_INVALID);
	for (int i = 0; i < 64; i++)
		buf_str(&deep, "{{#a}}");
	for (int i = 0; i < 64; i++)
		buf_str(&deep, "{{/a}}");
	assert_int_equal(add("deep", deep.data), ERR_NONE);
	assert_int_equal(render("deep", "{\"a\":1}"), ERR_NONE);
	buf_clear(&deep);
	for (int i = 0; i < 65; i++)
		buf_str(&deep, "{{#a}}");
	assert_int_equal(add("deeper", deep.data), ERR_SYNTAX);
	buf_free(&deep);
}

/* Each pair of lists is visited: the product of three lists of 200 is too much. */
static void
steps_are_counted(void **state)
{
	struct buf json = { 0 };

	(void)state;
	assert_int_equal(add("t", "{{#l}}{{#l}}{{#l}}x{{/l}}{{/l}}{{/l}}"), ERR_NONE);
	buf_str(&json, "{\"l\":[0");
	for (int i = 0; i < 199; i++)
		buf_str(&json, ",0");
	buf_str(&json, "]}");
	assert_int_equal(render("t", json.data), ERR_INVALID);
	assert_int_equal(render("t", "{\"l\":[1,2]}"), ERR_NONE);
	assert_string_equal(buf_text(&out), "xxxxxxxx");
	buf_free(&json);
}

static void
strict_sets_know_their_names(void **state)
{
	static const char *const bad[] = { "{{x}}", "{{{x}}}", "{{#x}}{{/x}}", "{{^x}}{{/x}}",
		"{{a.x}}", "{{>x}}", "{{>*x}}", "{{>*a.b}}", "{{<x}}{{/x}}", "{{a}}", "{{s.x}}" };
	static const char *const good[] = { "{{n}}", "{{#n}}{{/n}}", "{{^n}}{{/n}}", "{{n.x}}",
		"{{a.b}}", "{{#a}}{{b}}{{s}}{{/a}}", "{{$x}}{{/x}}", "{{#n}}{{x}}{{/n}}",
		"{{! x }}" };
	static const char json[] = "{\"a\":{\"b\":\"x\"},\"n\":null,\"s\":\"\"}";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *name = arena_printf(mem, "bad%zu", i);

		assert_int_equal(add(name, bad[i]), ERR_NONE);
		tmpl_set_strict(set, false);
		assert_int_equal(render(name, json), ERR_NONE);
		tmpl_set_strict(set, true);
		assert_int_equal(render(name, json), ERR_INVALID);
	}
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		const char *name = arena_printf(mem, "good%zu", i);

		assert_int_equal(add(name, good[i]), ERR_NONE);
		assert_int_equal(render(name, json), ERR_NONE);
	}
}

static void
write_file(const char *dir, const char *name, const char *text)
{
	const char *path = arena_printf(mem, "%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
remove_all(const char *dir)
{
	assert_int_equal(system(arena_printf(mem, "rm -r '%s'", dir)), 0);
}

static void
directories_are_loaded(void **state)
{
	char dir[] = "/tmp/parlor-test-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	mkdir(arena_printf(mem, "%s/dash", dir), 0700);
	mkdir(arena_printf(mem, "%s/mail", dir), 0700);
	write_file(dir, "layout.html", "[{{$body}}{{/body}}]");
	write_file(dir, "dash/inbox.html",
		"{{<layout}}{{$body}}{{x}}{{>mail/note}}{{/body}}{{/layout}}");
	write_file(dir, "mail/note.txt", "({{x}})");
	write_file(dir, ".hidden.html", "{{");
	write_file(dir, "dash/inbox.html~", "{{");
	assert_int_equal(tmpl_load(set, mem, dir, &why), ERR_NONE);
	assert_int_equal(render("dash/inbox", "{\"x\":\"<\"}"), ERR_NONE);
	/* The page that was asked for says what to escape, not the parts it is made of. */
	assert_string_equal(buf_text(&out), "[&lt;(&lt;)]");
	assert_int_equal(render("mail/note", "{\"x\":\"<\"}"), ERR_NONE);
	assert_string_equal(buf_text(&out), "(<)");
	assert_int_equal(render("dash/inbox.html", "{}"), ERR_NOT_FOUND);
	write_file(dir, "bad.html", "a\n{{#x}}");
	tmpl_set_free(set);
	set = tmpl_set_new();
	assert_int_equal(tmpl_load(set, mem, dir, &why), ERR_SYNTAX);
	assert_string_equal(why, "bad:2: this section is not closed: x");
	remove_all(dir);
	assert_int_equal(tmpl_load(set, mem, dir, &why), ERR_NOT_FOUND);
	assert_non_null(strstr(why, dir));
}

static void
load_text(const char *text)
{
	char dir[] = "/tmp/parlor-test-XXXXXX";

	tmpl_set_free(set);
	set = tmpl_set_new();
	tmpl_set_strict(set, true);
	assert_non_null(mkdtemp(dir));
	write_file(dir, "note.txt", text);
	write_file(dir, "page.html", "{{a}}");
	assert_int_equal(tmpl_load(set, mem, dir, &why), ERR_NONE);
	remove_all(dir);
}

static void
text_values_stay_in_their_line(void **state)
{
	(void)state;
	load_text("Subject: {{a}}\n\n{{#b}}{{a}}{{>page}}{{/b}}.\n");
	assert_int_equal(
		render("note", "{\"a\":\"<x>\\r\\nBcc: y\\u2028\\u202e\\u001b[0m\",\"b\":1}"),
		ERR_NONE);
	assert_string_equal(buf_text(&out),
		"Subject: <x>  Bcc: y   [0m\n\n<x>  Bcc: y   [0m<x>  Bcc: y   [0m.\n");
	assert_int_equal(render("page", "{\"a\":\"<\\n\"}"), ERR_NONE);
	assert_string_equal(buf_text(&out), "&lt;\n");
}

static void
complaints_can_be_had(void **state)
{
	struct json_object *data = json_trusted(mem, "{\"a\":null,\"b\":{}}");

	(void)state;
	load_text("x\n{{a}}");
	buf_clear(&out);
	assert_int_equal(tmpl_render_why(set, mem, "note", data, &out, &why), ERR_INVALID);
	assert_string_equal(why, "template note:2: null is no text: a");
	load_text("{{c}}");
	assert_int_equal(tmpl_render_why(set, mem, "note", data, &out, &why), ERR_INVALID);
	assert_string_equal(why, "template note:1: there is no such name: c");
	load_text("{{#a}}{{a}}{{/a}}");
	assert_int_equal(tmpl_render_why(set, mem, "note", data, &out, &why), ERR_NONE);
	assert_int_equal(tmpl_render_why(set, mem, "none", data, &out, &why), ERR_NOT_FOUND);
	assert_string_equal(why, "there is no template none");
	/* In a page null is nothing. */
	assert_int_equal(tmpl_render_why(set, mem, "page", data, &out, &why), ERR_NONE);
	assert_string_equal(buf_text(&out), "");
}

/* A page like the inbox: 50 rows by a partial in a layout. A tenth of this time is usual. */
static void
pages_are_fast(void **state)
{
	enum { ROUNDS = 200 };
	struct buf json = { 0 };
	struct json_object *context;
	clock_t start;

	(void)state;
	assert_int_equal(
		add("layout",
			"<html>\n<body>\n\t<main>\n\t\t{{$body}}{{/body}}\n\t</main>\n</body>\n"),
		ERR_NONE);
	assert_int_equal(
		add("row", "<li class=\"row{{#unread}} unread{{/unread}}\" data-id=\"{{id}}\">\n"
			   "\t<b>{{visitor.name}}</b>\n\t<p>{{preview}}</p>\n\t<i>{{time}}</i>\n"
			   "{{#tags}}\t<span>{{.}}</span>\n{{/tags}}</li>\n"),
		ERR_NONE);
	assert_int_equal(
		add("page", "{{<layout}}\n{{$body}}\n<ul>\n{{#rows}}\n\t{{>row}}\n{{/rows}}\n"
			    "</ul>\n{{/body}}\n{{/layout}}\n"),
		ERR_NONE);
	buf_str(&json, "{\"rows\":[");
	for (int i = 0; i < 50; i++)
		buf_printf(&json,
			"%s{\"id\":%d,\"unread\":%s,\"visitor\":{\"name\":\"Ann <b> "
			"%d\"},\"preview\":"
			"\"Where is my parcel? It was to come on Monday & now it is "
			"Friday\",\"time\":\"12:0%d\","
			"\"tags\":[\"a\",\"b\"]}",
			i ? "," : "", i, i % 2 ? "true" : "false", i, i % 10);
	buf_str(&json, "]}");
	context = json_trusted(mem, json.data);
	start = clock();
	for (int i = 0; i < ROUNDS; i++) {
		buf_clear(&out);
		assert_int_equal(tmpl_render(set, "page", context, &out), ERR_NONE);
	}
	assert_true(clock() - start < ROUNDS * (CLOCKS_PER_SEC / 1000));
	assert_true(out.len > 50 * 150);
	buf_free(&json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(specification_holds),
		TEST(values_have_one_form),
		TEST(truth_is_as_in_javascript),
		TEST(sections_open_contexts),
		TEST(mistakes_are_named),
		TEST(layouts_are_inherited),
		TEST(margins_are_kept),
		TEST(output_is_added),
		TEST(nothing_is_endless),
		TEST(steps_are_counted),
		TEST(strict_sets_know_their_names),
		TEST(directories_are_loaded),
		TEST(text_values_stay_in_their_line),
		TEST(complaints_can_be_had),
		TEST(pages_are_fast),
	};

	return cmocka_run_group_tests_name("tmpl", tests, NULL, NULL);
}
