/* Migrations: reading the files, comparing them with the database, applying what is missing. */
#include "db/migrate.h"

#include "base/buf.h"
#include "base/crypt.h"
#include "base/log.h"
#include "base/util.h"
#include "db/migrate.sql.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	PATIENCE_MS = 60 * 1000,
	SERVER_VERSION_MIN = 150000, /* ON DELETE SET NULL (column) */
};

struct run {
	struct db *db;
	struct arena *mem;
	struct migrate_report *out;
};

static const char bootstrap[] =
	"CREATE SCHEMA IF NOT EXISTS parlor;"
	"CREATE TABLE IF NOT EXISTS parlor.schema_migrations ("
	"  number integer PRIMARY KEY,"
	"  name text NOT NULL,"
	"  hash text NOT NULL,"
	"  applied_at timestamp DEFAULT (now() AT TIME ZONE 'UTC') NOT NULL);";

/* "0001_better_auth.sql": the number, or 0 when it is no migration. */
static int
file_number(const char *name)
{
	size_t len = strlen(name);

	if (len < 10 || strspn(name, "0123456789") != 4 || name[4] != '_' ||
		strcmp(name + len - 4, ".sql") != 0)
		return 0;
	return atoi(name);
}

static int
is_migration(const struct dirent *entry)
{
	return file_number(entry->d_name) > 0;
}

/* NULL when it cannot be read or holds a NUL. */
static char *
file_text(struct arena *mem, const char *path)
{
	FILE *f = fopen(path, "re");
	struct buf b = { 0 };
	char chunk[8192], *text = NULL;
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	if (!ferror(f) && strlen(buf_text(&b)) == b.len)
		text = arena_strdup(mem, buf_text(&b));
	fclose(f);
	buf_free(&b);
	return text;
}

static enum err
add_file(struct run *r, const char *dir, const char *file)
{
	struct migration *m = &r->out->list[r->out->count];
	const char *text;

	m->number = file_number(file);
	m->name = arena_strndup(r->mem, file, strlen(file) - 4);
	m->path = arena_printf(r->mem, "%s/%s", dir, file);
	if (m->number != r->out->count + 1) {
		r->out->why = arena_printf(
			r->mem, "%s: the files must be numbered from 0001 without gaps", m->path);
		return ERR_INVALID;
	}
	if (!(text = file_text(r->mem, m->path))) {
		r->out->why = arena_printf(r->mem, "%s: cannot be read", m->path);
		return ERR_INVALID;
	}
	crypt_hash(text, m->hash);
	r->out->count++;
	return ERR_NONE;
}

static enum err
read_files(struct run *r, const char *dir)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_migration, alphasort);
	enum err e = ERR_NONE;

	if (n <= 0) {
		r->out->why = arena_printf(
			r->mem, "%s: %s", dir, n < 0 ? strerror(errno) : "holds no migrations");
		if (n == 0)
			free(entries);
		return ERR_NOT_FOUND;
	}
	r->out->list = arena_alloc(r->mem, (size_t)n * sizeof(struct migration));
	for (int i = 0; i < n; i++) {
		if (!e)
			e = add_file(r, dir, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return e;
}

static enum err
check_server(struct run *r, bool *has_table)
{
	struct rows *rows;
	enum err e = db_one(r->db, r->mem, &SQL_migrate_server, NO_ARGS, &rows);

	if (e)
		return e;
	*has_table = rows_bool(rows, 0, 3);
	if (rows_int(rows, 0, 0) < SERVER_VERSION_MIN) {
		r->out->why = arena_printf(r->mem,
			"PostgreSQL %s is too old: 15 or newer is needed", rows_str(rows, 0, 1));
		return ERR_CONFLICT;
	}
	if (strcmp(rows_str(rows, 0, 2), "UTF8") != 0) {
		r->out->why = arena_printf(r->mem, "the database's encoding is %s: it must be UTF8",
			rows_str(rows, 0, 2));
		return ERR_CONFLICT;
	}
	return ERR_NONE;
}

/* One row of schema_migrations against its file. */
static enum err
check_applied(struct run *r, int number, const char *name, const char *hash)
{
	struct migration *m = &r->out->list[number - 1];

	if (number > r->out->count) {
		r->out->why = arena_printf(r->mem,
			"the database is newer than this program: it has migration %s, this "
			"program's last is %s",
			name, r->out->list[r->out->count - 1].name);
		return ERR_CONFLICT;
	}
	if (strcmp(m->hash, hash) != 0) {
		r->out->why = arena_printf(
			r->mem, "%s: the file was changed after it was applied", m->path);
		return ERR_CONFLICT;
	}
	m->applied = true;
	return ERR_NONE;
}

static enum err
read_applied(struct run *r)
{
	struct rows *rows;
	enum err e = db_run(r->db, r->mem, &SQL_migrate_applied, NO_ARGS, &rows);

	for (int i = 0; !e && i < rows_count(rows); i++)
		e = check_applied(
			r, (int)rows_int(rows, i, 0), rows_str(rows, i, 1), rows_str(rows, i, 2));
	return e;
}

static enum err
apply_text(struct run *r, const struct migration *m, const char *text)
{
	enum err e;

	if ((e = db_run(r->db, r->mem, &SQL_migrate_limit_waiting, NO_ARGS, NULL)) ||
		(e = db_script(r->db, text)) ||
		(e = db_run(r->db, r->mem, &SQL_migrate_note,
			 ARGS(arena_printf(r->mem, "%d", m->number), m->name, m->hash), NULL)))
		return e;
	return db_commit(r->db);
}

static enum err
apply_one(struct run *r, struct migration *m)
{
	const char *text = file_text(r->mem, m->path);
	enum err e;

	if (!text)
		return ERR_INVALID;
	if ((e = db_begin(r->db)))
		return e;
	if ((e = apply_text(r, m, text))) {
		r->out->why = arena_printf(r->mem, "%s: %s", m->name, db_message(r->db));
		db_rollback(r->db);
		return e;
	}
	m->applied = m->now = true;
	return ERR_NONE;
}

/* The first column of each row becomes a warning. */
static enum err
warn_rows(struct run *r, const struct stmt *stmt)
{
	const char **lines;
	struct rows *rows;
	enum err e = db_run(r->db, r->mem, stmt, NO_ARGS, &rows);
	int before = r->out->warning_count;

	if (e) {
		r->out->why = arena_strdup(r->mem, db_message(r->db));
		return e;
	}
	lines = arena_alloc(r->mem, sizeof(*lines) * (size_t)(before + rows_count(rows) + 1));
	for (int i = 0; i < before; i++)
		lines[i] = r->out->warnings[i];
	for (int i = 0; i < rows_count(rows); i++)
		lines[before + i] = rows_str(rows, i, 0);
	r->out->warnings = lines;
	r->out->warning_count = before + rows_count(rows);
	return ERR_NONE;
}

static enum err
secure(struct run *r)
{
	enum err e;

	r->out->warning_count = 0;
	if ((e = db_begin(r->db)))
		return e;
	if ((e = db_run(r->db, r->mem, &SQL_migrate_limit_waiting, NO_ARGS, NULL)) ||
		(e = warn_rows(r, &SQL_migrate_secure)) ||
		(e = warn_rows(r, &SQL_migrate_secure_path)) ||
		(e = warn_rows(r, &SQL_migrate_unvalidated))) {
		db_rollback(r->db);
		return e;
	}
	return db_commit(r->db);
}

static enum err
apply_missing(struct run *r)
{
	enum err e;

	if ((e = db_script(r->db, bootstrap)) || (e = read_applied(r)))
		return e;
	for (int i = 0; i < r->out->count; i++)
		if (!r->out->list[i].applied && (e = apply_one(r, &r->out->list[i])))
			return e;
	return secure(r);
}

/* Under the lock, which belongs to the connection and ends with it. */
static enum err
attempt(struct run *r)
{
	enum err e;

	r->out->why = NULL;
	if ((e = db_run(r->db, r->mem, &SQL_migrate_lock, NO_ARGS, NULL)))
		return e;
	e = apply_missing(r);
	if (db_run(r->db, r->mem, &SQL_migrate_unlock, NO_ARGS, NULL))
		log_line(LOG_DEBUG, "the migration lock went with its connection");
	return e;
}

enum err
migrate_run(
	struct db *db, struct arena *mem, const char *dir, bool apply, struct migrate_report *out)
{
	struct run r = { .db = db, .mem = mem, .out = out };
	const struct timespec pause = { .tv_nsec = 500 * 1000 * 1000 };
	const int64_t end = time_monotonic_ms() + PATIENCE_MS;
	bool has_table;
	enum err e;

	*out = (struct migrate_report){ 0 };
	db_scope(db, NULL);
	if ((e = read_files(&r, dir)))
		return e;
	e = check_server(&r, &has_table);
	if (!e && !apply)
		e = has_table ? read_applied(&r) : ERR_NONE;
	else if (!e)
		while ((e = attempt(&r)) == ERR_UNAVAILABLE && time_monotonic_ms() < end)
			nanosleep(&pause, NULL);
	if (e && !out->why)
		out->why = arena_strdup(mem, db_message(db));
	return e;
}
