/* Words every file uses: error codes, attributes and three small macros. */
#ifndef PARLOR_BASE_H
#define PARLOR_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a function can come back with. 0 is good. The web layer maps each code to one HTTP status
 * (reply.c), so a handler returns what it got and writes nothing.
 */
enum err {
	ERR_NONE = 0,
	ERR_SYNTAX,	 /* 400: not even well formed */
	ERR_INVALID,	 /* 422: well formed, but a field is not acceptable */
	ERR_AUTH,	 /* 401: nobody is signed in, or the token is not good */
	ERR_FORBIDDEN,	 /* 403: signed in, but not allowed */
	ERR_NOT_FOUND,	 /* 404: absent, or another organization's: the same answer */
	ERR_METHOD,	 /* 405 */
	ERR_CONFLICT,	 /* 409 */
	ERR_GONE,	 /* 410: a cursor from another time; start again */
	ERR_CHANGED,	 /* 412: not the version that the caller has seen */
	ERR_TOO_LARGE,	 /* 413 */
	ERR_MEDIA_TYPE,	 /* 415 */
	ERR_RANGE,	 /* 416 */
	ERR_LIMIT,	 /* 429 */
	ERR_INTERNAL,	 /* 500: a defect of ours; logged where it happened */
	ERR_UNAVAILABLE, /* 503: try again; the outcome may be unknown */
	ERR_FULL,	 /* 507: a quota is used up */
	ERR_COUNT
};

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
