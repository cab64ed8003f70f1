#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The benchmarks. Machines are shared, so nothing here is judged in seconds: each figure is a ratio to
# a reference measured in the same run, taken in turn (A B A B ...), the median with its spread.
#   read    GET of the stable release against nginx (one worker) serving the same bytes
#   write   durable POSTs of manifests against the disk's rate of 4 KiB append + fdatasync
# Environment: BUILD (build), ROUNDS (5), SECONDS_EACH (3), ONLY (read or write).
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build} ROUNDS=${ROUNDS:-5} SECONDS_EACH=${SECONDS_EACH:-3} ONLY=${ONLY:-all}
work=$(mktemp -d "${TMPDIR:-/tmp}/spiralfed-bench.XXXXXX")
chmod 755 "$work" # nginx drops its rights
pids=
# shellcheck disable=SC2086 # a list of processes
trap 'kill $pids 2>/dev/null || :; wait 2>/dev/null || :; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

api_port=18787
web_port=18788
api=http://127.0.0.1:$api_port

start_daemon() {
	mkdir -p "$work/state"
	"$BUILD/spiralfedd" -o listen=127.0.0.1:$api_port -o state="$work/state" -o auth=off \
		-o log_level=warn 2>"$work/daemon.log" &
	pids="$pids $!"
	until_up "$api/readyz"
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

${CC:-cc} -O2 -D_GNU_SOURCE -o "$work/fdatasync" bench/fdatasync.c
start_daemon
release_one
start_nginx
[ "$ONLY" = write ] || bench_read
[ "$ONLY" = read ] || bench_write
