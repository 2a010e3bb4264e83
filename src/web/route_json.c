/* The route table as JSON: for tests, which are generated from it, and for people. */
#include "web/route.h"

#include <string.h>

static const char *const method_names[] = { "GET", "POST", "PATCH", "PUT", "DELETE" };

static void
actors_json(struct buf *out, unsigned actors)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = { { ACTOR_ANYONE, "anyone" }, { ACTOR_VISITOR, "visitor" },
		{ ACTOR_AGENT, "agent" }, { ACTOR_KEY, "key" }, { ACTOR_USER, "user" } };
	const char *comma = "";

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (actors & names[i].bit) {
			buf_printf(out, "%s\"%s\"", comma, names[i].name);
			comma = ",";
		}
}

static void
id_json(struct buf *out, const char **comma, const char *in, const char *name, size_t name_len,
	const char *of, size_t of_len)
{
	buf_printf(out, "%s{\"in\":\"%s\",\"name\":", *comma, in);
	buf_json(out, name, name_len);
	buf_str(out, ",\"of\":");
	buf_json(out, of, of_len);
	buf_char(out, '}');
	*comma = ",";
}

static void
path_ids_json(struct buf *out, const char **comma, const char *path)
{
	while ((path = strchr(path, ':'))) {
		size_t len = strcspn(++path, "/");

		id_json(out, comma, "path", path, len, path, len);
		path += len;
	}
}

static void
other_ids_json(struct buf *out, const char **comma, const char *ids)
{
	while (*ids) {
		size_t len = strcspn(ids, " "), name = strcspn(ids, "=");
		const char *in = *ids == '?' ? "query" : *ids == '/' ? "body" : "form";
		size_t skip = *ids == '?' || *ids == '/';

		id_json(out, comma, in, ids + skip, name - skip, ids + name + 1, len - name - 1);
		ids += len;
		ids += strspn(ids, " ");
	}
}

static const char *
truth(unsigned flag)
{
	return flag ? "true" : "false";
}

static void
row_json(struct buf *out, const struct route *row)
{
	const char *needs = permission_name(row->needs), *comma = "";

	buf_printf(out, "{\"method\":\"%s\",\"path\":\"%s\",\"actors\":[",
		method_names[row->method], row->path);
	actors_json(out, row->actors);
	buf_printf(out, "],\"needs\":%s%s%s,\"ids\":[", needs ? "\"" : "", needs ? needs : "null",
		needs ? "\"" : "");
	path_ids_json(out, &comma, row->path);
	other_ids_json(out, &comma, row->ids);
	buf_printf(out,
		"],\"page\":%s,\"cors\":%s,\"poll\":%s,\"form\":%s,\"open\":%s,\"upload\":%s}",
		truth(row->flags & R_PAGE), truth(row->flags & R_CORS), truth(row->flags & R_POLL),
		truth(row->flags & R_FORM), truth(row->flags & R_OPEN),
		truth(row->flags & R_UPLOAD));
}

void
routes_json(struct buf *out)
{
	buf_char(out, '[');
	for (size_t i = 0; i < routes_count; i++) {
		buf_str(out, i ? ",\n " : "");
		row_json(out, &routes[i]);
	}
	buf_str(out, "]\n");
}
