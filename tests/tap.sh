# TAP for shell tests; sourced. Each check is one line; what does not hold explains itself.
# shellcheck shell=bash

TAP_COUNT=0
TAP_FAILED=0

pass() {
	TAP_COUNT=$((TAP_COUNT + 1))
	printf 'ok %d - %s\n' "$TAP_COUNT" "$1"
}

fail() { # name [explanation]
	TAP_COUNT=$((TAP_COUNT + 1))
	TAP_FAILED=$((TAP_FAILED + 1))
	printf 'not ok %d - %s\n' "$TAP_COUNT" "$1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/#   /'
}

skip() { # name reason
	TAP_COUNT=$((TAP_COUNT + 1))
	printf 'ok %d - %s # SKIP %s\n' "$TAP_COUNT" "$1" "$2"
}

# Holds when there is nothing to say.
empty() { # name text
	if [ -z "$2" ]; then pass "$1"; else fail "$1" "$2"; fi
}

is() { # name got expected
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got: $2
expected: $3"; fi
}

has() { # name text part
	case $2 in
	*"$3"*) pass "$1" ;;
	*) fail "$1" "not in it: $3
$2" ;;
	esac
}

# Holds when the command succeeds.
succeeds() { # name command...
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then pass "$name"; else fail "$name" "$out"; fi
}

done_testing() {
	printf '1..%d\n' "$TAP_COUNT"
	[ "$TAP_FAILED" -eq 0 ]
	exit $?
}
