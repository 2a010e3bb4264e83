# A throw-away PostgreSQL cluster for the tests of the schema; sourced by tests/sql/*.test. Bash.
# shellcheck shell=bash disable=SC2034
#
# PARLOR_BIN names the program, by default build/parlor. PARLOR_SQL_CLUSTER, set by tests/sql/run,
# names a cluster that several tests share; without it each test makes its own. The server's time
# zone is far from UTC, because it must not matter.

SQL_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
. "$SQL_ROOT/tests/tap.sh"
. "$SQL_ROOT/scripts/lib.sh"
. "$SQL_ROOT/scripts/packages.sh"
. "$SQL_ROOT/scripts/cluster.sh"
PARLOR_BIN=${PARLOR_BIN:-$SQL_ROOT/build/parlor}
SQL_FIXTURES=$SQL_ROOT/tests/sql/fixtures
SQL_PLANNER=$(sed -n 's/^#define PLANNER "\(.*\)"$/\1/p' "$SQL_ROOT/src/db/conn.c")

sql_cluster_up() { # dir
	local dir=$1
	mkdir -p "$dir"
	! is_root || chown postgres: "$dir"
	chmod 755 "$dir"
	cluster_run "$dir" initdb -D "$dir/data" -U postgres -A trust --encoding=UTF8 \
		--locale=C.UTF-8 --no-sync --no-instructions >/dev/null || return 1
	printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$dir'" \
		"timezone = 'America/New_York'" "fsync = off" "max_connections = 60" \
		"shared_buffers = 512MB" "max_wal_size = 4GB" "full_page_writes = off" >>"$dir/data/postgresql.conf"
	cluster_run "$dir" pg_ctl -D "$dir/data" -l "$dir/log" -w -t 60 start >/dev/null
}

sql_cluster_down() { # dir
	cluster_run "$1" pg_ctl -D "$1/data" -m immediate -w stop >/dev/null 2>&1 || :
	rm -rf "$1"
}

# The cluster of this test; its own one ends with it.
sql_start() {
	if [ -n "${PARLOR_SQL_CLUSTER:-}" ]; then
		SQL_DIR=$PARLOR_SQL_CLUSTER
		return
	fi
	SQL_DIR=$(mktemp -d "${TMPDIR:-/tmp}/parlor-sql-XXXXXX")
	trap 'sql_cluster_down "$SQL_DIR"' EXIT
	trap 'exit 130' INT TERM HUP
	sql_cluster_up "$SQL_DIR" || die "no PostgreSQL cluster could be made"
}

# Runs SQL from standard input, or the arguments after the user as psql options; bare rows.
sql() { # database user [psql option...]
	local database=$1 user=$2
	shift 2
	PGOPTIONS="-c client_min_messages=warning ${SQL_OPTIONS:-}" psql -X -q -A -t \
		-v ON_ERROR_STOP=1 -h "$SQL_DIR" -U "$user" "$@" "$database" 2>&1
}

# As requests run: the role and settings of our own connections (src/db/conn.c), within an organization.
sql_as() { # database role organization [psql option...]
	local database=$1 role=$2 organization=$3
	shift 3
	SQL_OPTIONS="-c role=$role -c search_path=parlor,public -c TimeZone=UTC $SQL_PLANNER \
		-c parlor.org=$organization" \
		sql "$database" owner "$@"
}

# A database of the role "owner" (CREATEROLE, no superuser), as ./quickstart makes it.
sql_database() { # name
	sql postgres postgres <<-SQL || die "no database"
		SELECT 'CREATE ROLE owner LOGIN CREATEROLE' WHERE to_regrole('owner') IS NULL \\gexec
		SELECT 'CREATE ROLE host LOGIN' WHERE to_regrole('host') IS NULL \\gexec
		DROP DATABASE IF EXISTS $1;
		CREATE DATABASE $1 OWNER owner;
	SQL
}

# parlor with the settings it needs. MIGRATIONS names another directory of migrations.
parlor() { # database argument...
	local database=$1
	shift
	(parlor_exec "$database" "$@" 2>&1)
}

# The same in place of the shell, so that $! of a background call is parlor itself.
parlor_exec() { # database argument...
	local database=$1
	shift
	exec env -i PATH="$PATH" PARLOR_BASE_URL=http://localhost PARLOR_RUNTIME_DIR='' \
		BETTER_AUTH_SECRET=0123456789abcdef0123456789abcdef \
		PARLOR_MIGRATIONS="${MIGRATIONS:-$SQL_ROOT/src/migrations}" \
		DATABASE_URL="host=$SQL_DIR user=${PARLOR_USER:-owner} dbname=$database" \
		"$PARLOR_BIN" "$@"
}

# A migrated database with two organizations, and the role "host": another application, with rights
# on the tables of schema public and none on ours.
sql_world() { # name
	sql_database "$1"
	parlor "$1" migrate >/dev/null || die "the migration failed"
	sql "$1" owner <"$SQL_FIXTURES/world.sql" || die "the rows of the test world failed"
}

# Runs each line of standard input as a statement, errors or not; prints "@ line number" before what
# it answers.
sql_each() { # database role organization
	awk '{ print "\\echo @", NR; print $0 ";" }' | sql_as "$1" "$2" "$3" -v ON_ERROR_STOP=0
}
