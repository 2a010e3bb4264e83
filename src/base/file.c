/* Names and types of files. */
#include "base/file.h"

#include "base/log.h"

#include <magic.h>
#include <string.h>
#include <strings.h>

enum { LOOKED_AT = 64 * 1024, EXTENSION_MAX = 16 };

/* One code point of valid UTF-8 at s; *len its bytes. */
static uint32_t
code_point(const unsigned char *s, size_t *len)
{
	*len = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	switch (*len) {
	case 1:
		return s[0];
	case 2:
		return (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
	case 3:
		return (uint32_t)(s[0] & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
	default:
		return (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 |
		       (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
	}
}

/* What is not seen, or makes what is seen another than what is there. */
static bool
is_hidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

static const char *
last_segment(const char *name)
{
	const char *from = name;

	for (const char *p = name; *p; p++)
		if (*p == '/' || *p == '\\')
			from = p + 1;
	return from;
}

static void
add_visible(struct buf *out, const char *name)
{
	size_t len;

	for (const unsigned char *s = (const unsigned char *)name; *s; s += len) {
		uint32_t c = code_point(s, &len);

		if (is_hidden(c))
			continue;
		if (c < 0x80 && strchr("\"*:<>?|", (int)c))
			buf_char(out, '_');
		else
			buf_add(out, s, len);
	}
}

/* CON, NUL, COM1 and their like, whatever extension follows: devices on Windows. */
static bool
is_device(const char *name)
{
	static const struct {
		const char *name;
		bool numbered;
	} devices[] = { { "con", false }, { "prn", false }, { "aux", false }, { "nul", false },
		{ "com", true }, { "lpt", true } };
	const size_t len = strcspn(name, ". ");

	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		if (strncasecmp(name, devices[i].name, 3) == 0 &&
			len == (devices[i].numbered ? 4 : 3) &&
			(!devices[i].numbered || (name[3] >= '0' && name[3] <= '9')))
			return true;
	return false;
}

/* Cuts before the extension, never within a character. */
static const char *
cut(struct arena *mem, const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t extension = dot ? strlen(dot) : 0, keep;

	if (extension > EXTENSION_MAX)
		extension = 0;
	keep = FILE_NAME_MAX - extension;
	while (keep > 0 && ((unsigned char)name[keep] & 0xc0) == 0x80)
		keep--;
	return arena_printf(mem, "%.*s%s", (int)keep, name, extension ? dot : "");
}

const char *
file_name_clean(struct arena *mem, const char *name)
{
	struct buf b = { 0 };
	const char *clean;
	size_t len;

	add_visible(&b, last_segment(name));
	clean = buf_text(&b);
	clean += strspn(clean, ". ");
	len = strlen(clean);
	while (len > 0 && strchr(". ", clean[len - 1]))
		len--;
	clean = len ? arena_strndup(mem, clean, len) : "file";
	buf_free(&b);
	if (is_device(clean))
		clean = arena_printf(mem, "_%s", clean);
	return strlen(clean) > FILE_NAME_MAX ? cut(mem, clean) : clean;
}

void
file_disposition(struct buf *out, const char *kind, const char *name)
{
	buf_printf(out, "%s; filename=\"", kind);
	for (const char *p = name; *p; p++)
		buf_char(out, *p < 0x20 || *p > 0x7e || strchr("\"\\%;", *p) ? '_' : *p);
	buf_str(out, "\"; filename*=UTF-8''");
	buf_url(out, name, strlen(name));
}

/* Loading its database costs as much as a hundred questions, so it is kept. */
static magic_t
magic_once(void)
{
	static magic_t magic;

	if (!magic && (!(magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS |
					    MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_APPTYPE)) ||
			      magic_load(magic, NULL))) {
		log_line(LOG_ERROR, "libmagic: %s",
			magic ? magic_error(magic) : "it cannot be opened");
		if (magic)
			magic_close(magic);
		magic = NULL;
	}
	return magic;
}

const char *
file_type(struct arena *mem, const void *data, size_t len)
{
	magic_t magic = magic_once();
	const char *type =
		magic ? magic_buffer(magic, data, len < LOOKED_AT ? len : LOOKED_AT) : NULL;

	if (!type || !strchr(type, '/') || strlen(type) > 127)
		return "application/octet-stream";
	return arena_strdup(mem, type);
}
