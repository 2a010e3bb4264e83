/* Places in a list that is ordered by time and id: the "after" of keyset paging, "<time>~<id>". */
#ifndef PARLOR_KEYSET_H
#define PARLOR_KEYSET_H

#include "base/arena.h"
#include "base/base.h"

struct rows;

/* at as PostgreSQL prints a timestamp. In mem. */
const char *keyset_join(struct arena *mem, const char *at, const char *id);

/*
 * after may come from anybody; what comes out is safe to cast. NULL: *at and *id are NULL, the
 * beginning. ERR_INVALID: not such a place.
 */
enum err keyset_split(
	struct arena *mem, const char *after, const char **at, const char **id) MUST_USE;

/*
 * The same for a list that is ordered by a word that people chose: a place is the word in hexadecimal
 * digits. *word is UTF-8 without NUL; NULL for the beginning.
 */
enum err keyset_word(struct arena *mem, const char *after, const char **word) MUST_USE;

/*
 * {"data":[...],"next":...}: rows of JSON text, time and id (or NULL and id, where ids alone give the
 * order), of which one more than limit was asked for.
 */
const char *keyset_page(struct arena *mem, const struct rows *rows, int64_t limit);

/*
 * The same of a list that was not read to its end to fill the page: a last row of NULL, time and id says how
 * far it was read. The page may then have fewer rows, or none, and goes on from there.
 */
const char *keyset_page_walked(struct arena *mem, const struct rows *rows, int64_t limit);

#endif
