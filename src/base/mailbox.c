/* Addresses of mail. */
#include "base/mailbox.h"

#include "base/util.h"

#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

enum { LOCAL_MAX = 64, LABEL_MAX = 63 };

/* Parts of allowed characters, joined by single dots. */
static bool
is_dotted(const char *s, const char *end, const char *allowed, size_t part_max)
{
	for (;;) {
		const size_t len = strspn(s, allowed);

		if (len == 0 || len > part_max || len > (size_t)(end - s))
			return false;
		s += len;
		if (s == end)
			return true;
		if (*s++ != '.')
			return false;
	}
}

/* Labels neither begin nor end with a hyphen. */
static bool
is_domain(const char *s)
{
	const size_t len = strlen(s);

	if (!is_dotted(s, s + len, LETTERS DIGITS "-", LABEL_MAX))
		return false;
	return *s != '-' && s[len - 1] != '-' && !strstr(s, ".-") && !strstr(s, "-.");
}

/* An encoded word ("=?") is legal in front of the @, and some programs would decode it. */
bool
mail_address_fits(const char *s)
{
	const char *at = strchr(s, '@');

	if (!at || at - s > LOCAL_MAX || strlen(s) > MAIL_ADDRESS_MAX || strstr(s, "=?"))
		return false;
	return is_dotted(s, at, LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~", LOCAL_MAX) &&
	       is_domain(at + 1);
}

bool
mail_name_fits(const char *s)
{
	const size_t len = strlen(s);

	if (!utf8_valid(s, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if (utf8_control(s + i, len - i))
			return false;
	return true;
}

static const char *
trimmed(struct arena *mem, const char *s, size_t len)
{
	while (len > 0 && *s == ' ') {
		s++;
		len--;
	}
	while (len > 0 && s[len - 1] == ' ')
		len--;
	return arena_strndup(mem, s, len);
}

/* Takes the quotes off a name that is quoted as a whole. */
static const char *
unquoted(struct arena *mem, const char *name)
{
	const size_t len = strlen(name);

	if (len >= 2 && name[0] == '"' && name[len - 1] == '"')
		return arena_strndup(mem, name + 1, len - 2);
	return name;
}

bool
mailbox_parse(struct arena *mem, const char *text, struct mailbox *out)
{
	const char *open = strrchr(text, '<'), *close = open ? strchr(open, '>') : NULL;

	if (!open) {
		*out = (struct mailbox){ .name = "", .address = trimmed(mem, text, strlen(text)) };
		return mail_address_fits(out->address);
	}
	if (!close || close[1])
		return false;
	out->name = unquoted(mem, trimmed(mem, text, (size_t)(open - text)));
	out->address = arena_strndup(mem, open + 1, (size_t)(close - open - 1));
	return mail_name_fits(out->name) && !strpbrk(out->name, "<>\"\\") &&
	       mail_address_fits(out->address);
}
