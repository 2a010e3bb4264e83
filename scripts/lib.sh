# Shared by ./quickstart, ./check and the tests: messages, users, processes, ports. Bash; sourced.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" -eq 0 ]; }

# Prints a secret of 48 hexadecimal digits.
random_hex() { od -An -v -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# Whether something listens on 127.0.0.1:PORT (or on every address).
port_taken() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Prints a free port below the range that the kernel gives to outgoing connections.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		port_taken "$port" || break
	done
	printf '%s\n' "$port"
}

# Prints the status of GET http://ADDRESS:PORT/PATH, or nothing. No curl on a fresh machine.
http_status() ( # address port path
	exec 2>/dev/null 3<>"/dev/tcp/$1/$2" || exit 1
	printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$3" "$1" >&3
	timeout 5 head -n 1 <&3 | cut -d ' ' -f 2 | tr -d '\r'
)

# Asks every tenth of a second until "$@" succeeds, for at most SECONDS.
wait_until() { # seconds command...
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# Runs a command as USER when we are root, else as ourselves. The command takes the place of the
# shell that runs it, so $! of a background call is the command itself. RUN_VIA: a command before it
# that needs our own rights, such as "nsenter --net=...".
as_user() { # user command...
	local user=$1
	shift
	if is_root && [ "$user" != root ]; then
		# shellcheck disable=SC2086
		exec ${RUN_VIA:-} setpriv --reuid="$user" --regid="$user" --init-groups --no-new-privs -- "$@"
	else
		exec "$@"
	fi
}

# A process is remembered by its number, its start time and the boot it belongs to, so that a number
# used again by somebody else is never taken for ours.
process_mark() { # pid
	local stat
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
	# The name, in parentheses, may hold blanks; the start is the 20th word after it.
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	printf '%s %s\n' "${20}" "$(cat /proc/sys/kernel/random/boot_id)"
}

# Whether the process that FILE remembers still leads its group.
process_alive() { # file
	local pid mark
	read -r pid mark 2>/dev/null <"$1" || return 1
	[ "$(process_mark "$pid")" = "$mark" ]
}

# Whether anything is left of the group: orphans of a supervisor that was killed count.
group_alive() { # file
	local pid mark now
	read -r pid mark 2>/dev/null <"$1" || return 1
	[ "${mark##* }" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
	if now=$(process_mark "$pid"); then
		[ "$now" = "$mark" ] || return 1
	fi
	kill -0 -- "-$pid" 2>/dev/null && group_runs "$pid"
}

# Who has ended but was not yet missed by its parent, as the first process of a container may take its time
# to, counts no more.
group_runs() { # group
	local file line
	local -a fields
	for file in /proc/[0-9]*/stat; do
		read -r line 2>/dev/null <"$file" || continue
		# The name before may hold anything: state, parent, group.
		read -ra fields <<<"${line##*) }"
		[ "${fields[2]:-}" != "$1" ] || [[ ${fields[0]} == [ZX] ]] || return 0
	done
	return 1
}

group_gone() { ! group_alive "$1"; }

# Starts a command as the leader of a process group of its own, without a terminal and with only the
# environment given here, and remembers it in RUN/NAME.pid.
process_start() { # user run-dir log-file name [VAR=value...] -- command...
	local user=$1 run=$2 log=$3 name=$4 pid
	local -a env=(PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8)
	shift 4
	while [ "$1" != -- ]; do
		env+=("$1")
		shift
	done
	shift
	(
		cd "$run" || exit 1
		ulimit -n "$(ulimit -Hn)" 2>/dev/null
		as_user "$user" setsid env -i "${env[@]}" "$@" </dev/null >>"$log" 2>&1
	) &
	pid=$!
	disown "$pid"
	printf '%s %s\n' "$pid" "$(process_mark "$pid")" >"$run/$name.pid"
	wait_until 5 group_alive "$run/$name.pid" || return 1
}

# Ends a process group: asks its leader, which tells the others, waits, and insists. (Asking all of
# them at once would let the supervisor start a worker again that it lost before it was asked.)
process_stop() { # pid-file
	local pid
	if group_alive "$1"; then
		read -r pid _ <"$1"
		kill -TERM "$pid" 2>/dev/null || kill -TERM -- "-$pid" 2>/dev/null || :
		wait_until 10 group_gone "$1" || {
			kill -KILL -- "-$pid" 2>/dev/null || :
			wait_until 5 group_gone "$1" || say "Process group $pid does not end."
		}
	fi
	rm -f "$1"
}
