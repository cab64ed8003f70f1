#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real Prometheus watches a release: it has the counters of a service that failed, the daemon asks it for
# each minute, and goes back to the warm release by itself. The minutes are of ten minutes ago, written into
# Prometheus by its own tool; the daemon's clock is stepped through them. PROMETHEUS names another program.
# shellcheck disable=SC2016,SC2317 # Prometheus expands $release; check calls functions
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"

prometheus_program=$(command -v "${PROMETHEUS:-prometheus}")
promtool=$(command -v "${prometheus_program%prometheus}promtool")
faketime=
for one in /usr/lib/*/faketime/libfaketimeMT.so.1; do
	[ ! -e "$one" ] || faketime=$one
done
if [ -z "$prometheus_program" ] || [ -z "$promtool" ] || [ -z "$faketime" ]; then
	echo "skipped: it takes prometheus with promtool, and libfaketime (both from Debian)"
	exit 77
fi
case $BUILD in *asan* | *tsan* | *ubsan*) echo "skipped: libfaketime does not go with sanitizers" && exit 77 ;; esac

# Of 1.0.1: 20 requests a second from the minute on, half of them errors from its third minute on. Every 5 s.
minute=$((($(date +%s) / 60 - 10) * 60))
awk -v from="$minute" 'BEGIN {
	print "# TYPE requests counter"
	for (t = 0; t <= 300; t += 5)
		printf "requests_total{release=\"1.0.1\"} %d %d\n", 20 * t, from + t
	print "# TYPE errors counter"
	for (t = 0; t <= 300; t += 5)
		printf "errors_total{release=\"1.0.1\"} %d %d\n", (t > 120 ? 10 * (t - 120) : 0), from + t
	print "# EOF"
}' >counters.txt
"$promtool" tsdb create-blocks-from openmetrics counters.txt tsdb >out 2>err
check "promtool takes the counters" test -n "$(ls tsdb)"
: >prometheus.yml
prometheus=
trap 'kill $prometheus $pid 2>/dev/null' EXIT
# A port that the kernel gives: one that the test picks may be somebody's.
"$prometheus_program" --config.file=prometheus.yml --storage.tsdb.path=tsdb \
	--web.listen-address=127.0.0.1:0 2>prometheus.log &
prometheus=$!
answers() {
	prometheus_url=http://$(sed -n 's/.*"Listening on".* address=//p' prometheus.log)
	curl -fsS "$prometheus_url/-/ready" >out 2>err
}
check "prometheus serves" await answers
[ "$bad" = 0 ] || sed 's/^/  | /' prometheus.log

clock_at() { # SECONDS of the minute
	date -ud "@$((minute + $1))" '+%F %T' >clock.new
	mv clock.new clock
}
clock_at 5
awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
: >log
LD_PRELOAD=$faketime FAKETIME_TIMESTAMP_FILE=$PWD/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 \
	DONT_FAKE_MONOTONIC=1 \
	"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=state -o policy=calm.json -o auth=off \
	-o slo.prometheus.url="$prometheus_url" -o slo.prometheus.lag=5 \
	-o 'slo.prometheus.total=sum(increase(requests_total{release="$release"}[$window]))' \
	-o 'slo.prometheus.errors=sum(increase(errors_total{release="$release"}[$window])) or vector(0)' \
	2>log &
pid=$!
await ready
export SPIRALFED_URL="unix:$PWD/sock"
sf submit "$SRC/etc/demo/hf.json" "$SRC/etc/demo/gcp.json" "$SRC/etc/demo/aws.json"
sf merge
sf promote 1.0.0-rc.1 --reason first
sf submit "$SRC/etc/demo/hf-better.json"
sf merge
clock_at 20
sf promote "$(sed -n 's/^merge \([^ ]*\) .*/\1/p' out)" --reason second
check "a second release is live" prints 'stable is now 1.0.1'

newest() { curl -sS --unix-socket sock http://localhost/v1/slo | grep -q "\"newest_at\":\"$(date -ud "@$((minute + $1))" +%FT%TZ)\""; }
stable() { curl -sS --unix-socket sock http://localhost/v1/channels/stable | grep -q "\"version\":\"$1\""; }
# The first minute that is its own alone, in which nothing failed.
clock_at 126
check "it is asked for a minute, five seconds after its end" await newest 120
check "... in which nothing failed: the release stays" stable 1.0.1
# Nodes that report what Prometheus is asked for are thanked, and not counted.
printf '{"observations":[{"node":"n","release":"1.0.1","t_start":"%s","t_end":"%s","total":9000,"errors":9000}]}' \
	"$(date -ud "@$((minute + 70))" +%FT%TZ)" "$(date -ud "@$((minute + 120))" +%FT%TZ)" >observations.json
curl -sS --unix-socket sock -H 'Content-Type: application/json' -d @observations.json \
	http://localhost/v1/observations >out
check "what nodes report is left out" prints '"left_out":["total","errors"],"breached":[]'
check "... and leads nowhere" stable 1.0.1
clock_at 186
check "what Prometheus counted leads back to the warm release" await stable 1.0.0
sf events --max-results 20
check "... by the controller" grep -q 'rollback.completed.*controller:slo' out
exit "$bad"
