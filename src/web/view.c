/* What a page adds to plain values so that people can read them. English, UTC; scripts localize. */
#include "web/view.h"

#include "base/json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TONES = 8, MINUTE = 60, HOUR = 3600, DAY = 86400 };

static const char *const months[] = { "January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December" };
static const char *const weekdays[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
	"Friday", "Saturday" };

/* Bytes of the UTF-8 character at s, 0 at the end. */
static size_t
character(const char *s)
{
	size_t len = *s ? 1 : 0;

	while (len && ((unsigned char)s[len] & 0xc0) == 0x80)
		len++;
	return len;
}

const char *
view_initials(struct arena *mem, const char *name)
{
	const char *last = strrchr(name, ' ');
	size_t a = character(name), b;
	char *text;

	last = last && last[1] ? last + 1 : "";
	b = character(last);
	text = arena_printf(mem, "%.*s%.*s", (int)a, name, (int)b, last);
	for (char *p = text; *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
	return text;
}

static int
tone_of(const char *key)
{
	unsigned hash = 2166136261u; /* FNV-1a */

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return (int)(hash >> 16) % TONES;
}

/* Without the first of several names that is in text; NULL when none is. */
static const char *
named(const char *text, const char *const (*names)[2])
{
	for (; (*names)[0]; names++)
		if (strstr(text, (*names)[0]))
			return (*names)[1];
	return NULL;
}

const char *
view_device(struct arena *mem, const char *user_agent)
{
	/* Browsers name those they descend from as well, so the order decides. */
	static const char *const browsers[][2] = { { "Edg/", "Edge" }, { "EdgA/", "Edge" },
		{ "OPR/", "Opera" }, { "SamsungBrowser/", "Samsung Internet" },
		{ "Firefox/", "Firefox" }, { "FxiOS/", "Firefox" }, { "CriOS/", "Chrome" },
		{ "Chrome/", "Chrome" }, { "Safari/", "Safari" }, { NULL, NULL } };
	static const char *const systems[][2] = { { "iPhone", "iPhone" }, { "iPad", "iPad" },
		{ "Android", "Android" }, { "Windows", "Windows" }, { "Mac OS X", "macOS" },
		{ "CrOS", "ChromeOS" }, { "Linux", "Linux" }, { NULL, NULL } };
	const char *browser = user_agent ? named(user_agent, browsers) : NULL;
	const char *system = user_agent ? named(user_agent, systems) : NULL;

	if (browser && system)
		return arena_printf(mem, "%s on %s", browser, system);
	return browser ? browser : system;
}

/* RFC 3339 in UTC, or only its date. */
static bool
parse_iso(const char *iso, struct tm *tm, time_t *at)
{
	int n;

	*tm = (struct tm){ 0 };
	n = sscanf(iso, "%4d-%2d-%2dT%2d:%2d:%2d", &tm->tm_year, &tm->tm_mon, &tm->tm_mday,
		&tm->tm_hour, &tm->tm_min, &tm->tm_sec);
	if (n != 3 && n != 6)
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon--;
	if (tm->tm_mon < 0 || tm->tm_mon > 11)
		return false;
	*at = timegm(tm);
	return true;
}

static const char *
short_date(struct arena *mem, const struct tm *tm, time_t now)
{
	struct tm today;

	gmtime_r(&now, &today);
	if (today.tm_year == tm->tm_year)
		return arena_printf(mem, "%d %.3s", tm->tm_mday, months[tm->tm_mon]);
	return arena_printf(mem, "%d %.3s %d", tm->tm_mday, months[tm->tm_mon], tm->tm_year + 1900);
}

static void
dress_time(struct arena *mem, struct json_object *o, const struct tm *tm, time_t at, time_t now)
{
	long long age = (long long)(now - at);
	const char *text, *past = NULL;

	if (age < MINUTE) {
		text = "now";
		past = "just now";
	} else if (age < HOUR) {
		text = arena_printf(mem, "%lld min", age / MINUTE);
	} else if (age < DAY) {
		text = arena_printf(mem, "%lld h", age / HOUR);
	} else {
		text = past = age < 2 * DAY ? "yesterday" : short_date(mem, tm, now);
	}
	json_set(o, "text", text);
	json_set(o, "past", past ? past : arena_printf(mem, "%s ago", text));
	json_set(o, "clock", arena_printf(mem, "%02d:%02d", tm->tm_hour, tm->tm_min));
	json_set(o, "title",
		arena_printf(mem, "%d %.3s %d, %02d:%02d UTC", tm->tm_mday, months[tm->tm_mon],
			tm->tm_year + 1900, tm->tm_hour, tm->tm_min));
}

static void
dress_day(struct arena *mem, struct json_object *o, const struct tm *tm, time_t at, time_t now)
{
	long long days = (long long)(now / DAY) - (long long)(at / DAY);
	const char *full = arena_printf(mem, "%s, %d %s %d", weekdays[tm->tm_wday], tm->tm_mday,
		months[tm->tm_mon], tm->tm_year + 1900);

	json_set(o, "text",
		days == 0	       ? "Today"
		: days == 1	       ? "Yesterday"
		: days > 1 && days < 7 ? weekdays[tm->tm_wday]
				       : arena_printf(mem, "%d %s %d", tm->tm_mday,
						 months[tm->tm_mon], tm->tm_year + 1900));
	json_set(o, "title", full);
}

static void
dress_iso(struct arena *mem, struct json_object *o, const char *iso, time_t now)
{
	struct tm tm;
	time_t at;

	if (!parse_iso(iso, &tm, &at)) {
		for (const char *const *name =
				(const char *const[]){ "text", "past", "clock", "title", NULL };
			*name; name++)
			json_set(o, *name, iso);
		return;
	}
	if (strchr(iso, 'T'))
		dress_time(mem, o, &tm, at, now);
	else
		dress_day(mem, o, &tm, at, now);
}

/* "shop.example/checkout" of "https://www.shop.example/checkout/?utm=1#top". */
static void
dress_url(struct arena *mem, struct json_object *o, const char *url)
{
	const char *text = strncmp(url, "https://", 8) == 0  ? url + 8
			   : strncmp(url, "http://", 7) == 0 ? url + 7
							     : NULL;
	bool ours = url[0] == '/' && url[1] != '/' && url[1] != '\\';
	size_t len;

	json_set(o, "href", text || ours ? url : NULL);
	if (!text) {
		json_set(o, "text", url);
		return;
	}
	if (strncmp(text, "www.", 4) == 0)
		text += 4;
	len = strcspn(text, "?#");
	while (len > 1 && text[len - 1] == '/')
		len--;
	json_set(o, "text", arena_strndup(mem, text, len));
}

static void
dress_object(struct arena *mem, struct json_object *o, time_t now)
{
	const char *iso = json_text(o, "iso"), *key = json_text(o, "key"),
		   *name = json_text(o, "name");
	const char *value = json_text(o, "value"), *url = json_text(o, "url");

	if (iso)
		dress_iso(mem, o, iso, now);
	if (key && name) {
		json_set(o, "initials", view_initials(mem, name));
		json_set_int(o, "tone", tone_of(key));
	}
	if (value && *value && !name)
		json_set(o, "name",
			arena_printf(mem, "%c%s", toupper((unsigned char)*value), value + 1));
	if (url)
		dress_url(mem, o, url);
	if (json_object_object_get_ex(o, "userAgent", NULL))
		json_set(o, "device", view_device(mem, json_text(o, "userAgent")));
}

/* Children first: adding members to an object while it is walked would be asking for trouble. */
static void
walk(struct arena *mem, struct json_object *o, time_t now)
{
	if (json_object_is_type(o, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(o); i++)
			walk(mem, json_object_array_get_idx(o, i), now);
	} else if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, name, value)
		{
			(void)name;
			walk(mem, value, now);
		}
		dress_object(mem, o, now);
	}
}

void
view_dress(struct arena *mem, struct json_object *context, int64_t now_ms)
{
	walk(mem, context, (time_t)(now_ms / 1000));
}
