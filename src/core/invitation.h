/*
 * Invitations into an organization: rows of Better Auth's table, so each side accepts those of the
 * other. They last 48 hours and are for one address. The id is no secret (administrators and Better
 * Auth's client see it), so it proves nothing; the link of a mail carries a signed token beside it,
 * and whoever shows that has the address.
 */
#ifndef PARLOR_INVITATION_H
#define PARLOR_INVITATION_H

#include "base/conf.h"
#include "core/access.h"

struct json_object;

enum { INVITATION_HOURS = 48 };

struct invitation_new {
	const char *email, *role;
	const char *chat_role; /* NULL: what follows from role */
};

/*
 * Invites in the name of as->member, and mails the link where mail is configured. ERR_INVALID: no address,
 * no such role. ERR_FORBIDDEN: only an owner invites an owner. ERR_CONFLICT with *why "member" or
 * "invited": is there already. ERR_NOT_FOUND: as is no member.
 */
enum err invitation_create(const struct access *as, const struct conf *conf,
	const struct invitation_new *new, const char **id, const char **why) MUST_USE;
/* 48 hours from now, and the mail again. ERR_NOT_FOUND: there is no pending one. */
enum err invitation_renew(
	const struct access *as, const struct conf *conf, const char *id) MUST_USE;
enum err invitation_cancel(const struct access *as, const char *id) MUST_USE;
/* Array of {id, email, role, chatRole, inviter, expired, minutesLeft}: the pending ones. */
enum err invitation_list(const struct access *as, struct json_object **out) MUST_USE;
/* {"data":[...],"next":...}: the pending ones, the newest first. ERR_INVALID: a bad after. */
enum err invitation_pending(const struct access *as, const struct conf *conf, const char *after,
	int64_t limit, const char **json) MUST_USE;
/* A pending one, as it stands in that list. */
enum err invitation_get(const struct access *as, const struct conf *conf, const char *id,
	const char **json) MUST_USE;

struct invitation {
	const char *id, *organization, *organization_name;
	const char *inviter; /* "" when gone */
	const char *email, *role;
	const char *chat_role; /* NULL: what follows from role */
	bool is_open;	       /* pending, and its time is not over */
};

/* Of any organization, by id. ERR_NOT_FOUND. */
enum err invitation_find(
	struct db *db, struct arena *mem, const char *id, struct invitation *out) MUST_USE;

/* The token of a mailed link, and whether a token is that of this invitation. */
const char *invitation_token(struct arena *mem, const struct conf *conf, const char *id);
bool invitation_token_fits(
	struct arena *mem, const struct conf *conf, const char *token, const char *id);

/* Array of {id, organization, inviter, role}: the open ones for the address of a user. */
enum err invitation_list_of(
	struct db *db, struct arena *mem, const char *user, struct json_object **out) MUST_USE;

struct invitation_guest {
	const char *user, *address;
	const char
		*session; /* sessions.token, whose active organization it becomes; NULL: none yet */
	bool proved;	  /* the address has to be a proved one */
};

/*
 * Makes the guest a member, once. ERR_NOT_FOUND: it is for another address, or theirs is not proved.
 * ERR_GONE: accepted, declined, canceled or over. ERR_INVALID: its role is none of ours.
 */
enum err invitation_accept(struct db *db, struct arena *mem, const struct invitation *invitation,
	const struct invitation_guest *guest) MUST_USE;
enum err invitation_decline(struct db *db, struct arena *mem, const struct invitation *invitation,
	const struct invitation_guest *guest) MUST_USE;

#endif
