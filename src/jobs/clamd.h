/*
 * The scanner: clamd's INSTREAM (clamd(8)) on a Unix socket. The bytes are sent in pieces, and the
 * verdict is one line.
 */
#ifndef PARLOR_CLAMD_H
#define PARLOR_CLAMD_H

#include "base/arena.h"
#include "base/base.h"

struct clamd {
	int fd;
};

/* ERR_UNAVAILABLE: nobody is there. */
enum err clamd_open(struct clamd *c, const char *path) MUST_USE;
enum err clamd_send(struct clamd *c, const void *data, size_t len) MUST_USE;
/*
 * Ends the stream. *finding: NULL for clean, else the name of what was found. ERR_UNAVAILABLE: no
 * verdict; *why says what there was instead.
 */
enum err clamd_verdict(
	struct clamd *c, struct arena *mem, const char **finding, const char **why) MUST_USE;
void clamd_close(struct clamd *c);

#endif
