#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts that test a command: reports checks, runs things, and looks at what they left
# in out, err and log of the scratch folder. `bad` is 1 once a check failed; `pid` is the daemon's.
# shellcheck disable=SC2034,SC2317 # the sourcing script uses them
set -u
cd "$TEST_TMP" || exit 2
# shellcheck source=tests/support/await.sh
. "$SRC/tests/support/await.sh"
data=$SRC/tests/data
bad=0
pid=
trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null' EXIT

check() { # WHAT CONDITION...
	what=$1
	shift
	if "$@"; then echo "ok - $what"; else
		bad=1
		echo "not ok - $what"
		sed 's/^/  | /' out err log 2>/dev/null
	fi
}
sf() {
	status=0
	"$BUILD/spiralfed" "$@" >out 2>err || status=$?
}
exits() { [ "$status" = "$1" ]; }
says() { grep -qF -- "$1" err; }
prints() { grep -qF -- "$1" out; }
ready() { grep -q 'daemon\.ready' log || ! kill -0 "$pid" 2>/dev/null; }
daemon_on_socket() { # a daemon with its state in state, and the address for spiralfed
	awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
	: >log # of the one before, which said that it is ready
	"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=state -o policy=calm.json 2>log &
	pid=$!
	await ready
	export SPIRALFED_URL="unix:$PWD/sock"
}
