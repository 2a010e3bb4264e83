/* Small things without a home of their own: time, UTF-8, the supervisor's socket. */
#ifndef PARLOR_UTIL_H
#define PARLOR_UTIL_H

#include "base/arena.h"
#include "base/base.h"

/* Milliseconds since 1970-01-01 UTC, from the wall clock: for showing, never for waiting. */
int64_t time_now_ms(void);
/* Milliseconds of a clock that never steps: for waiting. */
int64_t time_monotonic_ms(void);
/* RFC 3339 with milliseconds and Z, 24 characters. out holds at least 25. */
void time_rfc3339(int64_t ms, char *out);

enum { TIME_TEXT_LEN = 26 };
/*
 * Reads RFC 3339, with any offset; a date that there is, of the years 1000 to 9999. out holds at least TIME_TEXT_LEN + 1: UTC, as
 * PostgreSQL prints a timestamp with all digits.
 */
bool time_parse(const char *s, char *out) MUST_USE;

/* Whether s is UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, at most U+10FFFF. */
bool utf8_valid(const char *s, size_t len);
/* The length of the longest valid start of s. */
size_t utf8_valid_prefix(const char *s, size_t len);
/* Code points in a valid string. */
size_t utf8_count(const char *s, size_t len);

/*
 * The length of the character at s, in valid text, when it does more than be seen: controls, line
 * and paragraph separators, and what embeds, overrides or isolates a direction; else 0.
 */
size_t utf8_control(const char *s, size_t left);

/* Whether host, as it stands in a URL, is this machine, as far as its name tells. */
bool host_is_local(const char *host, size_t len);

/* Whether s is a decimal number within [min, max], without sign, blanks or leading zeros. */
bool parse_int(const char *s, int64_t min, int64_t max, int64_t *out) MUST_USE;

/* Whether word is one of words, which stand with blanks between them. */
bool is_one_word_of(struct arena *mem, const char *words, const char *word);

/* Tells systemd that the service is ready (sd_notify(3)); does nothing elsewhere. */
void notify_ready(void);

#endif
