#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The ingest of a running daemon: folders filled, refused, taken away; a kill in the middle; a stop.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"

manifest() { # N: of a good unit
	printf '{"provider":"hf","artifacts":[{"id":"s/textgen-lora-v%s","role":"textgen","uri":"hf://s/t-%s",' "$1" "$1"
	printf '"metrics":{"quality":0.8,"safety":0.98,"latency_ms_p95":120,"cost_per_1k_tokens":0.7}}]}'
}
start() {
	[ -e calm.json ] || awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
	: >log
	"$BUILD/spiralfedd" -c daemon.conf -o listen="unix:$PWD/sock" -o state=state -o auth=off \
		-o policy=calm.json 2>>log &
	pid=$!
	await ready
}
stop() { # SIGNAL
	kill -"$1" "$pid"
	wait "$pid" 2>>err
	pid=
}
export SPIRALFED_URL="unix:$PWD/sock"
newest() { sf schedule runs ingest --json --max-results 1; }
is_over() { newest && grep -q '"finished_at":"' out; }
ingest() { sf schedule run ingest && await is_over; }
has_come() { sf providers hf --json && grep -q "\"listed\":$1," out; }
stored() { # HOW MANY manifests
	curl -s --unix-socket sock http://localhost/metrics | grep -q "^spiralfed_manifests $1\$"
}

cat >daemon.conf <<END
[provider.hf]
connector = dir
path = $PWD/hf
artifacts = $PWD/artifacts
[provider.gcp]
connector = dir
path = $PWD/gcp
timeout = 120
END
mkdir hf
manifest 1 >hf/a.json
echo '{' >hf/b.json
touch -d '1 hour ago' hf/b.json
manifest 2 >hf/c.json.tmp
check "it starts, though a folder is not there" start
check "an ingest by hand" ingest
check "... brings in what is there" prints 'hf: 1 new, 1 refused'
check "... and says what is not" prints 'gcp: cannot open the folder'
sf providers
check "providers shows who fails" grep -q '^gcp .*failing' out
check "... and who does not" grep -q '^hf .*ok' out
check "... and who has no connector" grep -q '^aws .*push' out
sf providers hf
check "one provider shows what was refused" prints 'b.json'
check "... by its code" prints 'bad_json'
sf providers none
check "an unknown one is told" says 'no provider none'
sf events
check "the history has it" prints manifest.refused
check "... and the failure" prints provider.failed
curl -s --unix-socket sock http://localhost/metrics >out
check "metrics count it" grep -q '^spiralfed_provider_manifests_total{provider="hf",connector="dir"} 1$' out
check "... and who fails" grep -q '^spiralfed_provider_up{provider="gcp",connector="dir"} 0$' out
mkdir gcp
mv hf/c.json.tmp hf/c.json
manifest 3 >hf/b.json
check "the next one" ingest
check "... brings the rest" prints 'hf: 2 new'
check "... from a folder that is there now" grep -q 'gcp: nothing new' out
sf events
check "... which is on record" prints provider.recovered

n=10
while [ $n -lt 310 ]; do
	manifest $n >hf/$n.json
	n=$((n + 1))
done
sf schedule run ingest
begun() { ! stored 3; }
await begun
stop KILL
check "it starts after a kill in the middle" start
check "... and takes the run up" await is_over
check "... all came in, none twice" stored 303
check "... as the provider says" has_come 303
check "nothing is left to do" ingest
check "... and nothing came twice" stored 303

n=400
while [ $n -lt 700 ]; do
	manifest $n >hf/$n.json
	n=$((n + 1))
done
sf schedule run ingest
stop TERM
check "a stop in the middle is one" grep -q 'daemon\.stopped' log
check "... and the start after it goes on" start
check "... to the end" await is_over
check "... with all of them" stored 603

manifest 700 >hf/700.json
sf schedule run ingest hf
check "one provider alone can be pulled" grep -q '^name  *hf$' out
check "... which brings in what is there" await stored 604
sf schedule run ingest aws
check "... and not one without a connector" says 'aws has no connector'
sf schedule run merge hf
check "... nor another job of one" says 'is of no single provider'
stop TERM
exit "$bad"
