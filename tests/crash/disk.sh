#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A disk that is full, a file at its limit, a sync that fails: told, outlived, and nothing acknowledged lost
# shellcheck disable=SC2317 # check calls them
set -u
# shellcheck source=tests/support/await.sh
. "$SRC/tests/support/await.sh"
cd "$TEST_TMP" || exit 2
bad=0
pid=
url=
mounted=
end() {
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
	[ -z "$mounted" ] || umount -l full
}
trap end EXIT

check() { # WHAT CONDITION...
	what=$1
	shift
	if "$@"; then echo "ok - $what"; else
		bad=1
		echo "not ok - $what"
		tail -n 5 log body 2>/dev/null | sed 's/^/  | /'
	fi
}
listening() { grep -q 'daemon\.ready' log || ! kill -0 "$pid" 2>/dev/null; }
start() { # STATE
	: >log
	"$BUILD/spiralfedd" -o listen=127.0.0.1:0 -o auth=off -o state="$1" 2>>log &
	pid=$!
	await listening || return 1
	url=http://127.0.0.1:$(sed -n 's/.*daemon\.ready.* port=\([0-9]*\).*/\1/p' log)
}
finish() { # SIGNAL
	kill -"$1" "$pid"
	status=0
	wait "$pid" || status=$?
	pid=
}
post() { # N: prints the status; acknowledged ones are remembered
	code=$(curl -s -m 20 -o body -w '%{http_code}' -H 'Content-Type: application/json' --data \
		'{"provider":"hf","artifacts":[{"id":"s/t-v'"$1"'","role":"textgen","metrics":{"quality":0.8},"uri":"hf://s"}]}' \
		"$url/v1/manifests")
	[ "$code" != 201 ] || echo "$1" >>acknowledged
	echo "$code"
}
ready() { [ "$(curl -s -m 20 -o /dev/null -w '%{http_code}' "$url/readyz")" = "$1" ]; }
# Posts until one is refused (200 at most); its status is in $code.
fill() {
	tries=0
	while [ "$(post "$n")" = 201 ] && [ "$tries" -lt 200 ]; do
		n=$((n + 1))
		tries=$((tries + 1))
	done
	post "$n" >code
	code=$(cat code)
}
refused() { [ "$code" = 500 ] && grep -q '"code": "storage"' body && grep -q '"hint"' body; }
# Each second the engine looks whether there is room. What is smaller than a manifest may pass meanwhile.
unready() {
	looks=0
	while [ "$looks" -lt 20 ]; do
		ready 503 || return 1
		looks=$((looks + 1))
		sleep 0.1
	done
}
all_there() {
	[ -s acknowledged ] || return 1
	while read -r number; do
		[ "$(curl -s -m 20 -o body -w '%{http_code}' "$url/v1/artifacts/hf/s/t-v$number")" = 200 ] || {
			echo "  | s/t-v$number is lost"
			return 1
		}
	done <acknowledged
}
restart() { # STATE
	finish KILL
	start "$1"
}

outlive() { # WHAT STATE MAKE_ROOM...
	what=$1 state=$2
	shift 2
	fill
	check "$what: refused as a problem of storage" refused
	check "... and not ready, for as long as that lasts" unready
	check "... reads go on" all_there
	check "... and it lives" kill -0 "$pid"
	"$@"
	check "... room again: ready without a write" await ready 200
	n=$((n + 1))
	check "... and writing" test "$(post "$n")" = 201
	restart "$state"
	check "... all that was acknowledged is there after SIGKILL" all_there
	finish TERM
	check "... and the end is clean" test "$status" = 0
}

n=1
mkdir full
if mount -t tmpfs -o size=2m tmpfs full 2>/dev/null; then
	mounted=1
	start full/state
	outlive "a full disk" full/state mount -o remount,size=32m full
else
	echo "ok - a full disk # skip: only root mounts"
fi

: >acknowledged
n=1
start limited
prlimit --pid "$pid" --fsize=1000000: 2>/dev/null || prlimit --pid "$pid" --fsize=1000000:unlimited
outlive "a file at its limit" limited prlimit --pid "$pid" --fsize=unlimited:unlimited

# The Nth sync of a stream of writes fails, the daemon is killed, and started again.
failing_sync() { # N
	: >acknowledged
	start "sync$1"
	strace -qq -f -p "$pid" -o trace -e trace=fdatasync -e inject=fdatasync:error=EIO:when="$1" 2>attach &
	tracer=$!
	await grep -q TracerPid:..*[1-9] "/proc/$pid/status" || return 1
	n=1
	while [ "$n" -le 8 ]; do
		post "$n" >>codes
		n=$((n + 1))
	done
	grep -q INJECTED trace || return 1
	restart "sync$1"
	kill "$tracer" 2>/dev/null
	wait "$tracer" 2>/dev/null
	all_there
}
if command -v strace >/dev/null && strace -qq -o trace true 2>/dev/null; then
	: >codes
	for when in 1 2 3 5 1+2; do
		check "sync $when fails: nothing acknowledged is lost" failing_sync "$when"
		finish TERM
	done
	check "... and those not acknowledged were told so" grep -qx 500 codes
else
	echo "ok - a failing sync # skip: no strace, or it may not trace"
fi
exit $bad
