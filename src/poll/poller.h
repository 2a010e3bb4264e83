/* The one poller of a process, its connections and the waits they stand for. Only for src/poll. */
#ifndef PARLOR_POLLER_H
#define PARLOR_POLLER_H

#include "base/loop.h"
#include "core/cursor.h"
#include "db/async.h"
#include "poll/topics.h"
#include "web/app.h"
#include "web/req.h"

enum {
	BATCH_MAX = 512,	/* requests in one statement */
	WAITS_PER_VISITOR = 10, /* one tab polls for all of a browser's */
	SWEEP_MAX = 20000,	/* rows; beyond it everybody is sent to look for themselves */
	LEFT_BUCKETS = 1024,
};

/* What may stand behind a request; also the index of its statements. */
enum proof_kind { PROOF_VISITOR, PROOF_SESSION, PROOF_KEY, PROOF_KINDS };

/* A snapshot that was read, shared by all who have seen as much. */
struct snap {
	unsigned refs;
	unsigned era; /* of the poller, when it was taken or came */
	/* Greater: taken later, on this connection or after it. 0: a client's word. */
	uint64_t serial;
	struct snapshot s;
	char *text;
};

enum wait_state {
	WAIT_ASKING,  /* who is it? */
	WAIT_READING, /* may it still read, and what is new? */
	WAIT_PARKED,
	WAIT_LEFT, /* answered; its client is about to come back */
	WAIT_OVER, /* only named by a batch under way */
};

struct conn;
struct wait;

/* Waits in the order in which they came. */
struct queue {
	struct wait *first;
	unsigned count;
	bool busy; /* one statement is under way; the next gathers meanwhile */
};

/*
 * A client's place in the events, from its request to its answer and a moment beyond: a client that
 * comes back with the cursor it was just given goes on with its wait, as if it had never been away.
 */
struct wait {
	struct waiter waiter; /* must be first */
	struct poller *p;
	struct conn *conn;	  /* whom to answer; NULL when left */
	struct wait *prev, *next; /* all waits */
	struct wait *queue_prev, *queue_next;
	struct queue *queue; /* the one it stands in */
	struct timer timer;
	struct snap *snap; /* seen up to here; NULL: from now on */
	char *proof;  /* what the database is asked: hash of a token or key, or a session's token */
	char *mark;   /* what access.revoked calls it: the proof itself, or the SHA-256 of it */
	char *member; /* whose session or key it is; NULL for visitors and organizations' keys */
	char *origin; /* as the browser said; or NULL */
	int64_t asked_at; /* when it was last asked who it is; monotonic ms */
	int64_t noted_at; /* when the visitor was last noted as here */
	uint32_t live_seen;
	char request_id[17];
	uint8_t kind, state;
	bool foreign : 1; /* origin is another site: to be checked against the organization's domains */
	bool in_batch : 1; /* a statement under way names it */
	bool again : 1;	   /* something happened while it was being read for, or away */
	bool overdue : 1;  /* its time is up: answer after the next read */
	bool unread : 1;   /* parked, but the database could not be asked */
	bool once : 1;	   /* wait=0: does not come back */
};

enum conn_state {
	CONN_IDLE,    /* no request, or not all of it */
	CONN_BUSY,    /* its request waits */
	CONN_WRITING, /* the socket did not take the whole answer */
	CONN_CLOSED,
};

struct conn {
	struct poller *p;
	struct conn *prev, *next; /* all connections */
	struct watch watch;
	struct timer timer;
	struct wait *wait; /* the request at hand, or NULL */
	char *rest;	   /* of the answer */
	size_t rest_len;
	uint16_t id; /* FastCGI request id */
	uint8_t state;
	bool keep; /* the connection is used again */
	bool half; /* the first part of a request has come */
};

struct poller {
	struct app *app;
	struct loop *loop;
	struct async *db;
	bool ready;    /* timeline and swept are known, the database answers */
	bool starting; /* they are being asked for */
	struct topics topics;
	struct conn *conns;
	struct wait *waits;
	size_t waiting; /* waits with a client */

	struct watch listener;
	bool listening;
	struct timer tick;
	unsigned ticks;

	struct queue asking[PROOF_KINDS], reading[PROOF_KINDS];
	struct queue left[LEFT_BUCKETS]; /* by proof */
	uint64_t serial;
	char timeline[64];
	unsigned era;	    /* counts timelines: a place of another one means nothing */
	char boot[9];	    /* of the live counter in cursors */
	struct snap *swept; /* the poller's own place in all events */
	bool sweeping;

	/* Since the last write-back, as arrays: visitors who were seen, keys that were used. */
	struct buf touched, touched_keys;
	unsigned touched_count; /* of both */

	struct watch hints;
	char hints_path[108];
	struct buf relay; /* hints for the pollers of other hosts, a line each */
	struct timer relay_timer;

	struct answer_head {
		char *before, *after; /* header lines around the request id */
	} heads[2];		      /* for visitors, for agents */
};

/* conn.c: from the web server and back */
void conn_accept(struct poller *p, int fd);
void conn_close(struct conn *c);
/* Sends an answer's records; the connection is free for the next request. */
void conn_send(struct conn *c, const char *records, size_t len);

/* ask.c: from a complete request to a wait */
void ask_read(struct conn *c);

/* wait.c: the life of a wait */
struct wait *wait_new(struct conn *c);
/* Forgets it, or leaves that to the batch that names it. Its connection, if any, has no request then. */
void wait_end(struct wait *w);
/* Its client has an answer that ends at w->snap, and is expected back. */
void wait_leave(struct wait *w);
/* The wait that left with this very snapshot, or NULL. */
struct wait *wait_find_left(struct poller *p, enum proof_kind kind, const char *proof,
	const char *origin, const char *snapshot);
/* The client of a wait that left is back, on c. */
void wait_return(struct wait *w, struct conn *c);
void wait_queue(struct wait *w, struct queue *q, enum wait_state state);
void wait_unqueue(struct wait *w);
/* Reads for it, once it is not being read for already. */
void wait_read(struct wait *w);
/* A batch is done with w: false when it ended meanwhile, and is gone now. */
bool wait_leave_batch(struct wait *w);
/* Something happened that w may have to see. */
void wait_wake(struct wait *w);
/* Nothing is new: wait on, or answer when there is no time left. */
void wait_park(struct wait *w);
/* From now on, for so long; 0: not at all, it is answered after the next read. */
void wait_for(struct wait *w, int64_t ms);
bool wait_is_visitor(const struct wait *w);

/* answer.c */
void answer_start(struct poller *p);
void answer_stop(struct poller *p);
/* events: JSON objects with commas between; NULL for none. The wait leaves. */
void answer_events(struct wait *w, const struct buf *events, int poll_after_ms);
/* The wait ends. */
void answer_error(struct wait *w, enum err e, int retry_after);
/* What is in r. */
void answer_req(struct conn *c, const struct req *r);

/* reads.c: what is new */
struct snap *snap_new(const struct poller *p, const char *text, uint64_t serial);
struct snap *snap_ref(struct snap *s);
void snap_unref(struct snap *s);
/* Whether the place of w belongs to a timeline that is over. */
bool reads_is_outdated(const struct wait *w);
void reads_flush(struct poller *p);
/* An async_fn for statements of whose outcome nothing depends. */
void reads_ignore(void *arg, const struct rows *rows, enum err e);
/* A visitor, or a program with a key, is here; said again at most once in a while. */
void reads_note(struct wait *w);
/* Writes back who was here. */
void reads_touch(struct poller *p);

/* sweep.c: the poller's own read of all events */
void sweep_start(struct poller *p); /* the database is there (again) */
void sweep(struct poller *p);

/* entry.c: who may wait */
void entry_flush(struct poller *p);
/*
 * A row of the database says who w is now (organization, its own id, domains). False when w has been
 * answered: it may not read, or is to ask anew.
 */
bool entry_is_same(struct wait *w, const char *organization, const char *id, const char *domains);
/* Those whose access was touched are judged anew. column: the data of access.revoked, or NULL. */
void entry_revoke(struct poller *p, const struct rows *rows, int column);

/* wakes.c: hints of this host and of others */
bool wakes_start(struct poller *p);
void wakes_stop(struct poller *p);
void wakes_notified(void *arg, const char *payload);

#endif
