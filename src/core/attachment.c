/* Files in the database: stored, and read by those who may. */
#include "core/attachment.h"

#include "base/crypt.h"
#include "base/file.h"
#include "base/image.h"
#include "core/attachment.sql.h"
#include "db/bytes.h"

#include <string.h>

const char *
attachment_uploader(const struct access *as)
{
	return as->visitor  ? arena_printf(as->mem, "visitor:%s", as->visitor)
	       : as->member ? arena_printf(as->mem, "member:%s", as->member)
			    : arena_printf(as->mem, "%s:%s", as->actor_type, as->actor_id);
}

/* What the content proves. Of what may not be shown in place, width and height stay NULL. */
struct facts {
	const char *type, *width, *height;
};

static struct facts
facts_of(struct arena *mem, const struct attachment_new *new)
{
	struct facts f = { 0 };
	struct image image;

	if (image_probe(new->data, new->len, &image)) {
		f.type = image.type;
		if ((uint64_t)image.width * image.height <= ATTACHMENT_PIXELS_MAX) {
			f.width = arg_int(mem, image.width);
			f.height = arg_int(mem, image.height);
		}
		return f;
	}
	/* What looks like one of these to libmagic, and is none by its headers, is nothing. */
	f.type = file_type(mem, new->data, new->len);
	if (strncmp(f.type, "image/", 6) == 0 &&
		(strcmp(f.type + 6, "png") == 0 || strcmp(f.type + 6, "jpeg") == 0 ||
			strcmp(f.type + 6, "gif") == 0 || strcmp(f.type + 6, "webp") == 0))
		f.type = "application/octet-stream";
	return f;
}

/* Takes the room, first: what has none is refused before anything is written. */
static enum err
admit(const struct access *as, const struct attachment_new *new, const char **quota)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_attachment_admit,
		ARGS(as->organization, as->visitor, arg_int(as->mem, (int64_t) new->len),
			arg_int(as->mem, new->organization_bytes),
			arg_int(as->mem, new->visitor_bytes)),
		&rows);

	if (e)
		return e;
	*quota = rows_str(rows, 0, 0);
	return **quota ? ERR_FULL : ERR_NONE;
}

static enum err
insert(const struct access *as, const struct attachment_new *new, const char *id, const char **json)
{
	const struct facts f = facts_of(as->mem, new);
	char hash[HASH_HEX_LEN + 1];
	struct rows *rows;
	enum err e;

	crypt_sha256_hex(new->data, new->len, hash);
	e = db_one(as->db, as->mem, &SQL_attachment_insert,
		ARGS(as->organization, id, attachment_uploader(as), as->visitor,
			file_name_clean(as->mem, new->name), arg_int(as->mem, (int64_t) new->len),
			f.type, f.width, f.height, hash, arg_int(as->mem, ATTACHMENT_CHUNK),
			new->scan ? "pending" : "unscanned"),
		&rows);
	if (!e)
		*json = rows_str(rows, 0, 0);
	return e;
}

static enum err
insert_chunks(const struct access *as, const struct attachment_new *new, const char *id)
{
	struct buf hex = { 0 };
	enum err e = ERR_NONE;
	int64_t n = 0;

	for (size_t at = 0; at < new->len && !e; at += ATTACHMENT_CHUNK) {
		size_t left = new->len - at;

		buf_clear(&hex);
		bytes_write(
			&hex, new->data + at, left < ATTACHMENT_CHUNK ? left : ATTACHMENT_CHUNK);
		e = db_run(as->db, as->mem, &SQL_attachment_chunk_insert,
			ARGS(as->organization, id, arg_int(as->mem, n++), buf_text(&hex)), NULL);
	}
	buf_free(&hex);
	return e;
}

enum err
attachment_store(const struct access *as, const struct attachment_new *new, const char **json,
	const char **quota)
{
	char id[ID_LEN + 1];
	enum err e;

	*quota = "";
	crypt_id(id);
	if ((e = db_begin(as->db)))
		return e;
	if ((e = admit(as, new, quota)) || (e = insert(as, new, id, json)) ||
		(e = insert_chunks(as, new, id))) {
		db_rollback(as->db);
		return e;
	}
	return db_commit(as->db);
}

enum err
attachment_open(const struct access *as, const char *id, struct attachment *out)
{
	struct rows *rows;
	enum err e = db_one(as->db, as->mem, &SQL_attachment_open,
		ARGS(as->organization, id, as->visitor, attachment_uploader(as)), &rows);

	if (e)
		return e;
	*out = (struct attachment){ .id = id,
		.name = rows_str(rows, 0, 0),
		.type = rows_str(rows, 0, 1),
		.hash = rows_str(rows, 0, 2),
		.size = rows_int(rows, 0, 3),
		.chunk_size = rows_int(rows, 0, 4),
		.picture = rows_bool(rows, 0, 5),
		.pending = rows_bool(rows, 0, 6),
		.infected = rows_bool(rows, 0, 7) };
	return ERR_NONE;
}

enum err
attachment_chunk(struct db *db, struct arena *mem, const char *organization, const char *id,
	int64_t n, struct buf *out)
{
	struct rows *rows;
	enum err e = db_one(
		db, mem, &SQL_attachment_chunk_get, ARGS(organization, id, arg_int(mem, n)), &rows);

	if (e)
		return e;
	return bytes_read(out, rows_str(rows, 0, 0)) ? ERR_NONE : ERR_INTERNAL;
}

enum err
attachment_pending(
	struct db *db, struct arena *mem, const char *organization, const char *id, int64_t *chunks)
{
	struct rows *rows;
	enum err e = db_one(db, mem, &SQL_attachment_pending, ARGS(organization, id), &rows);

	if (!e)
		*chunks = rows_int(rows, 0, 0);
	return e;
}
