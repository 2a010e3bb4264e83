# Which Debian packages are needed, and their installation. Bash; sourced after lib.sh.
# shellcheck shell=bash disable=SC2034

# package:how to see that it is there (a command, or pc: a pkg-config module, or h: a header, or py: a module of Python)
PACKAGES_BUILD="
autoconf:autoreconf automake:automake make:make gcc:gcc libc6-dev:h:stdio.h
pkg-config:pkg-config libfcgi-dev:pc:fcgi libpq-dev:pc:libpq libjson-c-dev:pc:json-c
libsodium-dev:pc:libsodium libcurl4-openssl-dev:pc:libcurl libinih-dev:pc:inih libunistring-dev:h:uninorm.h uthash-dev:h:uthash.h
python3-yaml:py:yaml liboath-dev:pc:liboath libqrencode-dev:pc:libqrencode libmagic-dev:pc:libmagic
"
PACKAGES_RUN="
postgresql:postgresql nginx:nginx spawn-fcgi:spawn-fcgi multiwatch:multiwatch jq:jq
"
PACKAGES_TEST="
libcmocka-dev:pc:cmocka clang:clang libclang-rt-14-dev:libfuzzer clang-format:clang-format cppcheck:cppcheck
shellcheck:shellcheck mandoc:mandoc fcgiwrap:fcgiwrap nodejs:node npm:npm openssl:openssl chromium:chromium curl:curl
faketime:faketime iproute2:ip exim4-daemon-light:exim4 python3:python3 php-cli:php ruby:ruby
fonts-dejavu-core:f:/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
"
# For tests/bench: a load generator for HTTP, and what delivery is measured against.
PACKAGES_BENCH="
wrk:wrk libnginx-mod-nchan:f:/usr/lib/nginx/modules/ngx_nchan_module.so gcc:gcc libc6-dev:h:stdio.h
nodejs:node
"

libfuzzer_archive() { find /usr/lib/llvm-*/lib/clang -name 'libclang_rt.fuzzer-*.a' 2>/dev/null | head -n 1; }

# The newest PostgreSQL server on this machine; the programs lie outside the PATH on Debian.
postgres_bin() {
	local dir
	for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
		[ -x "$dir/initdb" ] && printf '%s\n' "$dir" && return
	done
	dir=$(command -v initdb) && dirname "$(readlink -f "$dir")"
}

package_present() { # probe
	case $1 in
	pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
	h:*) printf '#include <%s>\n' "${1#h:}" | gcc -E - >/dev/null 2>&1 ;;
	py:*) python3 -c "import ${1#py:}" 2>/dev/null ;;
	f:*) [ -e "${1#f:}" ] ;;
	libfuzzer) [ -n "$(libfuzzer_archive)" ] ;;
	postgresql) [ -n "$(postgres_bin)" ] ;;
	*) PATH=$PATH:/usr/sbin:/sbin have "$1" ;;
	esac
}

# Prints those of the given lists that are missing, on one line.
packages_missing() { # list...
	local entry missing=''
	# shellcheck disable=SC2048
	for entry in $*; do
		package_present "${entry#*:}" || missing="$missing ${entry%%:*}"
	done
	printf '%s\n' "${missing# }"
}

# Debian starts a service as soon as its package is there. A private instance is all we want, so
# what comes new is neither started nor enabled; what was there before is left alone.
packages_apt() { # log package...
	local log=$1 policy=/usr/sbin/policy-rc.d ours='' status=0 unit
	shift
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && ours=1
	fi
	{
		export DEBIAN_FRONTEND=noninteractive
		# Nothing of the machine makes room for a test: a mail server would replace another.
		apt-get update -q && apt-get install -q -y --no-remove --no-install-recommends "$@"
	} </dev/null >>"$log" 2>&1 || status=$?
	[ -z "$ours" ] || rm -f "$policy"
	if [ -d /run/systemd/system ]; then
		for unit in nginx postgresql fcgiwrap exim4; do
			case " $* " in
			*" $unit"*) systemctl disable --now "$unit" >>"$log" 2>&1 || : ;;
			esac
		done
	fi
	return "$status"
}

# Makes sure of the packages in the lists: installs them as root, else says what to run.
packages_need() { # log list...
	local log=$1 missing
	shift
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	if ! have apt-get; then
		die "these are missing (Debian names): $missing"
	elif ! is_root; then
		say "These packages are missing. Install them and run this again:"
		say ""
		say "    sudo apt-get update && sudo apt-get install --no-install-recommends $missing"
		say ""
		exit 1
	fi
	say "Installing $missing ..."
	# shellcheck disable=SC2086
	packages_apt "$log" $missing || {
		tail -n 20 "$log" >&2
		die "apt-get could not install what is missing; its whole output is in $log"
	}
	missing=$(packages_missing "$@")
	[ -z "$missing" ] || die "still missing after the installation: $missing"
}
