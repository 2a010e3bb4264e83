/* What the database tells: its version, the schema, the roles, the wall between organizations. */
#include "doctor.h"

#include "db/db.h"
#include "db/migrate.h"
#include "doctor_db.sql.h"

enum { SERVER_VERSION_MIN = 150000 };

static bool
check_server(struct doctor *d, struct db *db)
{
	struct rows *rows;

	if (db_one(db, d->mem, &SQL_doctor_server, NO_ARGS, &rows)) {
		doctor_note(d, HEALTH_BAD, "database",
			arena_printf(d->mem, "cannot be reached: %s", db_message(db)),
			"Check database_url, that PostgreSQL runs, and that pg_hba.conf lets this "
			"user in.");
		return false;
	}
	if (rows_int(rows, 0, 0) < SERVER_VERSION_MIN)
		doctor_note(d, HEALTH_BAD, "database",
			arena_printf(d->mem, "PostgreSQL %s is too old", rows_str(rows, 0, 1)),
			"Parlor needs PostgreSQL 15 or newer.");
	else if (rows_text(rows, 0, 2) && rows_str(rows, 0, 2)[0] != 'U')
		doctor_note(d, HEALTH_BAD, "database",
			arena_printf(d->mem, "its encoding is %s", rows_str(rows, 0, 2)),
			"Make the database anew with ENCODING 'UTF8'.");
	else
		doctor_note(d, HEALTH_GOOD, "database",
			arena_printf(d->mem, "PostgreSQL %s", rows_str(rows, 0, 1)), NULL);
	if (rows_bool(rows, 0, 3))
		doctor_note(d, HEALTH_WARNING, "durability",
			"fsync, full_page_writes or synchronous_commit is off: confirmed messages "
			"can be lost",
			"Set all three to on in postgresql.conf.");
	return true;
}

static bool
check_schema(struct doctor *d, struct db *db)
{
	struct migrate_report report;
	int missing = 0;

	if (migrate_run(db, d->mem, d->migrations_dir, false, &report)) {
		doctor_note(d, HEALTH_BAD, "schema", report.why ? report.why : db_message(db),
			"Run the version of Parlor that the database was migrated for, or a newer "
			"one.");
		return false;
	}
	for (int i = 0; i < report.count; i++)
		missing += !report.list[i].applied;
	if (missing)
		doctor_note(d, HEALTH_BAD, "schema",
			arena_printf(
				d->mem, "%d of %d migrations are missing", missing, report.count),
			"Run: parlor migrate");
	else
		doctor_note(d, HEALTH_GOOD, "schema",
			arena_printf(d->mem, "%d migrations applied", report.count), NULL);
	return missing == 0;
}

static void
check_login(struct doctor *d, struct db *db)
{
	struct rows *rows;

	if (db_one(db, d->mem, &SQL_doctor_login, NO_ARGS, &rows))
		return;
	if (rows_bool(rows, 0, 1))
		doctor_note(d, HEALTH_BAD, "login",
			arena_printf(d->mem, "%s is a superuser or bypasses row-level security",
				rows_str(rows, 0, 0)),
			"Let Parlor log in as a role without these rights; docs/operations.md "
			"shows how.");
	else
		doctor_note(d, HEALTH_GOOD, "login", rows_str(rows, 0, 0), NULL);
}

static void
check_role(struct doctor *d, struct db *db, const char *role)
{
	struct rows *rows;
	const char *detail, *mend = "Run: parlor migrate";

	if (db_run(db, d->mem, &SQL_doctor_role, ARGS(role), &rows))
		return;
	if (rows_count(rows) == 0) {
		detail = "does not exist";
	} else if (rows_bool(rows, 0, 0)) {
		detail = "has more rights than it must have";
		mend = arena_printf(d->mem,
			"Run as a superuser: ALTER ROLE %s NOSUPERUSER NOBYPASSRLS NOCREATEROLE "
			"NOCREATEDB",
			role);
	} else if (!rows_bool(rows, 0, 1)) {
		detail = "cannot be taken by the role that logs in";
		mend = "Run as a superuser: GRANT parlor_gate TO the login role";
	} else if (rows_bool(rows, 0, 2)) {
		detail = "is inherited by the role that logs in, which is then bound by its "
			 "policies";
		mend = arena_printf(
			d->mem, "Run as a superuser: REVOKE %s FROM the login role", role);
	} else if (rows_bool(rows, 0, 3)) {
		detail = "owns tables, so it can take down the wall between organizations";
		mend = "Give the tables to the role that migrates: ALTER TABLE ... OWNER TO ...";
	} else {
		doctor_note(d, HEALTH_GOOD, role, "can be taken, owns nothing", NULL);
		return;
	}
	doctor_note(d, HEALTH_BAD, role, detail, mend);
}

static void
check_wall(struct doctor *d, struct db *db)
{
	struct rows *rows;

	if (!d->conf->database_roles) {
		doctor_note(d, HEALTH_WARNING, "row security", "does not bind the workers",
			"Let a superuser run ALTER ROLE ... CREATEROLE for the login role, run "
			"parlor "
			"migrate, and take out database_roles = no");
		return;
	}
	check_role(d, db, DB_ROLE_APP);
	check_role(d, db, DB_ROLE_POLL);
	check_role(d, db, DB_ROLE_JOBS);
	if (db_one(db, d->mem, &SQL_doctor_open_tables, ARGS(DB_ROLE_APP), &rows))
		return;
	if (rows_text(rows, 0, 0))
		doctor_note(d, HEALTH_BAD, "row security",
			arena_printf(d->mem, "missing on %s", rows_str(rows, 0, 0)),
			"Run: parlor migrate");
	else
		doctor_note(d, HEALTH_GOOD, "row security",
			"every table is held to the organization of the request", NULL);
}

static void
check_mail(struct doctor *d, struct db *db)
{
	struct rows *rows;

	if (!db_one(db, d->mem, &SQL_doctor_mail, NO_ARGS, &rows) && rows_int(rows, 0, 0) > 0)
		doctor_note(d, HEALTH_WARNING, "mail given up",
			arena_printf(d->mem, "%lld given up within 7 days; the last one: %s",
				(long long)rows_int(rows, 0, 0), rows_str(rows, 0, 1)),
			"docs/operations.md shows how to see them (Mail).");
}

void
doctor_database(struct doctor *d)
{
	struct db *db = db_new(d->conf->database_url, NULL);

	if (check_server(d, db) && check_schema(d, db)) {
		check_login(d, db);
		check_wall(d, db);
		check_mail(d, db);
	}
	db_free(db);
}
