/* parlor routes: the route table, for people and for tests. */
#include "cmd.h"

#include "web/route.h"

#include <stdio.h>
#include <string.h>

int
cmd_routes(int argc, char **argv)
{
	static const char *const names[] = { "GET", "POST", "PATCH", "PUT", "DELETE" };
	struct buf out = { 0 };

	if (argc > 1 && strcmp(argv[1], "--json") != 0) {
		puts("usage: parlor routes [--json]\n\nPrints every route: method, path, the "
		     "permission "
		     "it needs, who may call it.");
		return strcmp(argv[1], "--help") == 0 ? 0 : 2;
	}
	if (argc > 1) {
		routes_json(&out);
		fputs(buf_text(&out), stdout);
		buf_free(&out);
		return 0;
	}
	for (size_t i = 0; i < routes_count; i++)
		printf("%-6s %-62s %-20s %s%s%s%s\n", names[routes[i].method], routes[i].path,
			routes[i].needs ? permission_name(routes[i].needs) : "",
			routes[i].actors & ACTOR_ANYONE ? "anyone " : "",
			routes[i].actors & ACTOR_VISITOR ? "visitor " : "",
			routes[i].actors & ACTOR_AGENT ? "agent " : "",
			routes[i].actors & ACTOR_KEY ? "key" : "");
	return 0;
}
