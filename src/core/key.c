/* Secret keys, and the publishable one. */
#include "core/key.h"

#include "base/crypt.h"
#include "base/json.h"
#include "core/audit.h"
#include "core/key.sql.h"
#include "core/keyset.h"
#include "core/organization.h"
#include "core/permission.h"

#include <string.h>

enum { HINT_LEN = 16 }; /* "sk_", the organization's tag, and 4 characters of 43 */

bool
key_scopes_are_good(const char *scopes)
{
	if (strcmp(scopes, "*") == 0)
		return true;
	if (!*scopes)
		return false;
	for (;;) {
		size_t len = strcspn(scopes, " ");
		enum permission p = permission_named(scopes, len);

		if (p == PERM_NONE || p == PERM_SIGNED_IN)
			return false;
		if (!scopes[len])
			return true;
		scopes += len + 1;
	}
}

/* What the scopes of a key come to, as a set of the permissions that there are. */
static unsigned
given_by(const char *scopes)
{
	unsigned all = 0;

	for (size_t i = 0; i < permissions_count; i++)
		all |= permissions[i].permission;
	return permission_of_scopes(scopes) & all;
}

/* live_max: how many may live before it. ERR_CONFLICT: they do. */
static enum err
insert(const struct access *as, const struct key_new *new, int live_max, struct key_made *out)
{
	char *secret = arena_alloc(as->mem, CREDENTIAL_LEN + 1), *id;
	char hash[HASH_HEX_LEN + 1];
	struct rows *rows;
	enum err e;

	id = arena_alloc(as->mem, ID_LEN + 1);
	crypt_id(id);
	crypt_credential("sk", as->organization, secret);
	crypt_hash(secret, hash);
	e = db_run(as->db, as->mem, &SQL_key_insert,
		ARGS(as->organization, id, new->member, new->name, hash,
			arena_strndup(as->mem, secret, HINT_LEN), new->scopes,
			arg_int(as->mem, new->lifetime), arg_int(as->mem, live_max)),
		&rows);
	if (e || rows_count(rows) == 0)
		return e ? e : ERR_CONFLICT;
	*out = (struct key_made){ id, secret, rows_str(rows, 0, 0) };
	return ERR_NONE;
}

static enum err
write_line(
	const struct access *as, const char *action, const char *key, struct json_object *changes)
{
	const struct audit entry = { action, "key", key, changes };

	return audit_write(as, &entry);
}

static struct json_object *
changes_of(const struct key_new *new)
{
	struct json_object *changes = json_object_new_object();

	json_set(changes, "name", new->name);
	json_set(changes, "scopes", new->scopes);
	json_set(changes, "actsFor", new->member ? "a member" : "the organization");
	if (new->member)
		json_set(changes, "memberId", new->member);
	if (new->lifetime > 0)
		json_set_int(changes, "lifetimeSeconds", new->lifetime);
	return changes;
}

enum err
key_add(const struct access *as, unsigned may, const struct key_new *new, struct key_made *out)
{
	enum err e;

	if (!key_scopes_are_good(new->scopes))
		return ERR_INVALID;
	if (given_by(new->scopes) & ~may)
		return ERR_FORBIDDEN;
	e = insert(as, new, KEYS_LIVE_MAX, out);
	return e ? e : write_line(as, "key.created", out->id, changes_of(new));
}

enum err
key_create(const struct access *as, unsigned may, const struct key_new *new, struct key_made *out)
{
	enum err e = db_begin(as->db);

	return e ? e : db_end(as->db, key_add(as, may, new, out));
}

/* Whether a key may come into the hands of who asks: nobody gets more by it, or another's name. */
static bool
may_hold(const struct access *as, unsigned may, const struct rows *key)
{
	const char *member = rows_text(key, 0, 2);
	unsigned given = given_by(rows_str(key, 0, 1));

	if (strcmp(as->actor_type, "operator") == 0)
		return true;
	if (member)
		given &= permission_of_member(rows_str(key, 0, 3), rows_str(key, 0, 4));
	if (member && (!as->member || strcmp(member, as->member) != 0))
		return false;
	return !(given & ~may);
}

static enum err
replace(const struct access *as, const char *key, const struct rows *old, int64_t overlap,
	struct key_made *out)
{
	const struct key_new new = { .name = rows_str(old, 0, 0),
		.scopes = rows_str(old, 0, 1),
		.member = rows_text(old, 0, 2),
		.lifetime = rows_int(old, 0, 5) };
	struct json_object *changes;
	enum err e;

	/* The old one is still counted, and rotating must be possible when there are as many as may be. */
	if ((e = insert(as, &new, 2 * KEYS_LIVE_MAX, out)) ||
		(e = db_run(as->db, as->mem, &SQL_key_replace,
			 ARGS(as->organization, key, out->id, arg_int(as->mem, overlap)), NULL)))
		return e;
	changes = json_object_new_object();
	json_set(changes, "name", new.name);
	json_set(changes, "replacedById", out->id);
	json_set_int(changes, "overlapSeconds", overlap);
	return write_line(as, "key.rotated", key, changes);
}

enum err
key_rotate(const struct access *as, unsigned may, const char *key, int64_t overlap,
	struct key_made *out)
{
	struct rows *old;
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	e = db_one(as->db, as->mem, &SQL_key_lock, ARGS(as->organization, key), &old);
	if (!e && !rows_bool(old, 0, 6))
		e = ERR_CONFLICT;
	if (!e && !may_hold(as, may, old))
		e = ERR_FORBIDDEN;
	if (!e)
		e = replace(as, key, old, overlap, out);
	return db_end(as->db, e);
}

enum err
key_revoke(const struct access *as, const char *key)
{
	struct json_object *changes;
	struct rows *rows;
	enum err e;

	if ((e = db_begin(as->db)))
		return e;
	e = db_one(as->db, as->mem, &SQL_key_revoke, ARGS(as->organization, key), &rows);
	if (!e && rows_bool(rows, 0, 0)) {
		changes = json_object_new_object();
		json_set(changes, "name", rows_str(rows, 0, 1));
		e = write_line(as, "key.revoked", key, changes);
	}
	return db_end(as->db, e);
}

enum err
key_list(const struct access *as, const char *after, int64_t limit, const char **json)
{
	static const char letters[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	struct rows *rows;
	enum err e;

	if (after && (!*after || strlen(after) > 64 || after[strspn(after, letters)]))
		return ERR_INVALID;
	e = db_run(as->db, as->mem, &SQL_key_list,
		ARGS(as->organization, after, arg_int(as->mem, limit)), &rows);
	if (!e)
		*json = keyset_page(as->mem, rows, limit);
	return e;
}

enum err
key_publishable(const struct access *as, const char **key)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_key_publishable, ARGS(as->organization), &rows);

	if (!e)
		*key = rows_str(rows, 0, 0);
	return e;
}

static enum err
rotate_publishable(const struct access *as, int64_t overlap, const char *key)
{
	struct audit entry = { .action = "publishable_key.rotated" };
	struct json_object *pair;
	struct rows *rows;
	enum err e;

	if ((e = db_one(
		     as->db, as->mem, &SQL_key_publishable_lock, ARGS(as->organization), &rows)) ||
		(e = db_run(as->db, as->mem, &SQL_key_publishable_retire,
			 ARGS(as->organization, rows_str(rows, 0, 0), arg_int(as->mem, overlap)),
			 NULL)) ||
		(e = db_run(as->db, as->mem, &SQL_key_publishable_set, ARGS(as->organization, key),
			 NULL)))
		return e;
	pair = json_object_new_array();
	json_object_array_add(pair, json_object_new_string(rows_str(rows, 0, 0)));
	json_object_array_add(pair, json_object_new_string(key));
	entry.changes = json_object_new_object();
	json_set_object(entry.changes, "key", pair);
	json_set_int(entry.changes, "overlapSeconds", overlap);
	return audit_write(as, &entry);
}

enum err
key_rotate_publishable(const struct access *as, int64_t overlap, const char **key)
{
	enum err e = db_begin(as->db);

	if (e)
		return e;
	*key = organization_new_key(as->mem);
	return db_end(as->db, rotate_publishable(as, overlap, *key));
}
