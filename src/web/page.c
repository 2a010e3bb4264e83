/* Pages: what every page knows, the content security policy, and the versions of static files. */
#include "web/page.h"

#include "base/json.h"
#include "base/log.h"
#include "base/tmpl.h"
#include "core/permission.h"
#include "web/app.h"
#include "web/reply.h"
#include "web/view.h"

#include <string.h>

/* Which links are shown; what the pages behind them ask is the route's. */
static struct json_object *
can_object(const struct req *r)
{
	struct json_object *can = json_object_new_object();

	json_set_bool(can, "keys", r->who.may & PERM_KEYS_WRITE);
	json_set_bool(can, "audit", r->who.may & PERM_AUDIT_READ);
	return can;
}

static struct json_object *
page_object(struct req *r)
{
	struct json_object *page = json_object_new_object(), *me = NULL, *organization = NULL;

	if (r->who.kind == ACTOR_AGENT) {
		me = json_object_new_object();
		json_set(me, "id", r->who.id);
		json_set(me, "name", r->who.name);
		json_set(me, "role", r->who.role);
		json_set(me, "initials", view_initials(r->mem, r->who.name));
		json_set_bool(me, "online", r->who.online);
		organization = json_object_new_object();
		json_set(organization, "id", r->who.organization);
		json_set(organization, "name", r->who.organization_name);
	}
	json_set_object(page, "me", me);
	json_set_object(page, "organization", organization);
	json_set_object(page, "can", can_object(r));
	json_set(page, "csrf", r->who.csrf);
	json_set(page, "path", r->path);
	json_set(page, "base", r->app->conf->base_url);
	json_set(page, "assets", r->app->assets);
	return page;
}

static void
page_headers(struct req *r)
{
	const char *ancestors = r->frame_ancestors ? r->frame_ancestors : "'none'";

	reply_header(r, "Content-Security-Policy",
		arena_printf(r->mem,
			"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
			"data: blob:; "
			"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-src "
			"'self'; "
			"frame-ancestors %s",
			ancestors));
	reply_header(r, "Cross-Origin-Opener-Policy", "same-origin");
}

static enum err
render(struct req *r, int status, const char *name, struct json_object *context)
{
	enum err e;

	json_keep(r->mem, context);
	json_set_object(context, "page", page_object(r));
	buf_clear(&r->out);
	e = tmpl_render(r->app->templates, name, context, &r->out);
	if (e) {
		log_line(LOG_ERROR, "template %s cannot be rendered", name);
		return ERR_INTERNAL;
	}
	page_headers(r);
	reply_type(r, status, "text/html; charset=utf-8");
	return ERR_NONE;
}

enum err
reply_page_status(struct req *r, int status, const char *name, struct json_object *context)
{
	return render(r, status, name, context);
}

enum err
reply_page(struct req *r, const char *name, struct json_object *context)
{
	return render(r, 200, name, context);
}
