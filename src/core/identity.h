/* What an organization asks of its visitors' identity, and the secrets that prove it. */
#ifndef PARLOR_IDENTITY_H
#define PARLOR_IDENTITY_H

#include "core/access.h"
#include "core/proof.h"

/*
 * The person of a proof, by either live secret of the organization; secrets are sealed with
 * auth_secret. ERR_AUTH: refused, whatever the reason is.
 */
enum err identity_verify(const struct access *as, const char *auth_secret,
	const struct proof *proof, struct person *out) MUST_USE;

/*
 * The person who is signed in at this site by a session's token. ERR_AUTH: nobody is.
 */
enum err identity_of_session(
	const struct access *as, const char *session, struct person *out) MUST_USE;

/* {"mode","followSignIn","secrets":[{"id","hint","createdAt","lastUsedAt"}]}, the newest first. */
enum err identity_settings(const struct access *as, struct json_object **out) MUST_USE;

struct identity_change {
	const char *mode; /* "optional", "users", "everybody" */
	bool follow_sign_in;
	const char *versions; /* as of a conversation's patch */
	bool sign_in_works;   /* the installation lets visitors be known by its sign-ins */
};

/* The version of what identity_change() changes. */
const char *identity_version(const struct access *as, struct json_object *settings);

/* ERR_CHANGED: it is none of the versions. ERR_CONFLICT: proof would be asked for that nobody can give, for there is no secret. */
enum err identity_change(const struct access *as, const struct identity_change *change) MUST_USE;

struct identity_secret {
	const char *id, *hint;
	const char *secret; /* shown once; kept sealed */
};

/* ERR_CONFLICT: there are two already. */
enum err identity_secret_create(
	const struct access *as, const char *auth_secret, struct identity_secret *out) MUST_USE;

/* The older of two is gone. ERR_NOT_FOUND: there are not two. */
enum err identity_secret_retire(const struct access *as) MUST_USE;

#endif
