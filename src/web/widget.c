/* The iframe's page of the widget, and the demo shop that embeds it. */
#include "web/api.h"

#include "base/json.h"
#include "core/organization.h"
#include "core/visitor.h"
#include "web/app.h"
#include "web/auth.h"
#include "web/page.h"
#include "web/reply.h"

#include <string.h>

/* chat_domain as sources of frame-ancestors (CSP 3): each name with any scheme, and this site. */
static const char *
ancestors(struct req *r, const char *domains)
{
	struct buf b = { 0 };
	const char *p = domains ? domains : "", *sources;
	bool any = false;

	buf_str(&b, "'self'");
	for (size_t len; *(p += strspn(p, ", \t\r\n")); p += len) {
		len = strcspn(p, ", \t\r\n");
		any = true;
		if (strspn(p,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:*") >=
			len)
			buf_printf(&b, " %.*s", (int)len, p);
	}
	sources = any ? arena_strdup(r->mem, buf_text(&b)) : "*";
	buf_free(&b);
	return sources;
}

/* Whether the next start of a session would find who is signed in at this site; see auth.h. */
static bool
is_known(struct req *r, const char *organization)
{
	const struct access as = { .db = r->db, .mem = r->mem, .organization = organization };
	struct visitor_had had;

	if (!auth_holds_session(r))
		return false;
	db_scope(r->db, organization);
	return visitor_resume(&as, NULL, &had) == ERR_NONE && had.follow_sign_in;
}

enum err
widget_frame(struct req *r)
{
	const char *key = req_query(r, "key");
	struct organization_public organization;
	struct json_object *context;
	enum err e;

	if (!key)
		return reply_problem(r, ERR_NOT_FOUND, NULL, "The address lacks ?key=pk_...");
	if ((e = organization_by_key(r->db, r->mem, key, &organization)))
		return e;
	r->frame_ancestors = ancestors(r, organization.domains);
	context = json_object_new_object();
	json_set(context, "key", key);
	json_set(context, "known", is_known(r, organization.id) ? "yes" : "");
	json_set_int(context, "uploadMax", r->app->conf->upload_max);
	json_set_object(context, "settings", json_tokener_parse(organization.settings));
	return reply_page(r, "widget/frame", context);
}

enum err
demo_shop(struct req *r)
{
	struct json_object *context;

	if (!*r->app->conf->demo_key)
		return ERR_NOT_FOUND;
	context = json_object_new_object();
	json_set(context, "key", r->app->conf->demo_key);
	return reply_page(r, "demo/shop", context);
}
