# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # the sourcing script uses them, and sets label
# Sourced by the scripts of this folder: a daemon, a provider's stand-in at $url, and what an ingest from it
# cost. The script sets label (the provider's name), and own ("requests bytes" that asking for the count adds).
set -eu
src=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$(cd "${BUILD:-$src/build}" && pwd)
clients=$src/tests/clients
n=${N:-10000}
own='0 0'
tmp=$(mktemp -d)
pid='' stand_in=''
trap 'kill $pid $stand_in 2>/dev/null; wait; rm -rf "$tmp"' EXIT
cd "$tmp"
export SPIRALFED_URL="unix:$tmp/sock"

await() { # COMMAND...: until it holds, ten minutes at most
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 30000 ] || { echo "no end of: $*" >&2 && exit 1; }
		sleep 0.02
	done
}
start() {
	: >log
	"$BUILD/spiralfedd" -c daemon.conf -o listen="$SPIRALFED_URL" -o state=state -o auth=off 2>>log &
	pid=$!
	await grep -q 'daemon\.ready' log
}
stop() {
	kill -TERM "$pid"
	wait "$pid" || true
	pid=''
}
sf() { "$BUILD/spiralfed" "$@"; }
is_over() { sf schedule runs ingest --json --max-results 1 >run && grep -q '"finished_at":"' run; }
forget() { curl -sf -X DELETE "$url/_control/stats" >out; }
counted() { # WHAT SECONDS
	curl -sf "$url/_control/stats" | tr ',' '\n' | awk -v label="$label" -v what="$1" -v secs="$2" -v n="$n" -v own="$own" '
		/"requests":/ && requests == "" { gsub(/[^0-9]/, ""); requests = $0 }
		/"bytes":/ && bytes == "" { gsub(/[^0-9]/, ""); bytes = $0 }
		END {
			split(own, less, " ")
			printf "%-3s %-34s %6d models %8.2f s %6d requests %9d bytes\n", label, what, n, secs,
				requests - less[1], bytes - less[2]
		}'
}
measure() { # WHAT REPORT: which member of the log's last report has to be all of them
	forget
	begun=$(date +%s%N)
	sf schedule run ingest >/dev/null
	await is_over
	over=$(date +%s%N)
	if ! grep 'tag=source.read' log | tail -n 1 | grep -q " $2=$n "; then
		tail -n 3 log >&2
		exit 1
	fi
	counted "$1" "$(echo "$begun $over" | awk '{ printf "%.3f", ($2 - $1) / 1e9 }')"
}
listed() { # BY COMMAND...: the official client, which prints its seconds, and how many it saw to client.err
	by=$1
	shift
	forget
	secs=$("$@" 2>client.err)
	grep -q "^$n models" client.err
	counted "listed by $by" "$secs"
}
has_client() {
	command -v node >/dev/null && [ -d "$clients/node_modules" ] && return
	echo "$label: node or tests/clients/node_modules is missing: no official client to compare with"
	return 1
}
