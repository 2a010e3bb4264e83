# A private PostgreSQL cluster under a folder, for ./quickstart and the tests. PostgreSQL does not
# run as root, so root's clusters run as the user postgres. Bash; sourced after lib.sh, packages.sh.
# shellcheck shell=bash
#
# CLUSTER_VIA may name a command that the servers are run through: "nsenter --net=..." puts them on a
# network of their own.

cluster_user() { if is_root; then printf 'postgres\n'; else id -un; fi; }

# The programs of the version that made the cluster, or the newest ones for a new cluster.
cluster_bin() { # pg-dir
	local version
	if version=$(cat "$1/data/PG_VERSION" 2>/dev/null) &&
		[ -x "/usr/lib/postgresql/$version/bin/postgres" ]; then
		printf '%s\n' "/usr/lib/postgresql/$version/bin"
	else
		postgres_bin
	fi
}

# Runs a server program as the cluster's user, in its folder.
cluster_run() { # pg-dir program argument...
	local dir=$1 program
	program=$(cluster_bin "$dir")/$2
	shift 2
	(cd "$dir" && RUN_VIA=${CLUSTER_VIA:-} as_user "$(cluster_user)" env -i PATH=/usr/bin:/bin LANG=C.UTF-8 \
		"$program" "$@")
}

# Makes the cluster with the superuser "postgres", whose password is in PG-DIR/superuser.
cluster_init() { # pg-dir log
	local dir=$1 log=$2
	[ ! -e "$dir/data/PG_VERSION" ] || return 0
	mkdir -p "$dir"
	random_hex >"$dir/superuser"
	chmod 600 "$dir/superuser"
	! is_root || chown -R postgres: "$dir"
	chmod 711 "$dir"
	rm -rf "$dir/data"
	cluster_run "$dir" initdb -D "$dir/data" -U postgres --pwfile="$dir/superuser" \
		--auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-instructions \
		>>"$log" 2>&1
}

cluster_alive() { # pg-dir
	[ -e "$1/data/postmaster.pid" ] && cluster_run "$1" pg_ctl -D "$1/data" status >/dev/null 2>&1
}

# Starts it on 127.0.0.1:PORT and on a socket in SOCKET-DIR. setting: a line of postgresql.conf.
cluster_start() { # pg-dir port socket-dir [setting...]
	local dir=$1 port=$2 sockets=$3
	shift 3
	mkdir -p "$sockets"
	! is_root || chown postgres: "$sockets"
	chmod 755 "$sockets"
	{
		printf '%s\n' "listen_addresses = '127.0.0.1'" "port = $port" \
			"unix_socket_directories = '$sockets'" "timezone = 'UTC'" \
			"log_timezone = 'UTC'" "password_encryption = scram-sha-256" \
			"max_connections = 100" "$@"
	} | cluster_write "$dir" parlor.conf
	grep -q '^include .parlor.conf' "$dir/data/postgresql.conf" ||
		printf "include 'parlor.conf'\n" >>"$dir/data/postgresql.conf"
	cluster_run "$dir" pg_ctl -D "$dir/data" -l "$dir/log" -w -t 60 start >/dev/null 2>&1 || {
		tail -n 15 "$dir/log" >&2
		return 1
	}
}

cluster_write() { # pg-dir file, content on standard input
	cat >"$1/data/$2" && { ! is_root || chown postgres: "$1/data/$2"; }
}

cluster_stop() { # pg-dir
	! cluster_alive "$1" ||
		cluster_run "$1" pg_ctl -D "$1/data" -m fast -w -t 60 stop >/dev/null 2>&1
}

# Runs SQL from standard input as the superuser; prints bare rows.
cluster_sql() { # pg-dir port database [NAME=value...]
	local dir=$1 port=$2 database=$3
	shift 3
	# shellcheck disable=SC2086
	env -i PGPASSWORD="$(cat "$dir/superuser")" "$@" ${CLUSTER_VIA:-} "$(cluster_bin "$dir")/psql" -X -q -A -t \
		-v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U postgres "$database"
}

# The database "parlor" and the role that owns it, once. The role may make the roles that the
# workers take (parlor migrate does that), and is no superuser.
cluster_database() { # pg-dir port password
	local dir=$1 port=$2 password=$3
	cluster_sql "$dir" "$port" postgres PASSWORD="$password" <<'SQL' || return 1
\getenv password PASSWORD
SELECT 'CREATE ROLE parlor' WHERE to_regrole('parlor') IS NULL \gexec
ALTER ROLE parlor LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD :'password';
SELECT 'CREATE DATABASE parlor OWNER parlor' WHERE NOT EXISTS
	(SELECT FROM pg_database WHERE datname = 'parlor') \gexec
REVOKE ALL ON DATABASE parlor FROM PUBLIC;
SQL
}
