/*
 * Mails as they go over the wire: golden forms, bounds of lines, and what is refused. Whether another
 * program reads them as they were meant is tested with Python's parser (tests/ops/mail.test.mjs).
 */
#include "unit.h"

#include "jobs/mime.h"

enum { CASES = 20000 };

static struct buf out;
static const char *why;

static int
tear_down(void **state)
{
	(void)state;
	buf_free(&out);
	why = NULL;
	return 0;
}

static struct mime_message
plain(void)
{
	return (struct mime_message){
		.from = { .name = "Parlor", .address = "chat@example.org" },
		.to = "ann@example.net",
		.subject = "Hello",
		.text = "Hello Ann,\n\ngood morning.\n",
		.id = "0a1b2c",
		.date_ms = 1764096350123,
	};
}

static const char *
written(const struct mime_message *m)
{
	buf_clear(&out);
	if (mime_write(m, &out, &why))
		fail_msg("refused: %s", why);
	return buf_text(&out);
}

/* The header of this name as it was written, without its end; valid until the next call. */
static const char *
header(const char *name)
{
	static char value[64 * 1024];
	const char *text = buf_text(&out), *start, *end;
	char line[64];

	snprintf(line, sizeof(line), "\r\n%s: ", name);
	start = strncmp(text, line + 2, strlen(line + 2)) == 0 ? text : strstr(text, line) + 2;
	start += strlen(line + 2);
	for (end = strstr(start, "\r\n"); end[2] == ' '; end = strstr(end + 2, "\r\n"))
		;
	snprintf(value, sizeof(value), "%.*s", (int)(end - start), start);
	return value;
}

static const char *
body(void)
{
	return strstr(buf_text(&out), "\r\n\r\n") + 4;
}

static void
a_mail_has_its_form(void **state)
{
	const struct mime_message m = plain();

	(void)state;
	assert_string_equal(written(&m), "From: \"Parlor\" <chat@example.org>\r\n"
					 "To: ann@example.net\r\n"
					 "Subject: Hello\r\n"
					 "Date: Tue, 25 Nov 2025 18:45:50 +0000\r\n"
					 "Message-ID: <0a1b2c@example.org>\r\n"
					 "Auto-Submitted: auto-generated\r\n"
					 "MIME-Version: 1.0\r\n"
					 "Content-Type: text/plain; charset=UTF-8\r\n"
					 "Content-Transfer-Encoding: quoted-printable\r\n"
					 "\r\n"
					 "Hello Ann,\r\n\r\ngood morning.\r\n");
}

static void
subject_is(const char *subject, const char *want)
{
	struct mime_message m = plain();

	m.subject = subject;
	written(&m);
	assert_string_equal(header("Subject"), want);
}

static void
subjects_are_encoded_when_they_must(void **state)
{
	(void)state;
	subject_is("a: b, c; <d> \"e\"", "a: b, c; <d> \"e\"");
	subject_is("\xc3\x9cn\xc3\xaf"
		   "code",
		"=?UTF-8?B?w5xuw69jb2Rl?=");
	/* What looks like an encoded word would be decoded by a reader. */
	subject_is("=?utf-8?q?x?=", "=?UTF-8?B?PT91dGYtOD9xP3g/PQ==?=");
	subject_is(" x", "=?UTF-8?B?IHg=?=");
	subject_is("x ", "=?UTF-8?B?eCA=?=");
	subject_is("1234567 1234567 1234567 1234567 1234567 1234567 1234567 1234567 123",
		"1234567 1234567 1234567 1234567 1234567 1234567 1234567 1234567 123");
	subject_is("1234567 1234567 1234567 1234567 1234567 1234567 1234567 1234567 1234",
		"=?UTF-8?B?MTIzNDU2NyAxMjM0NTY3IDEyMzQ1NjcgMTIzNDU2NyAxMjM0NTY3?=\r\n"
		" =?UTF-8?B?IDEyMzQ1NjcgMTIzNDU2NyAxMjM0NTY3IDEyMzQ=?=");
	/* Split between characters: 9 times 4 bytes fit before the 39th. */
	subject_is("\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
		   "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
		   "\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
		"=?UTF-8?B?8J+YgPCfmIDwn5iA8J+YgPCfmIDwn5iA8J+YgPCfmIDwn5iA?=\r\n"
		" =?UTF-8?B?8J+YgA==?=");
}

static void
from_is(const char *name, const char *address, const char *want)
{
	struct mime_message m = plain();

	m.from = (struct mailbox){ .name = name, .address = address };
	written(&m);
	assert_string_equal(header("From"), want);
}

static void
senders_are_quoted_or_encoded(void **state)
{
	(void)state;
	from_is("", "a@b", "a@b");
	from_is("Acme, Inc.", "a@b", "\"Acme, Inc.\" <a@b>");
	from_is("a\"b\\c", "a@b", "\"a\\\"b\\\\c\" <a@b>");
	from_is("J\xc3\xb6rg", "a@b", "=?UTF-8?B?SsO2cmc=?= <a@b>");
	from_is("Parlor", "averylongnamebeforethesign.anditgoeson@averylongdomainaftert.example",
		"\"Parlor\"\r\n "
		"<averylongnamebeforethesign.anditgoeson@averylongdomainaftert.example>");
}

static void
text_is(const char *text, const char *want)
{
	struct mime_message m = plain();

	m.text = text;
	written(&m);
	assert_string_equal(body(), want);
}

static void
texts_are_coded_line_by_line(void **state)
{
	(void)state;
	text_is("", "");
	text_is("a", "a\r\n");
	text_is("a\r\nb\n", "a\r\nb\r\n");
	text_is("a = b\n", "a =3D b\r\n");
	text_is("end \nend\t\n", "end=20\r\nend=09\r\n");
	text_is(".\n..\nx.\n", "=2E\r\n=2E.\r\nx.\r\n");
	text_is("From here\nFrom\n", "=46rom here\r\nFrom\r\n");
	text_is("caf\xc3\xa9 is open\n", "caf=C3=A9 is open\r\n");
	/* 76 characters fit when the line ends with them; a longer one is divided. */
	text_is("123456789012345678901234567890123456789012345678901234567890123456789012345\x36\n",
		"1234567890123456789012345678901234567890123456789012345678901234567890123456\r\n");
	text_is("12345678901234567890123456789012345678901234567890123456789012345678901234567\n",
		"123456789012345678901234567890123456789012345678901234567890123456789012345=\r\n"
		"67\r\n");
	text_is("12345678901234567890123456789012345678901234567890123456789012345678901234=x\n",
		"12345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
		"=3Dx\r\n");
	/* A dot that a division brings to the start of a line. */
	text_is("123456789012345678901234567890123456789012345678901234567890123456789012345.x\n",
		"123456789012345678901234567890123456789012345678901234567890123456789012345=\r\n"
		"=2Ex\r\n");
	/* Greek is shorter in base64. */
	text_is("\xce\xb3\xce\xb5\xce\xb9\xce\xac\n", "zrPOtc65zqwNCg==\r\n");
	assert_string_equal(header("Content-Transfer-Encoding"), "base64");
}

static void
is_refused(const struct mime_message *m, const char *want)
{
	buf_clear(&out);
	buf_str(&out, "before");
	assert_int_equal(mime_write(m, &out, &why), ERR_INVALID);
	assert_non_null(strstr(why, want));
	assert_string_equal(buf_text(&out), "before");
}

/* Each of these in each place that takes text. */
static const char *const controls[] = { "\n", "\r", "\r\n", "\r\n ", "\r\n\t", "\n\n", "\r\n\r\n",
	"\r\nBcc: c@d", "\nBcc: c@d", "\rBcc: c@d", "\t", "\x01", "\x08", "\x0b", "\x0c", "\x1b[0m",
	"\x1f", "\x7f", "\xc2\x80", "\xc2\x85", "\xc2\x9f", "\xe2\x80\xa8", "\xe2\x80\xa9",
	"\xe2\x80\xaa", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9", "\x80", "\xc0\x8a",
	"\xed\xa0\x80", "\xff" };

static void
nothing_gets_out_of_a_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(controls); i++)
		for (int place = 0; place < 3; place++) {
			const char *const parts[3][2] = { { "", "x" }, { "x", "y" }, { "x", "" } };
			struct mime_message m = plain();
			char text[64];

			snprintf(text, sizeof(text), "%s%s%s", parts[place][0], controls[i],
				parts[place][1]);
			m.subject = text;
			is_refused(&m, "subject");
			m = plain();
			m.from.name = text;
			is_refused(&m, "sender's name");
			m = plain();
			m.id = text;
			is_refused(&m, "id");
			snprintf(text, sizeof(text), "%s%s%s@example.org", parts[place][0],
				controls[i], parts[place][1]);
			m = plain();
			m.to = text;
			is_refused(&m, "recipient");
			m = plain();
			m.from.address = text;
			is_refused(&m, "sender is");
		}
}

static void
texts_hold_no_controls(void **state)
{
	static const char *const bad[] = { "a\rb", "a\r", "\x01", "\x1b[0m", "\x7f", "\x08", "\xff",
		"\xc0\x8a" };
	struct mime_message m = plain();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		m.text = bad[i];
		is_refused(&m, "text");
	}
	m = plain();
	m.subject = "";
	is_refused(&m, "subject");
	m = plain();
	m.id = "";
	is_refused(&m, "id");
}

/* Every line ends in CR LF and has at most 76 characters, all of them ASCII; no line starts with a dot. */
static void
assert_lines(size_t at_most)
{
	const char *line = buf_text(&out);

	assert_int_equal(strlen(line), out.len);
	while (*line) {
		const char *end = strstr(line, "\r\n");

		assert_non_null(end);
		assert_true((size_t)(end - line) <= at_most);
		assert_true(*line != '.');
		for (; line < end; line++)
			assert_true(*line >= ' ' && *line <= '~');
		line = end + 2;
	}
}

static void
random_mails_keep_their_lines(void **state)
{
	uint64_t seed = 5322;
	int written_count = 0;

	(void)state;
	for (int i = 0; i < CASES; i++) {
		struct mime_message m = plain();
		char subject[400], name[200], text[1000];

		unit_random_text(&seed, subject, sizeof(subject) - 1);
		unit_random_text(&seed, name, sizeof(name) - 1);
		unit_random_text(&seed, text, sizeof(text) - 1);
		m.subject = *subject && mail_name_fits(subject) ? subject : m.subject;
		m.from.name = mail_name_fits(name) ? name : m.from.name;
		for (char *c = text; *c; c++)
			if (*c != '\n' && *c > 0 && (*c < ' ' || *c == 0x7f))
				*c = '.';
		m.text = text;
		written(&m);
		written_count += m.subject == subject;
		assert_lines(76);
	}
	assert_true(written_count > 100);
}

static void
long_texts_keep_their_lines(void **state)
{
	char *text = malloc(8001);
	struct mime_message m = plain();

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		static const char *const pieces[] = { "a", "\xd7\xa9", "\xf0\x9f\x98\x80" };
		const size_t len = strlen(pieces[kind]);

		for (size_t i = 0; i < 2000; i++)
			memcpy(text + i * len, pieces[kind], len);
		text[2000 * len] = '\0';
		m.subject = m.from.name = m.text = text;
		written(&m);
		assert_lines(76);
	}
	m = plain();
	memset(text, 'a', 8000);
	memcpy(text + 64, "@", 1);
	for (size_t i = 127; i < 253; i += 63)
		text[i] = '.';
	text[250] = '\0';
	m.to = text;
	written(&m);
	assert_lines(300);
	free(text);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_mail_has_its_form),
		TEST(subjects_are_encoded_when_they_must),
		TEST(senders_are_quoted_or_encoded),
		TEST(texts_are_coded_line_by_line),
		TEST(nothing_gets_out_of_a_header),
		TEST(texts_hold_no_controls),
		TEST(random_mails_keep_their_lines),
		TEST(long_texts_keep_their_lines),
	};

	return cmocka_run_group_tests_name("mime", tests, NULL, NULL);
}
