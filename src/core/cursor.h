/*
 * A reader's place in the events: the text of a PostgreSQL snapshot, and on the wire an opaque
 * string around it. Pure functions; nothing from outside reaches PostgreSQL unchecked.
 *
 * Snapshot text (PostgreSQL 15, 9.26.9 "pg_snapshot"): "xmin:xmax:xip,xip,...", the transactions
 * xip being the ones still under way.
 */
#ifndef PARLOR_CURSOR_H
#define PARLOR_CURSOR_H

#include "base/arena.h"
#include "base/base.h"

/* Bytes of a cursor on the wire, and transactions under way in a snapshot, at most. */
enum { CURSOR_MAX = 6000, SNAPSHOT_XIP_MAX = 1000 };

struct snapshot {
	uint64_t xmin, xmax; /* below xmin: all over; xmax and above: all unseen */
	size_t count;
	const uint64_t *xip; /* ascending */
};

/* False unless PostgreSQL would take text and print it the same way. xip: room for the list. */
bool snapshot_parse(
	const char *text, struct snapshot *out, uint64_t xip[SNAPSHOT_XIP_MAX]) MUST_USE;
/* Whether a transaction was over when the snapshot was taken: pg_visible_in_snapshot(). */
bool snapshot_sees(const struct snapshot *s, uint64_t xid);

struct cursor {
	const char *timeline; /* of the server: parlor.timeline() */
	const char *boot;     /* of the poller whose live counter this is, [0-9a-f]; "" for none */
	uint32_t live;	      /* the newest live hint that was delivered */
	const char *snapshot;
};

/* In mem. */
const char *cursor_encode(struct arena *mem, const struct cursor *c);

/*
 * ERR_GONE: not a cursor of ours, or of another timeline (NULL: any). *out lives in mem; its
 * snapshot is one that PostgreSQL takes.
 */
enum err cursor_decode(
	struct arena *mem, const char *text, const char *timeline, struct cursor *out) MUST_USE;

#endif
