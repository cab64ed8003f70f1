#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages this tree needs and lacks; silent when there are none.
#   deps.sh [GROUP...]      groups: build check bench ci clients mcdc fresh (without one: build check)
#   deps.sh -n [GROUP...]   installs nothing: prints what is missing, exits 1 when something is
set -eu

# group  package              why
table='
build    gcc                  the compiler
build    libc6-dev            the C library headers
build    make                 runs the Makefile
build    autoconf             makes configure out of configure.ac
build    pkg-config           finds the libraries below
build    libmicrohttpd-dev    the HTTP server
build    libjansson-dev       the JSON parser
build    libsqlite3-dev       the registry
build    libcurl4-gnutls-dev  calls to providers and webhooks, on the same TLS as the server
build    libgnutls28-dev      TLS, digests, signatures
build    libinih-dev          the configuration file
build    libyaml-dev          the front matter of model cards
build    libical-dev          time zones, and a second opinion on recurrence rules in the tests
build    libsystemd-dev       readiness, watchdog, socket activation
check    check                the unit test framework
check    curl                 the demo and the tests speak HTTP with it
check    git                  check-source and dist list the tracked files
bench    nginx                the peer that serves the same bytes
bench    wrk                  the load
ci       clang                the second compiler
ci       libclang-rt-14-dev   its sanitizer runtime
ci       clang-format         check-format
ci       shellcheck           check-shell
ci       systemd              systemd-analyze, for the units
ci       libfaketime          a year of wall time for the running daemon
ci       python3-icalendar    reads the calendar feed
ci       prometheus           the real one that the daemon asks in its tests
clients  nodejs               runs the official clients of the providers
clients  npm                  installs them
clients  python3-boto3        one more of them
clients  libfaketime          a week of wall time for the daemon they publish to
mcdc     clang-19             measures MC/DC, which clang 14 cannot
mcdc     libclang-rt-19-dev   its profile runtime
mcdc     llvm-19              reads the profiles
fresh    debootstrap          a bare system to prove this table in
'

dry=
if [ "${1-}" = -n ]; then
	dry=1
	shift
fi
[ $# -gt 0 ] || set -- build check
command -v dpkg-query >/dev/null || {
	echo "deps: this is not a Debian system; configure will say what it does not find" >&2
	exit 0
}

wanted=
for group; do
	found=
	while read -r of package _; do
		[ "$of" = "$group" ] || continue
		found=1
		wanted="$wanted $package"
	done <<-END
	$table
	END
	[ -n "$found" ] || {
		echo "deps: no group named $group (build, check, bench, ci, clients, mcdc, fresh)" >&2
		exit 2
	}
done

# shellcheck disable=SC2086 # a list of package names
have=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' $wanted 2>/dev/null || :)"
missing=
for package in $wanted; do
	case $have in
	*" installed:$package "*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

by_hand="apt-get update && apt-get install --no-install-recommends$missing"
if [ -n "$dry" ]; then
	echo "deps: missing:$missing"
	exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
	# Ask for a password only where a person can answer.
	if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
		sudo="sudo"
	else
		echo "deps: cannot install packages as this user; run as root: $by_hand" >&2
		exit 1
	fi
fi

echo "deps: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
	# Another apt may hold the lock for a while on a fresh machine; --no-remove keeps a package of
	# the user's from giving way to one of ours.
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 \
		--no-remove "$@" >>"$log" 2>&1 </dev/null
}
apt update || echo "deps: apt-get update complained; trying with the lists that are there" >&2
# shellcheck disable=SC2086 # a list of package names
apt install --no-install-recommends $missing || {
	tail -n 15 "$log" >&2
	echo "deps: apt-get failed; see what it says with: ${sudo:+$sudo sh -c }'$by_hand'" >&2
	exit 1
}
