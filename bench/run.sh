#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The benchmarks. Machines are shared, so nothing here is judged in seconds: each figure is a ratio to
# a reference measured in the same run, taken in turn (A B A B ...), the median with its spread.
#   read    GET of the stable release against nginx (one worker) serving the same bytes
#   write   durable POSTs of manifests against the disk's rate of 4 KiB append + fdatasync
#   cost    what one durable POST costs: CPU, write calls, bytes written; hardly moved by neighbours
#   grow    the same GETs with GROW manifests (100,000) as with 1,000, and the memory then; minutes,
#           so only when asked for
# Environment: BUILD (build), ROUNDS (5), SECONDS_EACH (3), ONLY (one of these), GROW.
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build} ROUNDS=${ROUNDS:-5} SECONDS_EACH=${SECONDS_EACH:-3} ONLY=${ONLY:-all} GROW=${GROW:-100000}
work=$(mktemp -d "${TMPDIR:-/tmp}/spiralfed-bench.XXXXXX")
chmod 755 "$work" # nginx drops its rights
pids=
# shellcheck disable=SC2086 # a list of processes
trap 'kill $pids 2>/dev/null || :; wait 2>/dev/null || :; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

api_port=18787
web_port=18788
api=http://127.0.0.1:$api_port

start_daemon() { # PORT STATE: sets `daemon`
	mkdir -p "$work/$2"
	awk -f scripts/calm-policy.awk etc/policy.json >"$work/policy.json"
	"$BUILD/spiralfedd" -o policy="$work/policy.json" -o listen=127.0.0.1:"$1" -o state="$work/$2" -o auth=off -o log_level=warn \
		2>"$work/$2.log" &
	daemon=$!
	pids="$pids $daemon"
	until_up "http://127.0.0.1:$1/readyz"
}

until_up() {
	curl -sf --retry 50 --retry-connrefused --retry-delay 0 --retry-max-time 10 -o /dev/null "$1" || {
		echo "bench: nothing answers at $1" >&2
		cat "$work"/*.log >&2
		exit 1
	}
}

post() { # PATH FILE
	curl -sSf -X POST -H 'Content-Type: application/json' --data-binary "$2" "$api$1" >/dev/null
}

release_one() {
	for provider in hf gcp aws; do
		post /v1/manifests "@tests/data/${provider}_manifest.json"
	done
	post /v1/merges '{}'
	post /v1/promotions '{"merge":"1.0.0-rc.1","reason":"bench"}'
}

start_nginx() {
	mkdir -p "$work/web"
	curl -sSf "$api/v1/releases/1.0.0" >"$work/web/release.json"
	cat >"$work/nginx.conf" <<-END
	worker_processes 1;
	daemon off;
	error_log $work/nginx.log;
	pid $work/nginx.pid;
	events { worker_connections 4096; }
	http {
		access_log off;
		sendfile on;
		keepalive_requests 1000000000;
		open_file_cache max=10;
		client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
		uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
		default_type application/json;
		server { listen 127.0.0.1:$web_port; root $work/web; }
	}
	END
	PATH=$PATH:/usr/sbin nginx -c "$work/nginx.conf" 2>"$work/nginx.log" &
	pids="$pids $!"
	until_up "http://127.0.0.1:$web_port/release.json"
}

load() { # CONNECTIONS URL [wrk options]: requests a second; a failed request fails the benchmark
	connections=$1 url=$2
	shift 2
	threads=$((connections < 2 ? 1 : 2))
	wrk -t $threads -c "$connections" -d "${SECONDS_EACH}s" "$@" "$url" >"$work/wrk.out" 2>&1
	if grep -E 'Non-2xx|Socket errors' "$work/wrk.out" >&2; then
		echo "bench: $url did not answer every request" >&2
		return 1
	fi
	awk '/^Requests\/sec:/ { print $2 }' "$work/wrk.out"
}

summary() { # LABEL FILE: lines "a b" in, the median ratio a/b with its spread out
	awk '{ printf "%.4f %.0f %.0f\n", $1 / $2, $1, $2 }' "$2" | sort -n | awk -v label="$1" '
	{ ratio[NR] = $1; a[NR] = $2; b[NR] = $3 }
	END { m = int((NR + 1) / 2)
		printf "%-34s %6.2f  (%.2f .. %.2f, %d pairs; middle pair %d/s against %d/s)\n",
			label, ratio[m], ratio[1], ratio[NR], NR, a[m], b[m] }'
}

bench_read() {
	echo "GET of the stable release, $(wc -c <"$work/web/release.json") bytes: ratio to nginx"
	for c in 1 16 64 128 256; do
		: >"$work/pairs"
		for _ in $(seq "$ROUNDS"); do
			ours=$(load $c "$api/v1/releases/1.0.0")
			theirs=$(load $c "http://127.0.0.1:$web_port/release.json")
			echo "$ours $theirs" >>"$work/pairs"
		done
		summary "  $c connections" "$work/pairs"
	done
}

bench_write() {
	echo "durable POST of a 1.5 KB manifest: ratio to 4 KiB append + fdatasync on the same disk"
	for c in 1 16 64; do
		: >"$work/pairs"
		: >"$work/latency"
		for round in $(seq "$ROUNDS"); do
			ours=$(RUN=c${c}r$round load $c "$api" -s bench/submit.lua)
			grep p50_ms "$work/wrk.out" >>"$work/latency"
			theirs=$("$work/fdatasync" "$work/state/fdatasync.tmp" "$SECONDS_EACH")
			echo "$ours $theirs" >>"$work/pairs"
		done
		summary "  $c connections" "$work/pairs"
		sort -k 4 -n "$work/latency" | awk -v m=$((ROUNDS / 2 + 1)) 'NR == m { print "    " $0 " (middle run)" }'
	done
}

manifests() { # API
	curl -sSf "$1/metrics" | awk '$1 == "spiralfed_manifests" { print $2 }'
}

usage() { # PID API: manifests, CPU ticks, write calls, bytes written
	echo "$(manifests "$2") $(awk '{ print $14 + $15 }' "/proc/$1/stat") $(
		awk '/^syscw/ { c = $2 } /^wchar/ { b = $2 } END { print c, b }' "/proc/$1/io")"
}

bench_cost() {
	echo "cost of a durable POST"
	for c in 1 16 64; do
		before=$(usage "$daemon" "$api")
		RUN=cost$c load $c "$api" -s bench/submit.lua >/dev/null
		echo "$before $(usage "$daemon" "$api")" | awk -v c=$c -v hz="$(getconf CLK_TCK)" '{
			n = $5 - $1
			printf "  %-32s %4.0f us CPU, %5.1f write calls, %5.1f KB written\n", c " connections",
				($6 - $2) * 1e6 / hz / n, ($7 - $3) / n, ($8 - $4) / n / 1e3 }'
	done
}

fill() { # API MANIFESTS
	i=0
	while [ "$(manifests "$1")" -lt "$2" ]; do
		i=$((i + 1))
		RUN=fill$i load 64 "$1" -s bench/submit.lua >/dev/null
	done
}

bench_grow() {
	small=http://127.0.0.1:$((api_port + 2)) large=http://127.0.0.1:$((api_port + 3))
	start_daemon $((api_port + 2)) small
	RUN=fill1 SECONDS_EACH=1 fill "$small" 1000
	start_daemon $((api_port + 3)) large
	fill "$large" "$GROW"
	echo "GET with $(manifests "$large") manifests: ratio to $(manifests "$small")"
	id=hf/bench/textgen-fill1t0-v5
	for path in /v1/artifacts/$id /v1/artifacts/$id/gates '/v1/artifacts?max_results=100' \
		'/v1/artifacts?role=textgen&phase=Succeeded&max_results=100' \
		'/v1/manifests?provider=hf&max_results=100' "/v1/events?subject=${id#hf/}" /v1/status; do
		: >"$work/pairs"
		for _ in $(seq "$ROUNDS"); do
			echo "$(load 4 "$large$path") $(load 4 "$small$path")" >>"$work/pairs"
		done
		summary "  $path" "$work/pairs"
	done
	echo "resident then: $(awk '/^VmRSS/ { print $2, $3 }' "/proc/$daemon/status")"
}

${CC:-cc} -O2 -D_GNU_SOURCE -o "$work/fdatasync" bench/fdatasync.c
if [ "$ONLY" = grow ]; then
	bench_grow
	exit
fi
start_daemon $api_port state
release_one
start_nginx
for part in read write cost; do
	case $ONLY in all | "$part") bench_$part ;; esac
done
