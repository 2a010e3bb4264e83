/* The page of keys: the publishable one with its embed line, and the secret ones. */
#include "base/json.h"
#include "base/util.h"
#include "core/key.h"
#include "core/permission.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/input.h"
#include "web/keys.h"
#include "web/page.h"
#include "web/reply.h"
#include "web/view.h"

#include <string.h>

enum { PAGE_ROWS = 50 };

/* What was typed into the form, and what came of it. */
struct keys_page {
	int status;
	const char *error, *saved; /* NULL: nothing to say */
	const char *name, *scopes; /* as typed */
	const struct key_made *made;
};

enum err
keys_problem(struct req *r, enum err e, enum keys_act act)
{
	if (e == ERR_FORBIDDEN && act == KEYS_CREATE)
		return reply_problem(
			r, e, "beyond_own", "A key cannot be given more than you have yourself.");
	if (e == ERR_FORBIDDEN)
		return reply_problem(r, e, "beyond_own",
			"This key acts for somebody else, or may more than you: revoke it, and "
			"make "
			"another.");
	if (e == ERR_CONFLICT && act == KEYS_CREATE)
		return reply_problem(r, e, "too_many_keys",
			"There are 100 live keys already: revoke one first.");
	if (e == ERR_CONFLICT)
		return reply_problem(
			r, e, "key_ended", "This key has ended or was rotated before.");
	return e;
}

static struct json_object *
time_of(struct json_object *key, const char *name)
{
	const char *iso = json_text(key, name);
	struct json_object *o = iso ? json_object_new_object() : NULL;

	if (o)
		json_set(o, "iso", iso);
	return o;
}

static bool
gives_all(struct json_object *scopes)
{
	return json_object_array_length(scopes) == 1 &&
	       strcmp(json_object_get_string(json_object_array_get_idx(scopes, 0)), "*") == 0;
}

static struct json_object *
row_of(const struct req *r, struct json_object *key)
{
	struct json_object *row = json_object_new_object(), *state = json_object_new_object();
	struct json_object *scopes = json_member(key, "scopes");
	const char *now = json_text(key, "state"), *member = json_text(key, "memberId");
	const bool live = strcmp(now, "active") == 0 || strcmp(now, "replaced") == 0;

	json_set(row, "id", json_text(key, "id"));
	json_set(row, "name", json_text(key, "name"));
	json_set(row, "hint", json_text(key, "hint"));
	json_set(row, "member", json_text(key, "memberName"));
	json_set(state, "value", now);
	json_set_object(row, "state", state);
	json_set_object(row, "scopes", json_object_get(scopes));
	json_set_bool(row, "all", gives_all(scopes));
	json_set_object(row, "created", time_of(key, "createdAt"));
	json_set_object(row, "used", time_of(key, "lastUsedAt"));
	json_set_object(row, "expires", time_of(key, "expiresAt"));
	json_set_bool(row, "live", live);
	json_set_bool(row, "canRotate",
		strcmp(now, "active") == 0 && (!member || strcmp(member, r->who.member) == 0));
	return row;
}

static bool
has_scope(const char *scopes, enum permission permission)
{
	return permission_of_scopes(scopes) & permission;
}

/* The table of permissions as checkboxes; what the agent has not cannot be given. */
static struct json_object *
scope_choices(const struct req *r, const char *typed)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < permissions_count; i++) {
		const struct permission_row *p = &permissions[i];
		struct json_object *o;

		if (p->permission == PERM_SIGNED_IN)
			continue;
		o = json_object_new_object();
		json_set(o, "name", p->name);
		json_set(o, "what", p->what);
		json_set_bool(o, "checked", has_scope(typed, p->permission));
		json_set_bool(o, "own", r->who.may & p->permission);
		json_object_array_add(array, o);
	}
	return array;
}

static enum err
add_rows(struct req *r, const struct access *as, struct json_object *context)
{
	struct json_object *list, *data, *rows;
	const char *json, *after = req_query(r, "after"), *next;
	enum err e = key_list(as, after, PAGE_ROWS, &json);

	if (e)
		return e == ERR_INVALID ? ERR_NOT_FOUND : e;
	list = json_trusted(r->mem, json);
	data = json_member(list, "data");
	next = json_text(list, "next");
	rows = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(data); i++)
		json_object_array_add(rows, row_of(r, json_object_array_get_idx(data, i)));
	json_set_bool(context, "any", json_object_array_length(rows) > 0);
	json_set_object(context, "rows", rows);
	json_set(context, "next",
		next ? arena_printf(r->mem, "/settings/keys?after=%s", next) : NULL);
	json_set(context, "first", after ? "/settings/keys" : NULL);
	return ERR_NONE;
}

static struct json_object *
made_object(const struct keys_page *page)
{
	struct json_object *o = page->made ? json_object_new_object() : NULL;

	if (o)
		json_set(o, "secret", page->made->secret);
	return o;
}

static enum err
show(struct req *r, const struct keys_page *page)
{
	const struct access as = auth_access(r);
	struct json_object *context = json_keep(r->mem, json_object_new_object());
	const char *key;
	enum err e;

	if ((e = key_publishable(&as, &key)) || (e = add_rows(r, &as, context)))
		return e;
	json_set(context, "key", key);
	json_set(context, "error", page->error);
	json_set(context, "saved", page->saved);
	json_set(context, "typed", page->name ? page->name : "");
	json_set_object(
		context, "scopeChoices", scope_choices(r, page->scopes ? page->scopes : ""));
	json_set_object(context, "made", made_object(page));
	view_dress(r->mem, context, time_now_ms());
	return reply_page_status(r, page->status, "dash/settings_keys", json_object_get(context));
}

enum err
dash_keys(struct req *r)
{
	const char *done = req_query(r, "done");
	const struct keys_page page = { .status = 200,
		.saved = !done				    ? NULL
			 : strcmp(done, "revoked") == 0	    ? "The key is revoked."
			 : strcmp(done, "publishable") == 0 ? "The publishable key is new. Put the "
							      "line below on your website."
							    : NULL };

	return show(r, &page);
}

/* All checkboxes that are ticked, as one text. */
static const char *
ticked(struct req *r)
{
	const char *scopes = "";

	for (const struct param *p = r->form; p && p->name; p++)
		if (strcmp(p->name, "scope") == 0)
			scopes = arena_printf(
				r->mem, "%s%s%s", scopes, *scopes ? " " : "", p->value);
	return scopes;
}

static enum err
refuse(struct req *r, enum err e, enum keys_act act, struct keys_page *page)
{
	static const int statuses[] = {
		[ERR_INVALID] = 422, [ERR_FORBIDDEN] = 403, [ERR_CONFLICT] = 409
	};

	keys_problem(r, e, act);
	if (e != ERR_INVALID && e != ERR_FORBIDDEN && e != ERR_CONFLICT)
		return e;
	page->status = statuses[e];
	if (!page->error)
		page->error = r->problem_detail ? r->problem_detail
						: "There is no such permission to give.";
	return show(r, page);
}

enum err
dash_key_post(struct req *r)
{
	const struct access as = auth_access(r);
	struct key_new new = { 0 };
	const char *acts_for, *days;
	const struct field fields[] = {
		{ "name", F_LINE, &new.name, .max = KEY_NAME_MAX },
		{ "actsFor", F_CHOICE, &acts_for, .choices = "organization|me" },
		{ "expires", F_CHOICE, &days, .choices = "never|30|90|365" },
		{ 0 },
	};
	struct keys_page page = { .status = 201 };
	struct key_made key;
	int64_t n = 0;
	enum err e;

	if ((e = input_form(r, fields)))
		return e;
	page.name = new.name;
	page.scopes = new.scopes = ticked(r);
	new.member = strcmp(acts_for, "me") == 0 ? as.member : NULL;
	if (parse_int(days, 1, 365, &n))
		new.lifetime = n * 86400;
	if (!*new.name)
		page.error = "Give the key a name, so that you know later what it is for.";
	else if (!*new.scopes)
		page.error = "Tick what the key may do.";
	e = page.error ? ERR_INVALID : key_create(&as, r->who.may, &new, &key);
	if (e)
		return refuse(r, e, KEYS_CREATE, &page);
	page = (struct keys_page){ .status = 201, .made = &key };
	return show(r, &page);
}

static enum err
read_overlap(struct req *r, int64_t *overlap)
{
	const struct field fields[] = {
		{ "overlap", F_INT, overlap, .max = KEY_OVERLAP_MAX },
		{ 0 },
	};

	return input_form(r, fields);
}

enum err
dash_key_rotate(struct req *r)
{
	const struct access as = auth_access(r);
	struct keys_page page = { .status = 201 };
	struct key_made key;
	int64_t overlap;
	enum err e;

	if ((e = read_overlap(r, &overlap)))
		return e;
	e = key_rotate(&as, r->who.may, r->arg[0], overlap, &key);
	if (e)
		return refuse(r, e, KEYS_ROTATE, &page);
	page.made = &key;
	return show(r, &page);
}

enum err
dash_key_revoke(struct req *r)
{
	const struct access as = auth_access(r);
	enum err e = key_revoke(&as, r->arg[0]);

	return e ? e : reply_redirect(r, "/settings/keys?done=revoked");
}

enum err
dash_key_publishable(struct req *r)
{
	const struct access as = auth_access(r);
	const char *key;
	int64_t overlap;
	enum err e;

	if ((e = read_overlap(r, &overlap)))
		return e;
	e = key_rotate_publishable(&as, overlap, &key);
	return e ? e : reply_redirect(r, "/settings/keys?done=publishable");
}
