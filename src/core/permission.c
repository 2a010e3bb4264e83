/* THE TABLE of roles and permissions. */
#include "core/permission.h"

#include "base/buf.h"

#include <string.h>

#define ADMINS (ROLE_OWNER | ROLE_ADMIN)
#define VIEWERS (ROLE_CHAT_ADMIN | ROLE_CHAT_SUPERVISOR | ROLE_CHAT_AGENT | ROLE_CHAT_VIEWER)
#define AGENTS (ROLE_CHAT_ADMIN | ROLE_CHAT_SUPERVISOR | ROLE_CHAT_AGENT)
#define SUPERVISORS (ROLE_CHAT_ADMIN | ROLE_CHAT_SUPERVISOR)

/* clang-format off */
const struct permission_row permissions[] = {
	{ PERM_SIGNED_IN, "signed-in", ADMINS | VIEWERS, "one's own account and sessions" },
	{ PERM_CONVERSATIONS_READ, "conversations:read", VIEWERS, "see conversations, messages, notes and events" },
	{ PERM_CONVERSATIONS_WRITE, "conversations:write", AGENTS, "reply, note, assign, tag, close" },
	{ PERM_VISITORS_READ, "visitors:read", VIEWERS, "see visitors" },
	{ PERM_VISITORS_WRITE, "visitors:write", AGENTS, "change what is known of visitors" },
	{ PERM_VISITORS_DELETE, "visitors:delete", ADMINS | ROLE_CHAT_ADMIN, "erase visitors with all that is kept of them" },
	{ PERM_MEMBERS_READ, "members:read", ADMINS | VIEWERS, "see who is in the organization" },
	{ PERM_MEMBERS_WRITE, "members:write", ADMINS, "invite, remove, change roles; teams" },
	{ PERM_SETTINGS_READ, "settings:read", ADMINS | VIEWERS, "see the settings of the widget" },
	{ PERM_SETTINGS_WRITE, "settings:write", ADMINS | ROLE_CHAT_ADMIN, "change the settings of the widget" },
	{ PERM_KEYS_WRITE, "keys:write", ADMINS, "make, rotate and revoke keys" },
	{ PERM_AUDIT_READ, "audit:read", ADMINS | ROLE_CHAT_ADMIN, "read the audit log" },
	{ PERM_ORGANIZATION_DELETE, "organization:delete", ROLE_OWNER, "delete the organization with all that is in it" },
};
/* clang-format on */
const size_t permissions_count = ARRAY_LEN(permissions);

struct word {
	const char *name;
	unsigned role;
};

static bool
is_word(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && memcmp(name, text, len) == 0;
}

static unsigned
organization_roles(const char *list)
{
	static const struct word words[] = { { "owner", ROLE_OWNER }, { "admin", ROLE_ADMIN } };
	unsigned roles = 0;

	while (*list) {
		size_t len;

		list += strspn(list, ", ");
		len = strcspn(list, ", ");
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			roles |= is_word(words[i].name, list, len) ? words[i].role : 0;
		list += len;
	}
	return roles;
}

static unsigned
chat_roles(const char *name)
{
	static const struct word words[] = { { "admin", ROLE_CHAT_ADMIN },
		{ "supervisor", ROLE_CHAT_SUPERVISOR }, { "agent", ROLE_CHAT_AGENT },
		{ "viewer", ROLE_CHAT_VIEWER } };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].name, name) == 0)
			return words[i].role;
	return 0;
}

unsigned
permission_of_member(const char *role, const char *chat_role)
{
	const unsigned roles = organization_roles(role) | chat_roles(chat_role);
	unsigned set = PERM_SIGNED_IN;

	for (size_t i = 0; i < permissions_count; i++)
		set |= permissions[i].roles & roles ? permissions[i].permission : 0;
	return set;
}

enum permission
permission_named(const char *name, size_t len)
{
	for (size_t i = 0; i < permissions_count; i++)
		if (is_word(permissions[i].name, name, len))
			return permissions[i].permission;
	return PERM_NONE;
}

unsigned
permission_of_scopes(const char *scopes)
{
	unsigned set = PERM_SIGNED_IN;

	if (strcmp(scopes, "*") == 0)
		return ~0U;
	while (*scopes) {
		size_t len;

		scopes += strspn(scopes, " ");
		len = strcspn(scopes, " ");
		set |= permission_named(scopes, len);
		scopes += len;
	}
	return set;
}

const char *
permission_name(unsigned permission)
{
	for (size_t i = 0; i < permissions_count; i++)
		if (permissions[i].permission == permission)
			return permissions[i].name;
	return NULL;
}

void
permission_table(struct buf *out)
{
	static const struct word columns[] = { { "owner", ROLE_OWNER }, { "admin", ROLE_ADMIN },
		{ "chat admin", ROLE_CHAT_ADMIN }, { "supervisor", ROLE_CHAT_SUPERVISOR },
		{ "agent", ROLE_CHAT_AGENT }, { "viewer", ROLE_CHAT_VIEWER } };

	buf_str(out, "| permission |");
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		buf_printf(out, " %s |", columns[i].name);
	buf_str(out, " what |\n|---|");
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		buf_str(out, "---|");
	buf_str(out, "---|\n");
	for (size_t i = 0; i < permissions_count; i++) {
		buf_printf(out, "| %s |", permissions[i].name);
		for (size_t c = 0; c < ARRAY_LEN(columns); c++)
			buf_str(out, permissions[i].roles & columns[c].role ? " yes |" : " |");
		buf_printf(out, " %s |\n", permissions[i].what);
	}
}
