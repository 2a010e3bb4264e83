/* The arena: a list of blocks, filled from the newest, and a list of things to put away. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 16 * 1024 - 64 };

struct block {
	struct block *next;
	size_t used, size;
	max_align_t data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *arg);
	void *arg;
};

struct arena {
	struct block *blocks;
	struct deferred *deferred;
};

static void *
alloc_or_die(size_t size)
{
	void *p = malloc(size);

	if (!p) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return p;
}

static struct block *
add_block(struct arena *mem, size_t need)
{
	size_t size = need > BLOCK_SIZE ? need : BLOCK_SIZE;
	struct block *b = alloc_or_die(sizeof(*b) + size);

	b->size = size;
	b->used = 0;
	/* An outsized block goes behind the current one, which may still have room. */
	if (mem->blocks && size > BLOCK_SIZE) {
		b->next = mem->blocks->next;
		mem->blocks->next = b;
	} else {
		b->next = mem->blocks;
		mem->blocks = b;
	}
	return b;
}

struct arena *
arena_new(void)
{
	struct arena *mem = alloc_or_die(sizeof(*mem));

	*mem = (struct arena){ 0 };
	return mem;
}

void
arena_free(struct arena *mem)
{
	if (!mem)
		return;
	for (struct deferred *d = mem->deferred; d; d = d->next)
		d->fn(d->arg);
	for (struct block *b = mem->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(mem);
}

/* Not zeroed: most of it is filled at once. */
static void *
take(struct arena *mem, size_t size)
{
	const size_t align = sizeof(max_align_t);
	struct block *b = mem->blocks;
	void *p;

	if (size > SIZE_MAX / 2) {
		fputs("impossible allocation\n", stderr);
		abort();
	}
	size = (size + align - 1) / align * align;
	if (!b || b->size - b->used < size)
		b = add_block(mem, size);
	p = (char *)b->data + b->used;
	b->used += size;
	return p;
}

void *
arena_alloc(struct arena *mem, size_t size)
{
	return memset(take(mem, size), 0, size);
}

void *
arena_memdup(struct arena *mem, const void *data, size_t size)
{
	void *p = take(mem, size);

	if (size)
		memcpy(p, data, size);
	return p;
}

char *
arena_strndup(struct arena *mem, const char *s, size_t len)
{
	char *p = take(mem, len + 1);

	if (len)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *
arena_strdup(struct arena *mem, const char *s)
{
	return s ? arena_strndup(mem, s, strlen(s)) : NULL;
}

char *
arena_printf(struct arena *mem, const char *fmt, ...)
{
	char short_text[256], *p;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(short_text, sizeof(short_text), fmt, ap);
	va_end(ap);
	if (len < 0)
		return arena_strdup(mem, "");
	if ((size_t)len < sizeof(short_text))
		return arena_strndup(mem, short_text, (size_t)len);
	p = take(mem, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return p;
}

void
arena_defer(struct arena *mem, void (*fn)(void *arg), void *arg)
{
	struct deferred *d = arena_alloc(mem, sizeof(*d));

	d->fn = fn;
	d->arg = arg;
	d->next = mem->deferred;
	mem->deferred = d;
}
