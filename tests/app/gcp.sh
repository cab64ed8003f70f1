#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The ingest from Vertex AI by a running daemon, against a stand-in: what comes in, and each fault
# shellcheck disable=SC2317,SC2119,SC2120 # check calls them
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
timeout = 60
webhook_issuer = $url
webhook_audience = spiralfed
webhook_email = pusher@proj.iam.gserviceaccount.com
END
for n in 1 2 3 4 5 6; do published $n; done
model elsewhere x '{"team":"other"}'
model nothing-yet nothing
nothing=$made
check "it starts" start
check "an ingest by hand" ingest
check "... brings in what was published" prints 'gcp: 6 new'
check "... and leaves what is not done" stored 6
check "... by one token" requests tokens 1
control DELETE stats
check "another" ingest
check "... brings in nothing" stored 6
check "... for one page of the list" requests models.list 1
control POST object '{"bucket":"models","name":"e3/weights.bin","text":"abc"}'

# ---- A manifest that is made of evaluations ----

control POST evaluation "{\"model\":\"$nothing\",\"created\":\"2026-01-01T00:00:00Z\",\"evaluation\":{
	\"metricsSchemaUri\":\"gs://google-cloud-aiplatform/schema/modelevaluation/x.yaml\",
	\"metrics\":{\"ndcg_at_10\":0.71,\"confusionMatrix\":{\"rows\":[[1,2]]}}}}"
control POST object '{"bucket":"models","name":"nothing/model.bin","text":"weights"}'
check "evaluations came" ingest
check "... and were made a manifest" stored 7
curl -s --unix-socket sock http://localhost/v1/artifacts/gcp/s/nothing-yet-v1 >out
check "... with its number under the policy's name" prints '"quality":{"value":0.71'
check "... and the object's generation" grep -q '"uri":"gs://models/nothing/model.bin#[0-9]*"' out

# ---- Faults: nothing lost, nothing twice, one event, recovery by itself ----

# In the end a new process, whose circuit breaker nobody has to wait for.
broken() { # WHAT FAULT EVENTS: with something new behind it
	n=$((n + 1))
	published "$n"
	fault "$2"
	check "$1: the ingest fails" ingest
	check "... and says so" grep -q '"code":"\(unreachable\|config\|unavailable\)"' out
	check "... once" events provider.failed "$3"
	ingest
	check "... also when it goes on" events provider.failed "$3"
	check "... and loses nothing" stored "$n"
	mended
	stop
	start
	check "... the next one brings it in" ingest
	check "... once" stored $((n + 1))
	check "... and recovery is told" events provider.recovered "$3"
}
n=6
published 7
fault '{"kind":"throttle","path":"/models$","times":2,"after":1}'
check "throttled twice: it waits and goes on" ingest
check "... and nothing is missing" stored 8
n=7
fault '{"kind":"truncate","path":"/o/","times":1}'
published 8
check "cut off once: it asks again" ingest
check "... and nothing is missing" stored 9
n=8
published 9
control POST revoke
check "a token taken back: another is fetched" ingest
check "... and nothing is missing" stored 10
check "none of that is an event" events provider.failed 0
n=9
broken "401" '{"kind":"unauthorized","path":"/models"}' 1
broken "denied" '{"kind":"denied","path":"/models"}' 2
broken "the token repeated" '{"kind":"echo","path":"/models"}' 3
check "... shows none of it" eval '! grep -q ya29 log out'
broken "schema drift" '{"kind":"drift","path":"/models$","variant":"rename"}' 4
control POST revoke
broken "credentials refused" '{"kind":"denied","path":"/token"}' 5
sed -i 's/^timeout.*/timeout = 1/' daemon.conf
stop
start
broken "too slow" '{"kind":"slow","path":"/models","seconds":2}' 6
broken "gone" '{"kind":"gone"}' 7
broken "cut off" '{"kind":"truncate","path":"/o/"}' 8
broken "throttled for long" '{"kind":"throttle","path":"/models","after":60}' 9
sed -i 's/^timeout.*/timeout = 60/' daemon.conf

# ---- Webhooks: Pub/Sub pushes what changed ----

push() { # TOKEN-FILE TEXT: the status
	printf '{"message":{"data":"%s","messageId":"1"},"subscription":"projects/proj/subscriptions/s"}' \
		"$(printf %s "$2" | base64 | tr -d '\n')" >message
	curl -s -o out -w '%{http_code}' --unix-socket sock -H "Authorization: Bearer $(cat "keys/$1" 2>/dev/null)" \
		-H 'Content-Type: application/json' --data-binary @message http://localhost/v1/hooks/gcp
}
n=$((n + 1))
published "$n"
log_entry="{\"protoPayload\":{\"response\":{\"model\":\"$made\"}}}"
taken() { [ "$(push push.jwt "$log_entry")" = 202 ]; }
check "a push with the token of Pub/Sub is taken" await taken
check "... and brings in the model that it names" await stored $((n + 1))
check "one of somebody else is not" [ "$(push push-other.jwt "$log_entry")" = 401 ]
check "... which is a problem" prints '"invalid_token"'
check "... nor one without a token" [ "$(push none "$log_entry")" = 401 ]
check "what names no model does nothing" [ "$(push push.jwt '{"protoPayload":{"methodName":"other"}}')" = 202 ]
check "... and says so" prints '"outcome":"ignored"'
printf '{"message":7}' >message
check "what is no push is refused" [ "$(curl -s -o out -w '%{http_code} %{content_type}' --unix-socket sock \
	-H "Authorization: Bearer $(cat keys/push.jwt)" -H 'Content-Type: application/json' --data-binary @message \
	http://localhost/v1/hooks/gcp)" = "400 application/problem+json" ]
shows_token() { grep -qF "$(cut -d. -f2 keys/push.jwt)" log; }
check "no token is in the log" eval '! shows_token'

# ---- Credentials ----

for kind in federation federation-url impersonation; do
	stop
	n=$((n + 1))
	published "$n"
	check "by $kind.json" start -o provider.gcp.credentials="$PWD/keys/$kind.json"
	check "... it comes in" ingest
	check "... as before" stored $((n + 1))
done
stop
n=$((n + 1))
published "$n"
sed '/^credentials/d' daemon.conf >bare.conf && mv bare.conf daemon.conf
export GCE_METADATA_HOST="${url#http://}"
check "by the metadata server" start
check "... it comes in" ingest
check "... as before" stored $((n + 1))
check "no entry was blamed for its provider" events manifest.refused 0
stop
n=$((n + 1))
object "e$n/spiralfed/manifest.json" "$(manifest "$n")"
control POST model "{\"parent\":\"$made\",\"model\":{\"displayName\":\"x\",\"artifactUri\":\"gs://models/e$n\"}}"
check "all versions" start -o provider.gcp.versions=all
check "... one that is not the default, too" ingest
check "... comes in" stored $((n + 1))
stop
cat log >>logs
check "a daemon that was started often has logged much" [ "$(wc -l <logs)" -gt 100 ]
check "no token stands in the log" sh -c '! grep -q "ya29\.\|eyJ\|PRIVATE" logs'
check "... nor in the registry" sh -c '! grep -qa "ya29\.\|PRIVATE KEY" state/*'
exit "$bad"
