/* Settings: the language in which the search compares words. */
#include "base/json.h"
#include "core/permission.h"
#include "core/search.h"
#include "web/auth.h"
#include "web/dash.h"
#include "web/input.h"
#include "web/page.h"
#include "web/reply.h"

enum err
dash_search_settings(struct req *r)
{
	const struct access as = auth_access(r);
	struct json_object *context;
	const char *json;
	enum err e = search_languages(&as, &json);

	if (e)
		return e;
	context = json_trusted(r->mem, json);
	json_set_bool(context, "canEdit", r->who.may & PERM_SETTINGS_WRITE);
	json_set_bool(context, "saved", req_query(r, "saved") != NULL);
	return reply_page(r, "dash/settings_search", json_object_get(context));
}

enum err
dash_search_settings_post(struct req *r)
{
	const struct access as = auth_access(r);
	const char *language = "";
	const struct field fields[] = {
		{ "language", F_LINE, &language, .min = 1, .max = SEARCH_LANGUAGE_MAX },
		{ 0 },
	};
	enum err e;

	if ((e = input_form(r, fields)) || (e = search_set_language(&as, language)))
		return e;
	return reply_redirect(r, "/settings/search?saved=1");
}
