/* What is told of a file by people and by its bytes: its name, made harmless, and its type. */
#ifndef PARLOR_FILE_H
#define PARLOR_FILE_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"

enum { FILE_NAME_MAX = 255 }; /* bytes */

/*
 * A name for showing and saving: the part behind the last / or \, without control characters, marks
 * that change the direction of text and invisible ones, without the characters that some file system
 * refuses; not "", ".", a hidden file or a name of a device; cut to FILE_NAME_MAX bytes with its
 * extension kept. name: valid UTF-8.
 */
const char *file_name_clean(struct arena *mem, const char *name);

/*
 * The value of Content-Disposition (RFC 6266) with the name in both forms. kind: "inline" or
 * "attachment".
 */
void file_disposition(struct buf *out, const char *kind, const char *name);

/*
 * The type of content by libmagic, of at most its first 64 KiB: "application/pdf";
 * "application/octet-stream" when it cannot tell.
 */
const char *file_type(struct arena *mem, const void *data, size_t len);

#endif
