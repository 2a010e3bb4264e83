/* Members of an organization. */
#include "core/member.h"

#include "base/crypt.h"
#include "base/json.h"
#include "core/audit.h"
#include "core/member.sql.h"

#include <string.h>

static bool
is_one_of(const char *const *words, const char *text, size_t len)
{
	for (; *words; words++)
		if (strlen(*words) == len && memcmp(*words, text, len) == 0)
			return true;
	return false;
}

bool
member_role_is_good(const char *role)
{
	static const char *const words[] = { "owner", "admin", "member", NULL };

	for (;; role++) {
		size_t len = strcspn(role, ",");

		if (!is_one_of(words, role, len))
			return false;
		role += len;
		if (!*role)
			return true;
	}
}

bool
member_chat_role_is_good(const char *chat_role)
{
	static const char *const words[] = { "admin", "supervisor", "agent", "viewer", NULL };

	return is_one_of(words, chat_role, strlen(chat_role));
}

enum err
member_add(const struct access *as, const char *user, const char *role, const char *chat_role,
	const char **id)
{
	struct audit entry = { .action = "member.added", .target_type = "member" };
	char *member = arena_alloc(as->mem, ID_LEN + 1);
	enum err e;

	if (!member_role_is_good(role) || (chat_role && !member_chat_role_is_good(chat_role)))
		return ERR_INVALID;
	crypt_id(member);
	e = db_run(as->db, as->mem, &SQL_member_add,
		ARGS(member, as->organization, user, role, chat_role), NULL);
	if (e)
		return e;
	*id = entry.target_id = member;
	entry.changes = json_object_new_object();
	json_set(entry.changes, "userId", user);
	json_set(entry.changes, "role", role);
	json_set(entry.changes, "chatRole", chat_role);
	return audit_write(as, &entry);
}
