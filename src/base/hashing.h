/*
 * A password costs a tenth of a second and 34 MB to hash, so few are hashed at once on a host: two, and
 * eight wait. Whoever comes beyond that is told to come again.
 *
 * Workers are processes that serve one request at a time, and may die at any point; a count of theirs
 * would be wrong for ever. So the places are locks on bytes of one file in runtime_dir, which the
 * kernel takes back from whoever ends. That holds over all programs of the host: web workers, CGI,
 * commands. Without such a file (runtime_dir is empty, or cannot be written to) each process hashes as
 * it likes; then only the number of workers bounds it.
 */
#ifndef PARLOR_HASHING_H
#define PARLOR_HASHING_H

#include "base/base.h"

enum {
	HASHING_AT_ONCE = 2,
	HASHING_WAITING = 8,
	HASHING_WAIT_MS = 4000, /* then a place in the queue is given up: somebody was stopped */
};

/* Once, when a process starts. dir: runtime_dir; "" for no bound. Copied. */
void hashing_at(const char *dir);

/*
 * Takes a place, waiting for it when there is room in the queue. ERR_UNAVAILABLE: there is none, or it
 * took too long. Better not within a transaction: who waits should hold no locks.
 */
enum err hashing_enter(int *place) MUST_USE;
void hashing_leave(int place);

#endif
