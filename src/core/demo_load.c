/* Visitors for load tests, many to a statement. */
#include "core/demo.h"

#include "base/buf.h"
#include "base/crypt.h"
#include "core/demo.sql.h"
#include "core/event.h"
#include "db/array.h"

enum { BATCH = 500 };

struct load {
	struct db *db;
	struct arena *mem;
	const char *organization;
	char (*tokens)[CREDENTIAL_LEN + 1];
	char (*conversations)[ID_LEN + 1];
};

static enum err
load_batch(struct load *l, struct arena *mem, int from, int to)
{
	struct buf visitors = { 0 }, conversations = { 0 }, hashes = { 0 };
	enum err e;

	array_open(&visitors);
	array_open(&conversations);
	array_open(&hashes);
	for (int i = from; i < to; i++) {
		char visitor[ID_LEN + 1], hash[HASH_HEX_LEN + 1];

		crypt_id(visitor);
		crypt_id(l->conversations[i]);
		crypt_credential("vt", l->organization, l->tokens[i]);
		crypt_hash(l->tokens[i], hash);
		array_add(&visitors, visitor);
		array_add(&conversations, l->conversations[i]);
		array_add(&hashes, hash);
	}
	array_close(&visitors);
	array_close(&conversations);
	array_close(&hashes);
	e = db_run(l->db, mem, &SQL_demo_load_batch,
		ARGS(l->organization, buf_text(&visitors), buf_text(&conversations),
			buf_text(&hashes)),
		NULL);
	buf_free(&visitors);
	buf_free(&conversations);
	buf_free(&hashes);
	return e;
}

enum err
demo_load(struct db *db, struct arena *mem, int count, FILE *out)
{
	struct load l = { .db = db, .mem = mem };
	const char *cursor;
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_demo_find, NO_ARGS, &rows);

	if (e)
		return e;
	l.organization = rows_str(rows, 0, 0);
	db_scope(db, l.organization);
	l.tokens = arena_alloc(mem, (size_t)count * sizeof(*l.tokens));
	l.conversations = arena_alloc(mem, (size_t)count * sizeof(*l.conversations));
	for (int i = 0; i < count; i += BATCH) {
		struct arena *batch = arena_new();

		e = load_batch(&l, batch, i, i + BATCH < count ? i + BATCH : count);
		arena_free(batch);
		if (e)
			return e;
	}
	if ((e = event_cursor_now(db, mem, &cursor)))
		return e;
	for (int i = 0; i < count; i++)
		fprintf(out, "%s\t%s\t%s\n", l.tokens[i], l.conversations[i], cursor);
	return ERR_NONE;
}
