#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The ingest from Vertex AI by a running daemon, against a stand-in: what comes in, and each fault
# shellcheck disable=SC2317,SC2119,SC2120 # check calls them
# shellcheck source=tests/support/gcp.sh
. "$SRC/tests/support/gcp.sh"

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
in_short() { # WHAT FAULT EVENTS: one that is asked about until the time is over
	stop
	start -o provider.gcp.timeout=1
	broken "$@"
}
in_short "too slow" '{"kind":"hold","path":"/models"}' 6
in_short "gone" '{"kind":"gone"}' 7
in_short "cut off" '{"kind":"truncate","path":"/o/"}' 8
in_short "throttled for long" '{"kind":"throttle","path":"/models","after":60}' 9
check "no entry was blamed for its provider" events manifest.refused 0
for variant in wrap types; do
	n=$((n + 1))
	published "$n"
	fault "{\"kind\":\"drift\",\"variant\":\"$variant\",\"path\":\"/o/\"}"
	check "a manifest that is another document ($variant)" ingest
	check "... is refused" prints 'gcp: nothing new, 1 refused'
	told=$(events manifest.refused x; grep -o '"type":"manifest.refused"' out | wc -l)
	ingest
	check "... told once" events manifest.refused "$told"
	mended
	check "by hand it is asked for" ingest
	check "... and comes in" stored $((n + 1))
done
stop
cat log >>logs
check "a daemon that was started often has logged much" [ "$(wc -l <logs)" -gt 50 ]
check "no token stands in the log" sh -c '! grep -q "ya29\.\|eyJ\|PRIVATE" logs'
check "... nor in the registry" sh -c '! grep -qa "ya29\.\|PRIVATE KEY" state/*'
exit "$bad"
