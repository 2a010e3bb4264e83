/*
 * Files. One is stored in chunks, nobody's but its uploader's, until a message is sent with it
 * (message.h); read again in chunks by whoever may see that message.
 */
#ifndef PARLOR_ATTACHMENT_H
#define PARLOR_ATTACHMENT_H

#include "base/buf.h"
#include "core/access.h"

enum { ATTACHMENTS_MAX = 5 };		/* of one message */
enum { ATTACHMENT_CHUNK = 128 * 1024 }; /* bytes a row: docs/operations.md, "Attachments" */
enum { ATTACHMENT_PIXELS_MAX = 40 * 1000 * 1000 };

struct attachment_new {
	const char *name; /* as the uploader says; UTF-8 */
	const char *data;
	size_t len;		    /* at least 1 */
	int64_t organization_bytes; /* quotas: what is stored may take so much */
	int64_t visitor_bytes;
	bool scan; /* nobody else gets it before a scanner has looked at it */
};

/* "visitor:", "member:" or "key:" with the id of who asks. */
const char *attachment_uploader(const struct access *as);

/*
 * Stores a file and its JSON. ERR_FULL: a quota is used up; *quota says whose ("organization" or
 * "visitor"). Nothing is kept of what failed.
 */
enum err attachment_store(const struct access *as, const struct attachment_new *new,
	const char **json, const char **quota) MUST_USE;

struct attachment {
	const char *id, *name, *type, *hash; /* hash: SHA-256 in hex */
	int64_t size, chunk_size;
	bool picture;  /* one that may be shown in place */
	bool pending;  /* not looked at by the scanner yet, and not the asker's own */
	bool infected; /* nobody gets it */
};

/*
 * One that the asker may see: their own, or of a message they may read. ERR_NOT_FOUND otherwise, and
 * when the organization is switched off.
 */
enum err attachment_open(const struct access *as, const char *id, struct attachment *out) MUST_USE;

/* Adds the bytes of chunk number (from 0). ERR_NOT_FOUND: the file was deleted meanwhile. */
enum err attachment_chunk(struct db *db, struct arena *mem, const char *organization,
	const char *id, int64_t number, struct buf *out) MUST_USE;

/* For the scanner: how many chunks; ERR_NOT_FOUND when it is gone or was looked at already. */
enum err attachment_pending(struct db *db, struct arena *mem, const char *organization,
	const char *id, int64_t *chunks) MUST_USE;

#endif
