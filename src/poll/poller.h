/* The one poller of a process, and the connections it holds. Only for src/poll. */
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
};

/* What may stand behind a request; also the index of its statement. */
enum proof_kind { PROOF_VISITOR, PROOF_SESSION, PROOF_KEY, PROOF_KINDS };

/* A snapshot that was read, shared by all who have seen as much. */
struct snap {
	unsigned refs;
	uint64_t
		serial; /* greater: taken later, on this connection or after it; 0: a client's word */
	struct snapshot s;
	char *text;
};

/* A request at hand. */
struct ask {
	enum proof_kind kind;
	char request_id[17];
	char *proof;  /* what the database is asked: hash of a token or key, or a session's token */
	char *mark;   /* what access.revoked calls it: the proof, or the SHA-256 of it */
	char *member; /* whose session or key it is; NULL for visitors and organizations' keys */
	char *origin; /* of another site, to be checked against the organization's domains; or NULL */
	char *cors;   /* header lines of the answer */
};

enum conn_state {
	CONN_IDLE,    /* no request, or not all of it */
	CONN_ASKING,  /* who is it? */
	CONN_READING, /* what is new? */
	CONN_PARKED,
	CONN_WRITING, /* the socket did not take the whole answer */
	CONN_CLOSED,  /* only named by a batch under way */
};

struct conn;

/* Connections that wait for the next statement of a kind. */
struct queue {
	struct conn *first;
	unsigned count;
	bool busy; /* one statement is under way; the next gathers meanwhile */
};

struct conn {
	struct waiter waiter; /* must be first */
	struct poller *p;
	struct conn *prev, *next; /* all connections */
	struct watch watch;
	struct timer timer;
	struct conn *queue_prev, *queue_next;
	struct queue *queue; /* the one it stands in */
	struct ask *ask;     /* NULL when there is no request at hand */
	struct snap *snap;   /* seen up to here; NULL: from now on */
	char *rest;	     /* of the answer */
	size_t rest_len;
	uint32_t live_seen;
	unsigned era; /* of snap */
	uint16_t id;  /* FastCGI request id */
	uint8_t state;
	bool keep;     /* the connection is used again */
	bool half;     /* the first part of a request has come */
	bool in_batch; /* a statement under way names it */
	bool again;    /* something happened while it was being read for */
	bool overdue;  /* its time is up: answer after the next read */
	bool unread;   /* parked, but the database could not be asked */
	bool recheck;  /* its access was touched: ask again who it is */
};

struct poller {
	struct app *app;
	struct loop *loop;
	struct async *db;
	bool ready;    /* timeline and swept are known, the database answers */
	bool starting; /* they are being asked for */
	struct topics topics;
	struct conn *conns;
	size_t conns_count, asks_count;

	struct watch listener;
	bool listening;
	struct timer tick;
	unsigned ticks;

	struct queue asking[PROOF_KINDS], reading[2];
	uint64_t serial;
	char timeline[64];
	unsigned era;	    /* counts the timelines: a place of another one means nothing */
	char boot[9];	    /* of the live counter in cursors */
	struct snap *swept; /* the poller's own place in all events */
	bool sweeping;

	struct buf touched; /* visitors seen since the last write-back, as an array */
	unsigned touched_count;

	struct watch hints;
	char hints_path[108];
	struct buf relay; /* hints for the pollers of other hosts, a line each */
	struct timer relay_timer;

	struct answer_head {
		char *before, *after; /* header lines around the request id */
	} heads[2];		      /* for visitors, for agents */
};

/* conn.c */
void conn_accept(struct poller *p, int fd);
/* Closes and frees, or leaves the freeing to the batch that names it. */
void conn_close(struct conn *c);
/* A batch is done with c: false when it was closed meanwhile, and is gone now. */
bool conn_leave_batch(struct conn *c);
/* Sends an answer's records; the request is over. */
void conn_send(struct conn *c, const char *records, size_t len);
/* Something happened that c may have to see. */
void conn_wake(struct conn *c);
/* Nothing is new: wait, or answer when there is no time left. */
void conn_park(struct conn *c);
void conn_queue(struct conn *c, struct queue *q, enum conn_state state);
void conn_unqueue(struct conn *c);

/* ask.c: from a complete request to who asks for what */
void ask_read(struct conn *c);
void ask_free(struct ask *a);
bool ask_is_visitor(const struct ask *a);

/* answer.c */
void answer_start(struct poller *p);
void answer_stop(struct poller *p);
/* events: JSON objects with commas between. */
void answer_events(struct conn *c, const struct buf *events, int poll_after_ms);
void answer_error(struct conn *c, enum err e, int retry_after);
/* What is in r. */
void answer_req(struct conn *c, const struct req *r);

/* reads.c */
struct snap *snap_new(const char *text, uint64_t serial);
struct snap *snap_ref(struct snap *s);
void snap_unref(struct snap *s);
void reads_start(struct poller *p); /* the database is there (again) */
void reads_flush(struct poller *p);
void reads_sweep(struct poller *p);
/* Whether the place of c was taken on another timeline. */
bool reads_is_outdated(const struct conn *c);
/* An authorised request: join its topic, then look. */
void reads_enter(struct conn *c, const char *organization, const char *visitor);
/* Writes back which visitors were here. */
void reads_touch(struct poller *p);
/* An async_fn for statements of whose outcome nothing depends. */
void reads_ignore(void *arg, const struct rows *rows, enum err e);

/* entry.c: who may wait */
void entry_flush(struct poller *p);
/* Those whose access was touched are judged anew. column: the data of access.revoked, or NULL. */
void entry_revoke(struct poller *p, const struct rows *rows, int column);

/* wakes.c: hints of this host and of others */
bool wakes_start(struct poller *p);
void wakes_stop(struct poller *p);
void wakes_notified(void *arg, const char *payload);

#endif
