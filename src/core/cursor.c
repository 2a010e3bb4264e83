/* "1.timeline.boot-live.snapshot" in base64url. */
#include "core/cursor.h"

#include <sodium.h>
#include <string.h>

/* A decimal number from 1 to 2^63-1 without leading zeros; *p is left behind it. */
static bool
parse_xid(const char **p, uint64_t *out)
{
	uint64_t value = 0;
	const char *s = *p;

	if (*s < '1' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (value > (INT64_MAX - 9) / 10)
			return false;
		value = value * 10 + (uint64_t)(*s - '0');
	}
	*out = value;
	*p = s;
	return true;
}

static bool
parse_xip(const char *p, struct snapshot *out, uint64_t *xip)
{
	uint64_t least = out->xmin;

	while (*p) {
		uint64_t xid;

		if (out->count == SNAPSHOT_XIP_MAX || !parse_xid(&p, &xid) || xid < least ||
			xid >= out->xmax)
			return false;
		xip[out->count++] = xid;
		least = xid + 1;
		if (*p == ',' && p[1])
			p++;
		else if (*p)
			return false;
	}
	return true;
}

bool
snapshot_parse(const char *text, struct snapshot *out, uint64_t xip[SNAPSHOT_XIP_MAX])
{
	const char *p = text;

	*out = (struct snapshot){ .xip = xip };
	if (!parse_xid(&p, &out->xmin) || *p++ != ':' || !parse_xid(&p, &out->xmax) || *p++ != ':')
		return false;
	return out->xmin <= out->xmax && parse_xip(p, out, xip);
}

bool
snapshot_sees(const struct snapshot *s, uint64_t xid)
{
	if (xid < s->xmin)
		return true;
	if (xid >= s->xmax)
		return false;
	for (size_t i = 0; i < s->count && s->xip[i] <= xid; i++)
		if (s->xip[i] == xid)
			return false;
	return true;
}

const char *
cursor_encode(struct arena *mem, const struct cursor *c)
{
	const char *plain =
		arena_printf(mem, "1.%s.%s-%x.%s", c->timeline, c->boot, c->live, c->snapshot);
	size_t len = strlen(plain);
	size_t size = sodium_base64_encoded_len(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *out = arena_alloc(mem, size);

	return sodium_bin2base64(out, size, (const unsigned char *)plain, len,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "boot-live" */
static bool
parse_live(char *text, struct cursor *out)
{
	char *mark = strchr(text, '-'), *p;
	size_t digits;

	if (!mark || mark[1] == '\0')
		return false;
	*mark = '\0';
	for (p = text; *p; p++)
		if (hex_digit(*p) < 0)
			return false;
	out->boot = text;
	out->live = 0;
	for (p = mark + 1, digits = 0; *p; p++, digits++) {
		if (hex_digit(*p) < 0 || digits == 8)
			return false;
		out->live = out->live << 4 | (uint32_t)hex_digit(*p);
	}
	return true;
}

/* The last field, cut off. The timeline may hold dots, the fields behind it do not. */
static char *
cut_field(char *text)
{
	char *mark = strrchr(text, '.');

	if (!mark)
		return NULL;
	*mark = '\0';
	return mark + 1;
}

enum err
cursor_decode(struct arena *mem, const char *text, const char *timeline, struct cursor *out)
{
	size_t len = strlen(text), used;
	char *plain, *snapshot, *live;
	struct snapshot s;
	uint64_t xip[SNAPSHOT_XIP_MAX];

	if (len == 0 || len > CURSOR_MAX)
		return ERR_GONE;
	plain = arena_alloc(mem, len + 1);
	if (sodium_base642bin((unsigned char *)plain, len, text, len, NULL, &used, NULL,
		    sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
		strlen(plain) != used || strncmp(plain, "1.", 2) != 0)
		return ERR_GONE;
	snapshot = cut_field(plain + 2);
	live = snapshot ? cut_field(plain + 2) : NULL;
	if (!live || !parse_live(live, out) || !snapshot_parse(snapshot, &s, xip))
		return ERR_GONE;
	out->timeline = plain + 2;
	out->snapshot = snapshot;
	return timeline && strcmp(timeline, out->timeline) != 0 ? ERR_GONE : ERR_NONE;
}
