#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ten nodes follow a daemon; the second release makes 2 % of their requests fail, and nobody lifts a
# hand. Prints the time from the first bad minute to the last node back, beside the reference timeline
# (630 s). Real time: twelve minutes. Exits 1 when it took more than 30 s longer or shorter.
#   SOURCE=prometheus   the nodes have counters, a real Prometheus scrapes them, and the daemon asks it
#                       (the default where there is one)
#   SOURCE=nodes        the nodes report their windows to the daemon
#   PROMETHEUS=program  which one; `prometheus` when absent. It scrapes the daemon, too, and tells at the
#                       end what it saw.
# shellcheck disable=SC2016 # the daemon expands $release
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
nodes=${NODES:-10}
reference=630
prometheus=$(command -v "${PROMETHEUS:-prometheus}" || :)
source=${SOURCE:-${prometheus:+prometheus}}
source=${source:-nodes}
case $source in
nodes) ;;
prometheus) [ -n "$prometheus" ] || { echo 'fleet: SOURCE=prometheus needs one (Debian: prometheus)' >&2 && exit 2; } ;;
*) echo "fleet: SOURCE is prometheus or nodes, not $source" >&2 && exit 2 ;;
esac
tolerance=30
folder=$(mktemp -d "${TMPDIR:-/tmp}/spiralfed-fleet-XXXXXX")
pids=

end() {
	status=$?
	trap - EXIT INT TERM
	for pid in $pids; do kill -TERM "$pid" 2>/dev/null || :; done
	wait
	rm -rf "$folder"
	exit "$status"
}
trap end EXIT
trap 'exit 130' INT TERM
wait_for() { # WHAT SECONDS COMMAND...
	what=$1
	left=$2
	shift 2
	until "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || { echo "fleet: waited too long for $what" >&2 && cat "$folder/log" >&2 && exit 1; }
		sleep 1
	done
}
sf() { "$build/spiralfed" "$@" >"$folder/out"; }
event_at() { # TYPE SUBJECT: milliseconds
	curl -fsS "$url/v1/events?type=$1&subject=$2" | sed -n 's/.*"at":"\([^"]*\)".*/\1/p' |
		xargs -I{} date -ud {} +%s%3N
}

awk -f scripts/calm-policy.awk etc/policy.json >"$folder/policy.json"
# As the example node names its counters, so the daemon asks for them.
query() { printf 'sum(increase(node_%s_total{release="$release"}[$window]))' "$1"; }
# The daemon has to know Prometheus's port before Prometheus can be told of the nodes: that is read anew.
if [ -n "$prometheus" ]; then
	: >"$folder/prometheus.yml"
	"$prometheus" --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/tsdb" \
		--web.listen-address=127.0.0.1:0 2>"$folder/prometheus.log" &
	pids=$!
	prometheus_pid=$!
	asks() {
		asked=$(sed -n 's/.*"Listening on".* address=[^ ]*:\([0-9]*\)$/\1/p' "$folder/prometheus.log")
		curl -fsS "http://127.0.0.1:$asked/-/ready" >"$folder/out" 2>&1
	}
	wait_for 'Prometheus' 60 asks
fi
set --
if [ "$source" = prometheus ]; then
	set -- -o slo.prometheus.url="http://127.0.0.1:$asked" -o slo.prometheus.total="$(query requests)"
	for counter in errors slow tokens cost_micro safety_checked safety_violations safety_critical; do
		set -- "$@" -o "slo.prometheus.$counter=$(query $counter) or vector(0)"
	done
fi
"$build/spiralfedd" -o listen=127.0.0.1:0 -o state="$folder/state" -o auth=off -o policy="$folder/policy.json" "$@" \
	2>"$folder/log" &
pids="$pids $!"
ready() { grep -q 'daemon\.ready' "$folder/log"; }
wait_for 'the daemon' 60 ready
port=$(sed -n 's/.*daemon\.ready.* port=\([0-9]*\).*/\1/p' "$folder/log")
url=http://127.0.0.1:$port
export SPIRALFED_URL="$url"
unset SPIRALFED_TOKEN SPIRALFED_TOKEN_FILE || :

sf submit etc/demo/hf.json etc/demo/gcp.json etc/demo/aws.json
sf merge
sf promote 1.0.0-rc.1 --reason first
sf key show
cp "$folder/out" "$folder/key.pem"
counts='-w 60'
[ "$source" = nodes ] || counts='-m 0'
targets='"127.0.0.1:'$port'"'
for n in $(seq "$nodes"); do
	# shellcheck disable=SC2086 # an option and its value
	"$build/examples/node" -n "node-$n" -u "$url" -k "$folder/key.pem" -s "$folder/node-$n.state" \
		-b 1.0.1:20 -r 10 $counts >"$folder/node-$n.log" 2>&1 &
	pids="$pids $!"
	[ "$source" = nodes ] && continue
	counting() { grep -qs "counters at" "$folder/node-$n.log"; }
	wait_for "the counters of node-$n" 60 counting
	targets="$targets, \"$(sed -n 's|.*counters at http://\([^/]*\)/.*|\1|p' "$folder/node-$n.log")\""
done
if [ -n "$prometheus" ]; then
	cat >"$folder/prometheus.yml" <<END
global: {scrape_interval: 5s}
scrape_configs:
  - job_name: spiralfed
    static_configs: [{targets: [$targets]}]
END
	kill -HUP "$prometheus_pid"
fi
current() { curl -fsS "$url/v1/status" | grep -q "\"current\":$nodes,"; }
wait_for 'the nodes' 90 current
if [ "$source" = prometheus ]; then
	asking() { curl -fsS "$url/v1/slo" | grep -q '"newest_at"'; }
	wait_for 'what Prometheus counted' 180 asking
fi
echo "who counts: $source${prometheus:+ ($("$prometheus" --version 2>&1 | sed -n 's/^\(prometheus, version [^ ]*\).*/\1/p'))}"
echo "$nodes nodes serve 1.0.0, the first of them since $(date -u +%T)"

sf submit etc/demo/hf-better.json
sf merge
sf promote "$(sed -n 's/^merge \([^ ]*\) .*/\1/p' "$folder/out")" --reason second
began=$(event_at promotion.succeeded 1.0.1)
echo "1.0.1 is stable; from now on 2 % of the requests fail"
back() { curl -fsS "$url/v1/channels/stable" | grep -q '"version":"1.0.0"'; }
wait_for 'the rollback' 840 back
serial=$(curl -fsS "$url/v1/channels/stable" | sed -n 's/.*"serial":\([0-9]*\).*/\1/p')
converged() { [ -n "$(event_at fleet.converged "stable/$serial")" ]; }
wait_for 'the last node' 120 converged
moved=$(event_at rollback.completed 1.0.1)
over=$(event_at fleet.converged "stable/$serial")
took=$(((over - began) / 1000))
echo "back on 1.0.0 after $(((moved - began) / 1000)) s, the last node $((over - moved)) ms later"
echo "from the first bad minute to the last node back: $took s; the reference timeline: $reference s"
if [ -n "$prometheus" ]; then
	printf 'Prometheus saw the errors burn at most '
	curl -fsS "http://127.0.0.1:$asked/api/v1/query" --data-urlencode \
		'query=max(max_over_time(spiralfed_slo_burn{slo="errors"}[15m]))' |
		sed -n 's/.*"value":\[[^,]*,"\([^"]*\)".*/\1 times their budget/p'
fi
[ "$took" -le $((reference + tolerance)) ] && [ "$took" -ge $((reference - tolerance)) ]
