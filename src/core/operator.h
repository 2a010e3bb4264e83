/*
 * What the operator of an installation does with its commands: across organizations, as the owner of
 * the tables (a connection without a role). by is the name of the system's user, for the audit log of
 * each organization that an act touches.
 */
#ifndef PARLOR_OPERATOR_H
#define PARLOR_OPERATOR_H

#include "core/access.h"
#include "core/user.h"

struct operator_organization {
	const char *id, *name, *slug;
};

/* By id or slug. ERR_NOT_FOUND. */
enum err operator_organization(struct db *db, struct arena *mem, const char *id_or_slug,
	struct operator_organization *out) MUST_USE;

/* As an actor in an organization. */
struct access operator_access(
	struct db *db, struct arena *mem, const char *organization, const char *by);

/* One JSON object a row: all organizations; all users, or those of an organization; its secret keys. */
enum err operator_organizations(struct db *db, struct arena *mem, struct rows **rows) MUST_USE;
enum err operator_users(
	struct db *db, struct arena *mem, const char *organization, struct rows **rows) MUST_USE;
enum err operator_keys(
	struct db *db, struct arena *mem, const char *organization, struct rows **rows) MUST_USE;

/*
 * Deletes an organization with all that is in it, at most 1,000 rows at a time, so that nobody else
 * waits. It is switched off first. When it breaks off, the same call goes on. progress (may be NULL) is
 * told how many rows are gone.
 */
enum err operator_organization_delete(struct db *db, struct arena *mem, const char *organization,
	void (*progress)(int64_t rows)) MUST_USE;

struct operator_membership {
	const char *organization, *role, *chat_role; /* as for member_add() */
};

/*
 * A new user and, unless membership is NULL, their membership, in one transaction. A user who is there
 * gets the membership only; *was_there tells. Errors as of user_create() and member_add();
 * ERR_CONFLICT: is there already, as a user (without membership) or as a member.
 */
enum err operator_user_add(struct db *db, struct arena *mem, const struct user_new *new,
	const struct operator_membership *membership, const char *by, const char **id,
	bool *was_there) MUST_USE;

enum err operator_user_password(struct db *db, struct arena *mem, const char *user,
	const char *password, const char *by) MUST_USE;

/*
 * Disabled is Better Auth's "banned": both sides refuse the user. Ends all sessions and revokes the
 * keys that act for the user. ERR_CONFLICT: is so already.
 */
enum err operator_user_disable(
	struct db *db, struct arena *mem, const char *user, const char *by) MUST_USE;
enum err operator_user_enable(
	struct db *db, struct arena *mem, const char *user, const char *by) MUST_USE;

/* members.id of a user in an organization. ERR_NOT_FOUND. */
enum err operator_member(struct db *db, struct arena *mem, const char *organization,
	const char *email, const char **id) MUST_USE;

/* organizations.id of a secret key. ERR_NOT_FOUND. */
enum err operator_key_organization(
	struct db *db, struct arena *mem, const char *key, const char **organization) MUST_USE;

#endif
