/*
 * Who waits for what. A topic is one visitor's conversations or one organization as its agents see
 * it; it exists while somebody waits on it or something short-lived (typing) is remembered for it.
 * No input or output here.
 */
#ifndef PARLOR_TOPICS_H
#define PARLOR_TOPICS_H

#include "base/base.h"
#include "base/buf.h"

#include <uthash.h>

struct topic;

/* Part of the waiting object. */
struct waiter {
	struct topic *topic; /* NULL: none */
	struct waiter *prev, *next;
};

struct live {
	struct live *prev, *next;
	uint32_t number;
	int64_t until; /* monotonic ms */
	char *sender, *about, *json;
};

struct topic {
	UT_hash_handle hh;
	char *key;
	const char *organization, *visitor; /* visitor is NULL for agents; inside key */
	struct waiter *waiters;		    /* oldest first */
	unsigned count;
	struct live *lives; /* oldest first */
	unsigned lives_count;
	struct topic *live_prev, *live_next; /* topics that remember something */
};

struct topics {
	struct topic *table;
	struct topic *with_lives;
	unsigned with_lives_count;
	uint32_t newest_live;
};

/* Something short-lived is remembered for this long, and so many a topic, and for so many topics. */
enum { LIVE_MS = 6000, LIVE_PER_TOPIC = 32, LIVE_TOPICS_MAX = 20000 };

/* The topic, or NULL when nobody waits on it. visitor NULL: the organization's agents. */
struct topic *topics_find(struct topics *t, const char *organization, const char *visitor);
void topics_join(struct topics *t, struct waiter *w, const char *organization, const char *visitor);
/* Does nothing for a waiter without a topic. */
void topics_leave(struct topics *t, struct waiter *w);

/*
 * Remembers json until now + LIVE_MS. It replaces what the same sender said about the same visitor.
 * Returns the topic, so that its waiters can be told; NULL when it is not remembered.
 */
struct topic *topics_live(struct topics *t, const char *organization, const char *visitor,
	const char *sender, const char *about, const char *json, int64_t now);
/*
 * Adds what is newer than seen and not by sender (NULL: nobody) to out (NULL: only count), with
 * commas between, and returns how many.
 */
unsigned topic_lives(
	const struct topic *topic, uint32_t seen, const char *sender, int64_t now, struct buf *out);
/* Forgets what is over. */
void topics_expire(struct topics *t, int64_t now);

void topics_free(struct topics *t);

#endif
