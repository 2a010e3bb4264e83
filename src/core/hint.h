/*
 * Hints: "something happened, look again", as datagrams to the pollers of this host. Called after
 * the commit, never inside a transaction. A hint may be lost; the pollers' sweep finds the event
 * within a second. Nothing here fails: without pollers nothing is sent.
 *
 * Every poller binds <runtime_dir>/hints/<pid>.sock. A datagram is text in fields separated by
 * tabs: "e", organization, visitor   or   "l", organization, visitor, sender, audience, JSON.
 */
#ifndef PARLOR_HINT_H
#define PARLOR_HINT_H

#include "base/base.h"

/* Longer hints are not sent. */
enum { HINT_MAX = 4096 };

/* Who is to see something that lives in the pollers' memory only. */
enum hint_audience {
	HINT_AGENTS = 1, /* of the organization, but not the sender */
	HINT_VISITOR = 2,
};

/* Once in a process that writes; "" or NULL: no hints. */
void hint_start(const char *runtime_dir);

/* An event was committed for this organization; visitor (chat_users.id) may be NULL. */
void hint_event(const char *organization, const char *visitor);

/*
 * Something short-lived, such as typing: json is the object that goes into live[] of the answers.
 * A later one of the same sender about the same visitor replaces it. sender: members.id or
 * chat_users.id; NULL for an organization's key.
 */
void hint_live(const char *organization, const char *visitor, const char *sender, unsigned audience,
	const char *json);

/*
 * Between the two, hints are kept back: what they tell of is not committed before a later one. send: that
 * commit succeeded; else they are forgotten.
 */
void hint_hold(void);
void hint_release(bool send);

/* The directory of the sockets, made when it is missing; for the pollers. False: impossible. */
bool hint_directory(const char *runtime_dir, char *out, size_t size);

#endif
