/* The staff's list of conversations. */
#include "core/inbox.h"

#include "core/inbox.sql.h"
#include "core/keyset.h"

#include <string.h>

/* Whether rows must be looked at that the way to them does not tell apart; see inbox.sql. */
static bool
looks_further(const struct inbox_filter *f)
{
	const bool one_team = f->team && strcmp(f->team, "none") != 0;
	const bool by_visitor = f->visitor || f->email;

	return f->priorities || f->tag || f->unread || f->created[0] || f->created[1] ||
	       f->updated[0] || f->updated[1] || f->attributes ||
	       (f->team && (!one_team || f->assignee)) ||
	       (by_visitor && (f->assignee || f->team)) || (f->visitor && f->email);
}

enum err
inbox_list(const struct access *as, const struct inbox_filter *f, const char **json)
{
	const int64_t walk = looks_further(f) ? INBOX_WALK : f->limit + 1;
	const char *at, *id;
	struct rows *rows;
	enum err e;

	if ((e = keyset_split(as->mem, f->after, &at, &id)))
		return e;
	e = db_run(as->db, as->mem, &SQL_inbox_list,
		ARGS(as->organization, f->statuses, f->assignee, at, id, arg_int(as->mem, walk),
			arg_int(as->mem, f->limit), f->priorities, f->team, f->tag, f->visitor,
			f->email, f->unread, f->created[0], f->created[1], f->updated[0],
			f->updated[1], f->attributes),
		&rows);
	if (!e)
		*json = keyset_page_walked(as->mem, rows, f->limit);
	return e;
}
