/*
 * A mail from its parts. Headers: text that is not plain ASCII, that is too long for a line or that
 * a reader could take for an encoded word goes into encoded words (RFC 2047), split between
 * characters. The body is quoted-printable, or base64 where that is shorter.
 */
#include "jobs/mime.h"

#include "base/util.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

enum { LINE_COLUMNS = 76, BASE64_LINE_BYTES = 57 };

static const char word_open[] = "=?UTF-8?B?", word_close[] = "?=";

/* How far the last line of out has come. */
static size_t
column(const struct buf *out)
{
	size_t n = 0;

	while (n < out->len && out->data[out->len - 1 - n] != '\n')
		n++;
	return n;
}

static void
write_base64(struct buf *out, const char *s, size_t len)
{
	char text[BASE64_LINE_BYTES / 3 * 4 + 1];

	sodium_bin2base64(
		text, sizeof(text), (const unsigned char *)s, len, sodium_base64_VARIANT_ORIGINAL);
	buf_str(out, text);
}

/* Encoded words, a fold between any two of them. */
static void
write_words(struct buf *out, const char *s)
{
	const size_t frame = strlen(word_open) + strlen(word_close);
	size_t left = strlen(s);

	while (left > 0) {
		const size_t room = (LINE_COLUMNS - column(out) - frame) / 4 * 3;
		size_t take = left < room ? left : room;

		while (take < left && ((unsigned char)s[take] & 0xc0) == 0x80)
			take--;
		buf_str(out, word_open);
		write_base64(out, s, take);
		buf_str(out, word_close);
		s += take;
		left -= take;
		if (left > 0)
			buf_str(out, "\r\n ");
	}
}

/* Whether text can stand in a header as it is, in what is left of the line. */
static bool
is_plain(const struct buf *out, const char *s)
{
	const size_t len = strlen(s);

	for (size_t i = 0; i < len; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	return len > 0 && s[0] != ' ' && s[len - 1] != ' ' && !strstr(s, "=?") &&
	       column(out) + len <= LINE_COLUMNS;
}

static void
write_subject(struct buf *out, const char *subject)
{
	buf_str(out, "Subject: ");
	if (is_plain(out, subject))
		buf_str(out, subject);
	else
		write_words(out, subject);
	buf_str(out, "\r\n");
}

/* As a quoted string, so that commas and the like are part of it. */
static void
write_name(struct buf *out, const char *name)
{
	if (!is_plain(out, name) || strlen(name) > LINE_COLUMNS / 2) {
		write_words(out, name);
		return;
	}
	buf_char(out, '"');
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			buf_char(out, '\\');
		buf_char(out, *name);
	}
	buf_char(out, '"');
}

/* An address cannot be divided; one that is too long for this line has the next one. */
static void
write_address(struct buf *out, const char *before, const char *address, const char *after)
{
	const size_t len = strlen(before) + strlen(address) + strlen(after);

	if (column(out) + 1 + len > LINE_COLUMNS)
		buf_str(out, "\r\n");
	buf_char(out, ' ');
	buf_str(out, before);
	buf_str(out, address);
	buf_str(out, after);
	buf_str(out, "\r\n");
}

static void
write_people(struct buf *out, const struct mime_message *m)
{
	buf_str(out, "From:");
	if (*m->from.name) {
		buf_char(out, ' ');
		write_name(out, m->from.name);
		write_address(out, "<", m->from.address, ">");
	} else {
		write_address(out, "", m->from.address, "");
	}
	buf_str(out, "To:");
	write_address(out, "", m->to, "");
}

/* Names of days and months are English whatever the locale. */
static void
write_date(struct buf *out, int64_t ms)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	buf_printf(out, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n", days + 3 * tm.tm_wday,
		tm.tm_mday, months + 3 * tm.tm_mon, 1900 + tm.tm_year, tm.tm_hour, tm.tm_min,
		tm.tm_sec);
}

/* Text with CR LF at the end of each line, the last one, too. */
static void
write_lines(struct buf *out, const char *text)
{
	while (*text) {
		const size_t len = strcspn(text, "\n");

		buf_add(out, text, len > 0 && text[len - 1] == '\r' ? len - 1 : len);
		buf_str(out, "\r\n");
		text += len + (text[len] == '\n');
	}
}

/*
 * What stands as it is, but for "=" and blanks at the end of a line. A dot or "From " at the start
 * of a line would be safe, but not with every program that a mail passes.
 */
static bool
needs_code(const char *s, bool line_start)
{
	const unsigned char c = (unsigned char)*s;

	if (line_start && (c == '.' || strncmp(s, "From ", 5) == 0))
		return true;
	if (c == ' ' || c == '\t')
		return s[1] == '\r';
	return c < '!' || c > '~' || c == '=';
}

static void
write_quoted(struct buf *out, const char *text)
{
	for (; *text; text++) {
		/* Room for the "=" of a line that goes on. */
		const size_t end = text[1] == '\r' ? LINE_COLUMNS : LINE_COLUMNS - 1;
		bool coded;

		if (*text == '\r' || *text == '\n') {
			buf_char(out, *text);
			continue;
		}
		coded = needs_code(text, column(out) == 0);
		if (column(out) + (coded ? 3 : 1) > end) {
			buf_str(out, "=\r\n");
			coded = needs_code(text, true);
		}
		if (coded)
			buf_printf(out, "=%02X", (unsigned char)*text);
		else
			buf_char(out, *text);
	}
}

static void
write_base64_lines(struct buf *out, const char *s, size_t len)
{
	for (size_t at = 0; at < len; at += BASE64_LINE_BYTES) {
		const size_t left = len - at;

		write_base64(out, s + at, left < BASE64_LINE_BYTES ? left : BASE64_LINE_BYTES);
		buf_str(out, "\r\n");
	}
}

/* Coding a byte as "=XX" adds two; base64 adds a third of everything. */
static bool
is_mostly_ascii(const char *s, size_t len)
{
	size_t other = 0;

	for (size_t i = 0; i < len; i++)
		other += (unsigned char)s[i] >= 0x80;
	return 2 * other <= len / 3;
}

static void
write_body(struct buf *out, const char *text)
{
	struct buf lines = { 0 };
	bool quoted;

	write_lines(&lines, text);
	quoted = is_mostly_ascii(buf_text(&lines), lines.len);
	buf_printf(out,
		"MIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=UTF-8\r\n"
		"Content-Transfer-Encoding: %s\r\n\r\n",
		quoted ? "quoted-printable" : "base64");
	if (quoted)
		write_quoted(out, buf_text(&lines));
	else
		write_base64_lines(out, buf_text(&lines), lines.len);
	buf_free(&lines);
}

/* Of control characters a text has only line ends and tabs. */
static bool
text_fits(const char *s)
{
	const size_t len = strlen(s);

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n' || s[i] == '\t' || (s[i] == '\r' && s[i + 1] == '\n'))
			continue;
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return false;
	}
	return utf8_valid(s, len);
}

static bool
id_fits(const char *s)
{
	return *s &&
	       !s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")];
}

static const char *
complaint(const struct mime_message *m)
{
	if (!mail_address_fits(m->to))
		return "the recipient is not an address that mail is sent to";
	if (!mail_address_fits(m->from.address))
		return "the sender is not an address that mail is sent from";
	if (!mail_name_fits(m->from.name))
		return "the sender's name holds control characters";
	if (!*m->subject || !mail_name_fits(m->subject))
		return "the subject is empty or holds control characters";
	if (!text_fits(m->text))
		return "the text holds control characters";
	return id_fits(m->id) ? NULL : "the id holds more than letters and digits";
}

enum err
mime_write(const struct mime_message *m, struct buf *out, const char **why)
{
	const char *wrong = complaint(m);

	if (wrong) {
		*why = wrong;
		return ERR_INVALID;
	}
	write_people(out, m);
	write_subject(out, m->subject);
	write_date(out, m->date_ms);
	buf_printf(out, "Message-ID: <%s%s>\r\n", m->id, strchr(m->from.address, '@'));
	buf_str(out, "Auto-Submitted: auto-generated\r\n");
	write_body(out, m->text);
	return ERR_NONE;
}
