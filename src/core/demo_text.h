/* What the demo shop's people and visitors say: data only. */
#ifndef PARLOR_DEMO_TEXT_H
#define PARLOR_DEMO_TEXT_H

#include "base/base.h"

struct demo_member {
	char mark; /* how demo_conversation names them */
	const char *name, *email, *role, *chat_role;
	bool online;
};

/*
 * who: 'v' for the visitor, a member's mark for an answer, the mark in capitals for a private note.
 * after: minutes since the line before.
 */
struct demo_line {
	char who;
	int after;
	const char *text;
};

struct demo_conversation {
	const char *name, *email; /* NULL: a visitor who has not said */
	const char *locale, *page, *referrer, *metadata;
	const char *status, *priority, *subject, *tags; /* tags: JSON text or NULL */
	char agent;					/* a member's mark, 0: nobody */
	int ago;					/* minutes since the last line */
	bool is_read;					/* by agents, though not answered */
	struct demo_line lines[10];
};

/* The first is the owner. Each ends with an entry without name, text. */
extern const struct demo_member demo_members[];
extern const struct demo_conversation demo_conversations[];

#endif
