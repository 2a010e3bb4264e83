# Building out of the tree. Bash; sourced after lib.sh.
# shellcheck shell=bash

# Builds TARGETs in DIR, configuring it first when that is new or belongs to another source tree.
build_in() { # source dir log "configure options" target...
	local source=$1 dir=$2 log=$3 options=$4
	shift 4
	mkdir -p "$dir"
	if [ ! -x "$source/configure" ]; then
		(cd "$source" && ./bootstrap) >>"$log" 2>&1 || return 1
	fi
	if [ "$(cat "$dir/.configured" 2>/dev/null)" != "$source $options" ]; then
		rm -f "$dir/config.status" "$dir/.configured"
		# shellcheck disable=SC2086
		(cd "$dir" && "$source/configure" $options) >>"$log" 2>&1 || return 1
		printf '%s\n' "$source $options" >"$dir/.configured"
	fi
	make -C "$dir" -j "$(nproc)" "$@" >>"$log" 2>&1
}
