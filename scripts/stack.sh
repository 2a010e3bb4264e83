# A whole Parlor in one folder: PostgreSQL, nginx, web, poll and jobs, for ./quickstart and the tests.
# Bash; sourced after lib.sh, packages.sh and cluster.sh.
# shellcheck shell=bash disable=SC2153
#
# The caller sets
#   STACK_SOURCE   the source tree (templates, static files, migrations, conf)
#   STACK_BIN      the parlor program
#   STACK_ADDRESS  where nginx listens, and the host of the URL
#   STACK_PORT     its port
# and may set
#   STACK_WEB=4       web workers of the pool "api"; the other pools go by it
#   STACK_QUEUE=8     requests that each of the pools "api" and "overflow" takes at once
#   STACK_POLL=1      pollers
#   STACK_NGINX=''    nginx's workers; one for each core, at most 4
#   STACK_SEED=yes    a demo organization
#   STACK_FSYNC=on    off: for tests
#   STACK_OPTIONS=''  further lines of parlor.ini: "limits.limits_off=yes poll.poll_notify=no"
#   STACK_ENV=''      further variables of the workers: "NAME=value NAME=value"
#   STACK_JOIN=''     the home of another stack whose PostgreSQL is used: a second host
#   STACK_DATABASE_HOST='', STACK_PROGRAMS_HOST=127.0.0.1  where the workers (by default by the Unix
#                     socket) and other programs find PostgreSQL
#   STACK_SECOND_PORT=''  of a standby that may take over on the same addresses
#   STACK_EXAMINE=yes no: where parlor doctor would refuse, as for plain HTTP on another address
# Lines of postgresql.conf that a run adds stand in HOME/postgresql.settings, those of the section [mail]
# in HOME/mail.ini.
# stack_open decides
#   STACK_HOME     where everything lies: the folder asked for, or one that the servers can reach
#   STACK_RUN      sockets and process numbers: its path is short, as sockets need
#
#   HOME/pg              the PostgreSQL cluster, of the cluster's user
#   HOME/parlor.ini      for the workers' group only: it holds secrets
#   HOME/state           ports and secrets that must stay the same
#   HOME/demo.json       what the seeding printed
#   HOME/nginx, log, app

# The supervisor is told to start a worker again however often it dies, and to end the workers as they
# know it (its own way is SIGUSR1).
STACK_RETRIES=1000000000

# The pools of web workers; "web" is all of them.
STACK_POOLS='api overflow dashboard sign-in upload'

# Prints what a name stands for.
stack_names() { # name...
	local name
	for name in "$@"; do
		if [ "$name" = web ]; then
			printf '%s\n' $STACK_POOLS
		else
			printf '%s\n' "$name"
		fi
	done
}

stack_pool_size() { # pool
	local web=${STACK_WEB:-4}
	case $1 in
	api) printf '%s\n' "$web" ;;
	overflow) printf '%s\n' $(((web + 1) / 2)) ;;
	dashboard | sign-in) printf '2\n' ;;
	upload) printf '1\n' ;;
	esac
}

stack_user() { if is_root; then printf 'www-data\n'; else id -un; fi; }

# Whether the servers' users, who are not root, can come to a folder.
stack_reachable() {
	! is_root || (as_user www-data test -x "$1") 2>/dev/null
}

stack_set_run() {
	STACK_RUN=$STACK_HOME/run
	# A socket's path has at most 107 bytes.
	if [ "${#STACK_RUN}" -gt 80 ]; then
		STACK_RUN=/tmp/parlor-$(id -u)-$(printf '%s' "$STACK_HOME" | cksum | cut -d ' ' -f 1)
	fi
}

# Decides where things lie; makes nothing. Fails when there is no stack in the folder.
stack_find() { # dir
	[ -d "$1" ] || return 1
	STACK_HOME=$(readlink -f "$1/data" 2>/dev/null) || STACK_HOME=
	[ -d "$STACK_HOME" ] || STACK_HOME=$(cd "$1" && pwd -P)
	stack_set_run
}

stack_open() { # dir
	mkdir -p "$1"
	stack_find "$1"
	if ! stack_reachable "$STACK_HOME"; then
		mkdir -p /var/lib/parlor-quickstart
		chmod 755 /var/lib/parlor-quickstart
		STACK_HOME=$(mktemp -d /var/lib/parlor-quickstart/XXXXXXXX)
		chmod 755 "$STACK_HOME"
		ln -sfn "$STACK_HOME" "$1/data"
		stack_set_run
	fi
	# Below /tmp somebody else may have been there first.
	if [ -e "$STACK_RUN" ] && [ ! -O "$STACK_RUN" ] &&
		[ "$(stat -c %U "$STACK_RUN")" != "$(stack_user)" ]; then
		die "$STACK_RUN belongs to somebody else"
	fi
	mkdir -p "$STACK_HOME/log" "$STACK_HOME/nginx" "$STACK_RUN/tmp" "$STACK_RUN/hints"
	chmod 755 "$STACK_RUN"
	! is_root || chown www-data: "$STACK_HOME/log" "$STACK_RUN" "$STACK_RUN/tmp" "$STACK_RUN/hints"
	: >>"$STACK_HOME/state"
	chmod 600 "$STACK_HOME/state"
}

# State: NAME=value lines.
state_get() { sed -n "s/^$1=//p" "$STACK_HOME/state" | head -n 1; }
state_set() {
	local rest
	rest=$(grep -v "^$1=" "$STACK_HOME/state" || :)
	printf '%s\n' ${rest:+"$rest"} "$1=$2" >"$STACK_HOME/state"
}
# Prints the value, made by the command the first time.
state_once() { # name command...
	local name=$1 value
	shift
	value=$(state_get "$name")
	[ -n "$value" ] || {
		value=$("$@")
		state_set "$name" "$value"
	}
	printf '%s\n' "$value"
}

# The program and its files, copied when the servers' users cannot reach the source tree.
stack_install() {
	STACK_APP=$STACK_SOURCE
	STACK_PROGRAM=$STACK_BIN
	if ! stack_reachable "$STACK_SOURCE" || ! stack_reachable "$(dirname "$STACK_BIN")"; then
		STACK_APP=$STACK_HOME/app
		STACK_PROGRAM=$STACK_APP/parlor
		rm -rf "$STACK_APP"
		mkdir -p "$STACK_APP/src"
		cp -Rp "$STACK_SOURCE/templates" "$STACK_SOURCE/static" "$STACK_APP/"
		cp -Rp "$STACK_SOURCE/src/migrations" "$STACK_APP/src/"
		cp -p "$STACK_BIN" "$STACK_PROGRAM"
		chmod -R a+rX "$STACK_APP"
	fi
}

# Where the data lies: ours, or that of the stack we join.
stack_pg() { printf '%s/pg\n' "${STACK_JOIN:-$STACK_HOME}"; }

stack_cluster_start() { # port
	local -a lines=()
	[ ! -e "$STACK_HOME/postgresql.settings" ] || mapfile -t lines <"$STACK_HOME/postgresql.settings"
	cluster_start "$STACK_HOME/pg" "$1" "$STACK_RUN/pg" "fsync = ${STACK_FSYNC:-on}" "${lines[@]}"
}

stack_cluster() {
	local pg=$STACK_HOME/pg port password
	[ -z "${STACK_JOIN:-}" ] || return 0
	cluster_init "$pg" "$STACK_HOME/log/initdb.log" || {
		tail -n 15 "$STACK_HOME/log/initdb.log" >&2
		die "the PostgreSQL cluster could not be made"
	}
	port=$(state_once pg_port free_port)
	password=$(state_once pg_password random_hex)
	if ! cluster_alive "$pg"; then
		! port_taken "$port" || {
			port=$(free_port)
			state_set pg_port "$port"
		}
		stack_cluster_start "$port" ||
			die "PostgreSQL did not start; its log is $pg/log"
	fi
	cluster_database "$pg" "$port" "$password" || die "the database could not be made"
}

# As other applications connect to the same database.
stack_database_url() {
	local host=${STACK_PROGRAMS_HOST:-127.0.0.1} port second=${STACK_SECOND_PORT:-}
	port=$(state_get pg_port)
	printf 'postgresql://parlor:%s@%s:%s%s/parlor%s\n' "$(state_get pg_password)" "$host" "$port" \
		"${second:+,$host:$second}" "${second:+?target_session_attrs=read-write&connect_timeout=5}"
}

# As the workers connect.
stack_database_words() {
	local host=${STACK_DATABASE_HOST:-${STACK_PG_SOCKETS:-$STACK_RUN/pg}} port second=${STACK_SECOND_PORT:-}
	port=$(state_get pg_port)
	printf 'host=%s port=%s dbname=parlor user=parlor password=%s\n' "$host${second:+,$host}" \
		"$port${second:+,$second}" "$(state_get pg_password)"
}

stack_url() { printf 'http://%s:%s\n' "$STACK_ADDRESS" "$STACK_PORT"; }

stack_ini() {
	local ini=$STACK_HOME/parlor.ini key
	key=$(jq -r '.apiKey // empty' "$STACK_HOME/demo.json" 2>/dev/null) || key=
	{
		printf '%s\n' "; Made by scripts/stack.sh, anew at each start." \
			"[server]" "base_url = $(stack_url)" "static_dir = $STACK_APP/static" \
			"template_dir = $STACK_APP/templates" "demo_key = $key"
		case " ${STACK_OPTIONS:-} " in
		*' server.runtime_dir='*) ;;
		*) printf 'runtime_dir = %s\n' "$STACK_RUN" ;;
		esac
		stack_ini_options server
		printf '%s\n' "[database]" \
			"database_url = $(stack_database_words)"
		stack_ini_options database
		printf '%s\n' "[auth]" "auth_secret = $(state_once auth_secret random_hex)"
		stack_ini_options auth
		printf '[poll]\n'
		stack_ini_options poll
		printf '[mail]\n'
		[ ! -s "$STACK_HOME/mail.ini" ] || cat "$STACK_HOME/mail.ini"
		stack_ini_options mail
		printf '[limits]\n'
		stack_ini_options limits
		printf '[uploads]\n'
		stack_ini_options uploads
	} >"$ini.new"
	chmod 640 "$ini.new"
	! is_root || chgrp www-data "$ini.new"
	mv "$ini.new" "$ini"
}

stack_ini_options() { # section
	local option
	for option in ${STACK_OPTIONS:-}; do
		case $option in
		"$1".*) option=${option#*.} && printf '%s = %s\n' "${option%%=*}" "${option#*=}" ;;
		esac
	done
}

# Runs a command of parlor with the stack's configuration, as the workers' user.
stack_parlor() ( # argument...
	cd "$STACK_RUN" || exit 1
	as_user "$(stack_user)" env -i PATH=/usr/bin:/bin LANG=C.UTF-8 \
		PARLOR_CONFIG="$STACK_HOME/parlor.ini" \
		PARLOR_MIGRATIONS="$STACK_APP/src/migrations" "$STACK_PROGRAM" "$@"
)

stack_migrate() {
	stack_parlor migrate >"$STACK_HOME/log/migrate.log" 2>&1 || {
		tail -n 15 "$STACK_HOME/log/migrate.log" >&2
		die "the database could not be migrated"
	}
}

stack_examine() {
	[ "${STACK_EXAMINE:-yes}" = yes ] || return 0
	stack_parlor doctor >"$STACK_HOME/log/doctor.log" 2>&1 || {
		grep -E '^ *(BAD|WARN|   )' "$STACK_HOME/log/doctor.log" >&2
		die "parlor doctor refuses this installation"
	}
}

# Secrets are printed at the first seeding only, so what it printed is kept.
stack_seed() {
	local demo=$STACK_HOME/demo.json
	[ "${STACK_SEED:-yes}" = yes ] && [ ! -s "$demo" ] || return 0
	(umask 077 && stack_parlor demo --seed >"$demo.new" 2>"$STACK_HOME/log/seed.log") || {
		tail -n 15 "$STACK_HOME/log/seed.log" >&2
		die "the demo organization could not be made"
	}
	jq -e .apiKey "$demo.new" >/dev/null || die "parlor demo --seed printed no apiKey"
	mv "$demo.new" "$demo"
}

stack_nginx_conf() { # template target
	local nofile connections workers limits=''
	case " ${STACK_OPTIONS:-} " in *" limits.limits_off=yes "*) limits='# ' ;; esac
	nofile=$(ulimit -Hn)
	[ "$nofile" != unlimited ] && [ "$nofile" -le 65536 ] || nofile=65536
	connections=$((nofile - nofile / 20))
	workers=${STACK_NGINX:-$(nproc)}
	[ -n "${STACK_NGINX:-}" ] || [ "$workers" -le 4 ] || workers=4
	sed -e "s|@workers@|$workers|g" -e "s|@nofile@|$nofile|g" -e "s|@connections@|$connections|g" \
		-e "s|@run@|$STACK_RUN|g" -e "s|@log@|$STACK_HOME/log|g" \
		-e "s|@address@|$STACK_ADDRESS|g" -e "s|@port@|$STACK_PORT|g" \
		-e "s|@url@|$(stack_url)|g" -e "s|@share@|$STACK_APP|g" \
		-e "s|@limits@|$limits|g" -e "s|@cgi@|$STACK_HOME/parlor.cgi|g" "$1" >"$2"
}

stack_nginx_files() {
	local conf=$STACK_SOURCE/conf/nginx dir=$STACK_HOME/nginx
	mkdir -p "$dir/parlor"
	cp "$conf"/*.conf "$dir/parlor/"
	sed -e "s|unix:/run/parlor/|unix:$STACK_RUN/|" \
		-e "/\(api\|overflow\)\.sock/s|max_conns=8|max_conns=${STACK_QUEUE:-8}|" "$conf/http.conf" >"$dir/parlor/http.conf"
	stack_nginx_conf "$conf/quickstart.conf.in" "$dir/nginx.conf"
	chmod -R a+rX "$dir"
}

# One process group for each, so that a group is ended as a whole.
stack_component() { # name
	local name=$1
	case $name in
	api | overflow | dashboard | sign-in | upload)
		stack_worker "$name" web -f "$(stack_pool_size "$name")"
		;;
	poll) stack_worker poll poll -f "${STACK_POLL:-1}" ;;
	jobs)
		stack_process jobs multiwatch -f 1 -s TERM -r "$STACK_RETRIES" -- "$STACK_PROGRAM" jobs
		;;
	nginx)
		stack_process nginx "$(PATH=$PATH:/usr/sbin command -v nginx)" -e "$STACK_HOME/log/nginx.log" \
			-c "$STACK_HOME/nginx/nginx.conf" -p "$STACK_HOME/nginx"
		;;
	cgi)
		stack_process cgi spawn-fcgi -s "$STACK_RUN/cgi.sock" -M 0660 -b 64 -n -- \
			"$(PATH=$PATH:/usr/sbin command -v fcgiwrap)" -c 4
		;;
	cgi-nginx)
		stack_process cgi-nginx "$(PATH=$PATH:/usr/sbin command -v nginx)" \
			-e "$STACK_HOME/log/nginx-cgi.log" \
			-c "$STACK_HOME/nginx/cgi.conf" -p "$STACK_HOME/nginx"
		;;
	esac
}

stack_worker() { # name command multiwatch-option...
	local name=$1 command=$2
	shift 2
	stack_process "$name" spawn-fcgi -s "$STACK_RUN/$name.sock" -M 0660 -b 4096 -n -- \
		"$(command -v multiwatch)" "$@" -s TERM -r "$STACK_RETRIES" -- "$STACK_PROGRAM" "$command"
}

stack_process() { # name command...
	local name=$1 log=$STACK_HOME/log/$1.log env=''
	shift
	: >>"$log"
	! is_root || chown www-data: "$log"
	case $name in
	*nginx | cgi) ;;
	*) env=${STACK_ENV:-} ;;
	esac
	# shellcheck disable=SC2086
	process_start "$(stack_user)" "$STACK_RUN" "$log" "$name" \
		PARLOR_CONFIG="$STACK_HOME/parlor.ini" $env -- "$@" || die "$name ended at once; see $log"
}

stack_ready() { [ "$(http_status "$STACK_ADDRESS" "$STACK_PORT" /readyz)" = 200 ]; }

stack_ready_or_lost() { stack_ready || ! process_alive "$STACK_RUN/nginx.pid"; }

# From nothing, or from an earlier run's data, to an answering server.
stack_up() {
	local name
	stack_install
	stack_cluster
	stack_ini
	stack_migrate
	stack_examine
	stack_seed
	stack_ini # now with the key of the demo page
	stack_nginx_files
	for name in $STACK_POOLS poll jobs nginx; do
		stack_component "$name"
	done
	wait_until 60 stack_ready_or_lost || :
	stack_ready || {
		for name in $STACK_POOLS poll jobs nginx; do
			tail -n 5 "$STACK_HOME/log/$name.log" >&2
		done
		die "the server does not answer; the logs are in $STACK_HOME/log"
	}
}

# Ends what runs. With "servers", PostgreSQL goes on.
stack_down() { # [servers]
	local name pid
	local -a pids=()
	for name in cgi-nginx cgi nginx; do
		process_stop "$STACK_RUN/$name.pid"
	done
	for name in poll $STACK_POOLS jobs; do
		process_stop "$STACK_RUN/$name.pid" &
		pids+=("$!")
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || :
	done
	rm -f "$STACK_RUN"/*.sock "$STACK_RUN"/hints/*.sock
	[ "${1:-}" = servers ] || [ -n "${STACK_JOIN:-}" ] || cluster_stop "$STACK_HOME/pg"
}

# Prints the names of what still runs.
stack_left() {
	local name left=''
	for name in cgi-nginx cgi nginx poll $STACK_POOLS jobs; do
		! group_alive "$STACK_RUN/$name.pid" || left="$left $name"
	done
	! cluster_alive "$STACK_HOME/pg" || left="$left postgresql"
	printf '%s\n' "${left# }"
}

# Everything that somebody needs to use the stack, as JSON.
stack_json() {
	local demo=$STACK_HOME/demo.json
	[ -s "$demo" ] || demo=/dev/null
	jq -s --arg url "$(stack_url)" --arg database "$(stack_database_url)" \
		--arg secret "$(state_get auth_secret)" '
		((.[0] // {}) | with_entries(select(.value != null))) + {
			url: $url, demoPage: ($url + "/demo"), databaseUrl: $database, authSecret: $secret
		}' "$demo"
}

# The same through plain CGI on a port of its own: nginx and fcgiwrap, one process for each request.
stack_cgi_up() { # port
	local STACK_PORT=$1 ini=$STACK_HOME/parlor-cgi.ini
	sed -e "s|^base_url = .*|base_url = $(stack_url)|" -e 's|^runtime_dir = .*|runtime_dir =|' \
		"$STACK_HOME/parlor.ini" >"$ini"
	chmod 640 "$ini"
	! is_root || chgrp www-data "$ini"
	printf '#!/bin/sh\nPARLOR_CONFIG=%s\nexport PARLOR_CONFIG\nexec %s\n' "$ini" "$STACK_PROGRAM" \
		>"$STACK_HOME/parlor.cgi"
	chmod 755 "$STACK_HOME/parlor.cgi"
	stack_nginx_conf "$STACK_SOURCE/conf/nginx/cgi.conf.in" "$STACK_HOME/nginx/cgi.conf"
	chmod -R a+rX "$STACK_HOME/nginx"
	stack_component cgi
	stack_component cgi-nginx
	wait_until 20 stack_ready || die "plain CGI does not answer; see $STACK_HOME/log"
}
