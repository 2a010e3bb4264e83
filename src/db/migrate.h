/*
 * Migrations: numbered SQL files, applied in order, each in one transaction, each once.
 *
 * A file is NNNN_name.sql; the numbers run from 1 without gaps. parlor.schema_migrations holds what
 * was applied, with the BLAKE2b-256 hash of the file. One advisory lock lets any number of runners
 * start at once. No statement waits longer than 2 s for a lock of a live application: the
 * transaction is given up and tried again.
 */
#ifndef PARLOR_MIGRATE_H
#define PARLOR_MIGRATE_H

#include "db/db.h"

struct migration {
	int number;
	const char *name; /* the file's name without ".sql" */
	const char *path;
	char hash[65];
	bool applied;
	bool now; /* by this run */
};

/* Everything lives in the arena given to migrate_run(). */
struct migrate_report {
	struct migration *list;
	int count;
	const char **warnings; /* lines for the operator: what could not be done, and the mend */
	int warning_count;
	const char *why; /* one line, when the run failed; else NULL */
};

/*
 * Applies what is missing in dir, then completes roles, grants and row-level security; with apply
 * false only looks. db must be a connection without a role.
 * ERR_NOT_FOUND: dir cannot be read. ERR_INVALID: the files are not good.
 * ERR_CONFLICT: the database is newer than the files, or a file was changed after it was applied.
 * ERR_UNAVAILABLE: no connection, or for a minute it was lost again or locks were not to be had.
 */
enum err migrate_run(struct db *db, struct arena *mem, const char *dir, bool apply,
	struct migrate_report *out) MUST_USE;

#endif
