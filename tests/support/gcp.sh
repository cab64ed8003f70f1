#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts that test the ingest from Vertex AI: its stand-in, what lies there, and a daemon
# shellcheck disable=SC2034,SC2317,SC2119,SC2120 # the sourcing script uses them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
py=/usr/bin/python3
"$py" -c 'import http.server' 2>/dev/null || {
	echo "python3 is missing"
	exit 77
}
stand_in=
trap 'kill $pid $stand_in 2>/dev/null' EXIT

mkdir keys
"$py" "$SRC/tests/stand-in/gcp.py" --page 4 --folder "$PWD/keys" >url 2>stand-in.err &
stand_in=$!
await test -s url
url=$(cat url)

control() { # METHOD WHAT [BODY]
	curl -sf -X "$1" "$url/_control/$2" ${3:+-d "$3"} >answer
}
fault() { control POST fault "$1"; }
mended() { control DELETE fault; }
name_of() { sed -n 's/^ *"name": "\(.*\)",*$/\1/p' answer | head -n 1; }
model() { # NAME BUCKET-PATH [LABELS]
	control POST model "{\"model\":{\"displayName\":\"$1\",\"artifactUri\":\"gs://models/$2\",
		\"labels\":${3:-{\"spiralfed\":\"embed\"\}}}}"
	made=$(name_of)
}
manifest() { # N: what a pipeline writes, as one JSON text within another
	printf '{\\"provider\\":\\"gcp\\",\\"artifacts\\":[{\\"id\\":\\"s/embed-v%s\\",\\"role\\":\\"embed\\",' "$1"
	printf '\\"uri\\":\\"gs://models/e%s/weights.bin\\",\\"metrics\\":{\\"quality\\":0.8,\\"safety\\":0.98,' "$1"
	printf '\\"latency_ms_p95\\":35,\\"cost_per_1k_tokens\\":0.05}}]}'
}
object() { # PATH TEXT
	control POST object "{\"bucket\":\"models\",\"name\":\"$1\",\"text\":\"$2\"}"
}
published() { # N: a model with its manifest
	object "e$1/spiralfed/manifest.json" "$(manifest "$1")"
	model "embedder-$1" "e$1"
}
start() {
	awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
	cat log >>logs 2>>err
	: >log
	"$BUILD/spiralfedd" -c daemon.conf -o listen="unix:$PWD/sock" -o state=state -o auth=off \
		-o policy=calm.json "$@" 2>>log &
	pid=$!
	await ready
}
stop() {
	kill -TERM "$pid"
	wait "$pid" 2>>err
	pid=
}
export SPIRALFED_URL="unix:$PWD/sock"
is_over() { sf schedule runs ingest --json --max-results 1 && grep -q '"finished_at":"' out; }
ingest() { sf schedule run ingest && await is_over; }
stored() { curl -s --unix-socket sock http://localhost/metrics | grep -q "^spiralfed_manifests $1\$"; }
events() { # TYPE HOW MANY
	curl -s --unix-socket sock "http://localhost/v1/events?max_results=1000" >out
	[ "$(grep -o "\"type\":\"$1\"" out | wc -l)" = "$2" ]
}
requests() { # ROUTE HOW MANY
	control GET stats && [ "$(sed -n "s/^ *\"$1\": \([0-9]*\),*$/\1/p" answer)" = "$2" ]
}

cat >daemon.conf <<END
[provider.gcp]
connector = gcp
project = proj
location = europe-west4
credentials = $PWD/keys/key.json
endpoint = $url
storage_endpoint = $url
namespace = s
metrics = quality=ndcg_at_10
timeout = 120
webhook_issuer = $url
webhook_audience = spiralfed
webhook_email = pusher@proj.iam.gserviceaccount.com
END
