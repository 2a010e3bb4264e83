/*
 * Memory that dies together: one arena a request, a job, a page.
 *
 * Nothing is freed singly. What the arena cannot free itself (a json_object, a PGresult) is handed
 * to it with arena_defer(). Out of memory ends the process; the supervisor starts another.
 */
#ifndef PARLOR_ARENA_H
#define PARLOR_ARENA_H

#include "base/base.h"

struct arena;

struct arena *arena_new(void);
/* Runs the deferred functions, newest first, then frees everything. NULL is allowed. */
void arena_free(struct arena *mem);

/* Zeroed, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *mem, size_t size);
void *arena_memdup(struct arena *mem, const void *data, size_t size);
/* NULL gives NULL. */
char *arena_strdup(struct arena *mem, const char *s);
char *arena_strndup(struct arena *mem, const char *s, size_t len);
char *arena_printf(struct arena *mem, const char *fmt, ...) PRINTF(2, 3);

/* fn(arg) is called by arena_free. */
void arena_defer(struct arena *mem, void (*fn)(void *arg), void *arg);

#endif
