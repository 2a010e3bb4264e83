/*
 * JSON Web Tokens (RFC 7519) of one kind: signed by HS256 with a secret both sides know. What a
 * token says of its own algorithm is only compared, never obeyed.
 */
#ifndef PARLOR_JWT_H
#define PARLOR_JWT_H

#include <json-c/json.h>

#include "base/arena.h"
#include "base/base.h"

/* The longest token that is looked at, and how far clocks may differ, in seconds. */
enum { JWT_MAX = 8192, JWT_LEEWAY = 30 };

/* A token with these claims; the caller has put "exp" among them. It lives in mem. */
const char *jwt_sign(struct arena *mem, const char *secret, struct json_object *claims);

/*
 * The claims of a token that was signed with secret, is not over and has begun: "exp" is required,
 * "nbf" and "iat" must not lie ahead. ERR_AUTH for everything else, whatever is wrong with it;
 * *claims is NULL then. An empty or absent secret has signed nothing.
 */
enum err jwt_verify(struct arena *mem, const char *secret, const char *token,
	struct json_object **claims) MUST_USE;
/* The same at another time, in seconds since 1970. */
enum err jwt_verify_at(struct arena *mem, const char *secret, const char *token, int64_t now,
	struct json_object **claims) MUST_USE;

#endif
