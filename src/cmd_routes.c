/* parlor routes: the route table, for people and for tests. */
#include "cmd.h"

#include "web/route.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
	"usage: parlor routes [--json | --permissions | --openapi]\n\n"
	"Prints every route: method, path, the permission it needs, who may call it.\n\n"
	"  --json         as JSON, with the ids of each\n"
	"  --permissions  who has which permission, as docs/permissions.md has it\n"
	"  --openapi      the contract of the API, as /api/v1/openapi.json has it\n";

static void
print_lines(void)
{
	static const char *const names[] = { "GET", "POST", "PATCH", "PUT", "DELETE" };

	for (size_t i = 0; i < routes_count; i++)
		printf("%-6s %-62s %-20s %s%s%s%s\n", names[routes[i].method], routes[i].path,
			routes[i].needs ? permission_name(routes[i].needs) : "",
			routes[i].actors & ACTOR_ANYONE ? "anyone " : "",
			routes[i].actors & ACTOR_VISITOR ? "visitor " : "",
			routes[i].actors & ACTOR_AGENT ? "agent " : "",
			routes[i].actors & ACTOR_KEY ? "key" : "");
}

int
cmd_routes(int argc, char **argv)
{
	struct buf out = { 0 };

	if (argc == 1) {
		print_lines();
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--json") == 0) {
		routes_json(&out);
	} else if (argc == 2 && strcmp(argv[1], "--permissions") == 0) {
		permission_table(&out);
	} else if (argc == 2 && strcmp(argv[1], "--openapi") == 0) {
		buf_printf(&out, "%s\n", route_contract());
	} else {
		const bool asked = strcmp(argv[1], "--help") == 0;

		fputs(help, asked ? stdout : stderr);
		return asked ? 0 : 2;
	}
	fputs(buf_text(&out), stdout);
	buf_free(&out);
	return 0;
}
