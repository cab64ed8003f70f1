#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A daemon that pulls from the Hub's stand-in: what comes in, what it costs, each fault, and its end
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"

python=/usr/bin/python3
if ! "$python" -c 'import http.server' 2>/dev/null; then
	echo "skipped: $python is not installed (Debian: python3)"
	exit 77
fi
"$python" "$SRC/tests/stand-in/hub.py" --page 4 --token hf_read_0123456789=read --token hf_write=write >hub.url 2>hub.err &
hub_pid=$!
trap 'kill "$hub_pid" $pid 2>/dev/null' EXIT
await test -s hub.url
hub=$(cat hub.url)

control() { # WHAT [JSON]
	curl -sf -H 'Content-Type: application/json' -d "${2-{\}}" "$hub/_control/$1" >control.out
}
fault() { control fault "$1"; }
mend() { curl -sf -X DELETE "$hub/_control/fault" >control.out; }
requests() { # ROUTE: how many since the last count
	curl -sf "$hub/_control/stats" >stats
	curl -sf -X DELETE "$hub/_control/stats" >control.out
	sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" stats
}
unit() { # N: a repository with a manifest
	text=$(printf '{\\"provider\\":\\"hf\\",\\"artifacts\\":[{\\"id\\":\\"spiralverse/textgen-lora-v%s\\",\\"role\\":\\"textgen\\",\\"uri\\":\\"hf://spiralverse/textgen-lora-v%s\\",' "$1" "$1")
	text=$text'\"metrics\":{\"quality\":0.8,\"safety\":0.98,\"latency_ms_p95\":120,\"cost_per_1k_tokens\":0.7}}]}'
	control repo "{\"id\":\"spiralverse/textgen-lora-v$1\",\"${2-files}\":{\"spiralfed/manifest.json\":\"$text\"},\"set\":{\"tags\":[\"spiralfed\"]}}"
}
start() { # OPTION...
	[ -e calm.json ] || awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
	: >log
	"$BUILD/spiralfedd" -c daemon.conf -o listen=127.0.0.1:0 -o state=state -o auth=off \
		-o policy=calm.json "$@" 2>>log &
	pid=$!
	await ready
	url=http://127.0.0.1:$(sed -n 's/.*daemon\.ready.* port=\([0-9]*\).*/\1/p' log)
	export SPIRALFED_URL="$url"
}
is_over() { sf schedule runs ingest --json --max-results 1 && grep -q '"finished_at":"' out; }
ingest() { sf schedule run ingest && await is_over; }
get() { curl -s "$url$1" >out; }
events() { # TYPE: how many
	get "/v1/events?type=$1&max_results=1000"
	grep -o "\"type\":\"$1\"" out | wc -l
}
has_events() { [ "$(events "$1")" = "$2" ]; }
stored() { get /metrics && grep -q "^spiralfed_manifests $1\$" out; }
failing() { get /v1/providers/hf && grep -q '"state":"failing"' out && prints "$1"; }
well() { get /v1/providers/hf && grep -q '"state":"ok"' out; }

echo hf_read_0123456789 >token
cat >daemon.conf <<END
[provider.hf]
connector = hf
endpoint = $hub
author = spiralverse
filter = spiralfed
metrics = quality=accuracy
token_file = $PWD/token
webhook_secret = $PWD/secret
timeout = 120
END
echo whsecret-of-the-hub >secret

# ---- What comes in ----

for n in 1 2 3 4 5 6 7; do unit $n; done
unit 8 lfs
control repo '{"id":"spiralverse/textgen-lora-v90","files":{"README.md":"---\nbase_model: a/b\ntags: [spiralfed, \"role:textgen\"]\nmodel-index:\n- name: x\n  results:\n  - task: {type: t}\n    dataset: {type: d, name: D}\n    metrics:\n    - {type: accuracy, value: 0.9}\n    - {type: wer, value: 20.0 ± 1.2}\n    - {type: f1, value: \"N/A\"}\n---\n"}}'
control repo '{"id":"spiralverse/notes","files":{"README.md":"---\ntags: [spiralfed]\n---\n"}}'
control repo '{"id":"spiralverse/other","files":{"README.md":"# untagged\n"}}'
check "it starts" start
requests list >control.out
check "an ingest by hand" ingest
check "... brings in what the organisation has by its tag" prints 'hf: 9 new, 1 refused'
check "... over the pages of the listing" test "$(requests list)" = 3
check "the token is not taken to where large files lie" grep -q '"auth_at_cdn":0' stats
get /v1/artifacts/hf/spiralverse/textgen-lora-v90
check "a manifest is made of a card" prints '"quality":{"value":0.9'
check "... pinned to its commit" grep -q '"uri":"hf://spiralverse/textgen-lora-v90@[0-9a-f]\{40\}"' out
get '/v1/events?type=manifest.built'
check "... and it is told from where each number is" prints 'quality: /model-index/0/results/0/metrics/0/value'
check "... and what was left out" prints 'wer: is the text'
get /v1/providers/hf
check "what has neither is refused with the reason" prints 'no model-index or evaluation results'
check "the quota is shown" grep -q '"quota_left":[0-9]' out
check "nothing new" ingest
check "... costs one request" test "$(requests list)" = 1
check "... and no byte of the listing" grep -q '"not_modified":1' stats
check "... nor came anything twice" stored 9

# ---- Webhooks in ----

control webhooks "{\"url\":\"$url/v1/hooks/hf\",\"secret\":\"whsecret-of-the-hub\"}"
unit 9
check "a webhook brings in the one that it names" await stored 10
check "... by asking for that alone" test "$(requests list)" = ""
printf %s "{\"event\":{\"action\":\"update\",\"scope\":\"discussion\"},\"repo\":{\"type\":\"model\",\"name\":\"spiralverse/x\"}}" >message
curl -s -H "Content-Type: application/json" -H "X-Webhook-Secret: whsecret-of-the-hub" --data-binary @message "$url/v1/hooks/hf" >out
check "... and the answer to another is whole" test "$(cat out)" = '{"detail":"it is not about the content of main","name":null,"outcome":"ignored","provider":"hf"}'
control webhooks

# ---- Faults: nothing lost, nothing twice, one event, recovery by itself ----

unit 10
fault '{"kind":"limit","times":1,"after":0,"path":"^/api/models"}'
check "throttled, with nothing left" ingest
check "... it waits and goes on" stored 11
unit 11
fault '{"kind":"throttle","times":1,"after":1,"path":"resolve/"}'
check "throttled, with Retry-After" ingest
check "... it waits and goes on" stored 12
unit 12
fault '{"kind":"truncate","times":1,"path":"resolve-cache"}'
check "cut off once" ingest
check "... it asks again" stored 13
unit 13
fault '{"kind":"error","status":503,"times":1,"path":"^/api/models"}'
check "an error that passes" ingest
check "... passes" stored 14
check "none of these is a failure" has_events provider.failed 0

restart() { # OPTION...
	cat log >>logs
	kill -TERM "$pid"
	wait "$pid"
	start "$@"
}
unit 14
fault '{"kind":"hold","path":"^/api/models"}'
restart -o provider.hf.timeout=1
check "too slow" ingest
check "... is a failure" failing 'imeout'
mend
# The breaker counts attempts: how many there were before a timeout depends on the machine.
check "a restart" restart -o provider.hf.timeout=1
fault '{"kind":"gone"}'
check "gone" ingest
check "... is still the same failure" has_events provider.failed 1
mend
check "another" restart
check "there again" ingest
check "... is a recovery" well
check "... with what came meanwhile" stored 15
check "... told once" has_events provider.recovered 1

unit 15
echo hf_wrong >token
check "a wrong token" ingest
check "... is said" failing 'refuses the token'
check "... in the words of the Hub" prints 'Invalid credentials in Authorization header'
echo hf_read_0123456789 >token
for variant in wrap rename types html; do
	fault "{\"kind\":\"drift\",\"variant\":\"$variant\",\"path\":\"^/api/models\"}"
	ingest
	check "an API that answers otherwise ($variant) is said" failing "is not what the Hub's API gives"
	mend
done
check "these are one failure" has_events provider.failed 2
check "... and no entry's" has_events manifest.refused 1
fault '{"kind":"redirect","to":"http://127.0.0.2:9/steal","path":"resolve/"}'
check "sent to another machine of this network" ingest
get /v1/providers/hf
check "... it does not go" prints 'open internet'
mend
check "well again" ingest
check "... with all of them" stored 16
check "... told once" has_events provider.recovered 2
for refusal in 400 403 404; do
	fault "{\"kind\":\"echo\",\"status\":$refusal,\"path\":\"^/api/models\"}"
	ingest
	check "a $refusal that repeats the token" failing 'what is Bearer ***?'
	get '/v1/events?max_results=1000'
	check "... is told without it" eval '! prints hf_read'
	mend
done
check "well again" ingest
check "... told" has_events provider.recovered 3
check "the token is not in the registry" eval '! grep -qa hf_read state/*'
secret_in_log() { grep -q 'hf_read\|hf_wrong\|whsecret' log logs; }
check "no secret is in the log" eval '! secret_in_log'

curl -sf -X DELETE -H 'Authorization: Bearer hf_write' -d '{"organization":"spiralverse","name":"textgen-lora-v1"}' \
	"$hub/api/repos/delete" >control.out
unit 16
fault '{"kind":"drift","variant":"html","path":"resolve"}'
check "a page instead of a manifest" ingest
ingest
check "... is shown as not read" prints 'nothing new, 1 refused, 1 could not be read'
check "... and none that was refused" has_events manifest.refused 1
mend
check "one that was deleted" ingest
check "... is not missed" stored 17
get /v1/providers/hf
check "... as the provider says" prints '"listed":17,'
n=17
for variant in wrap types; do
	unit $((n + 14))
	fault "{\"kind\":\"drift\",\"variant\":\"$variant\",\"path\":\"resolve\"}"
	check "a manifest that is another document ($variant)" ingest
	check "... is refused" prints 'nothing new, 2 refused'
	get /v1/providers/hf
	check "... with what has it asked for again" prints 'from again_at on asks for it; now: '
	told=$(events manifest.refused)
	ingest
	check "... told once" has_events manifest.refused "$told"
	mend
	check "by hand it is asked for" ingest
	n=$((n + 1))
	check "... and comes in" stored "$n"
done

# ---- Killed between the answer to a webhook and what it asks for ----

hook() { # FILE [SECRET]: the status, and the type of the answer
	curl -s -o out -w '%{http_code} %{content_type}' -H 'Content-Type: application/json' \
		-H "X-Webhook-Secret: ${2-whsecret-of-the-hub}" --data-binary "@$1" "$url/v1/hooks/hf"
}
unit 17
fault '{"kind":"hold","path":"textgen-lora-v17"}'
printf %s '{"event":{"action":"update","scope":"repo.content"},"repo":{"type":"model","name":"spiralverse/textgen-lora-v17"}}' >message
check "a webhook is acknowledged" [ "$(hook message)" = "202 application/json" ]
kill -KILL "$pid"
wait "$pid" 2>>err
cat log >>logs
mend
requests list >control.out
check "the daemon is killed, and started" start
check "... and pulls what was named" await stored 20
kill -KILL "$pid"
wait "$pid" 2>>err
cat log >>logs
start
check "another start" ingest
check "... finds it known" prints 'hf: nothing new'
requests list >control.out
check "it was fetched once, beside what is refused" grep -q '"resolve":2[,}]' stats

# ---- What is no message ----

printf '{"event":{"action":"update","scope":"repo.config"},"repo":{"type":"dataset","name":"spiralverse/x"}}' >message
check "what is about nothing of ours does nothing" [ "$(hook message)" = "202 application/json" ]
check "... and says so" prints '"outcome":"ignored"'
check "a wrong secret is refused" [ "$(hook message wrong)" = "403 application/problem+json" ]
mv secret secret.away
check "without its own secret it refuses" [ "$(hook message)" = "500 application/problem+json" ]
check "... each" [ "$(hook message)" = "500 application/problem+json" ]
check "... and logs that once" test "$(grep -c 'tag=webhook.no_secret' log)" = 1
mv secret.away secret
check "... until it is there" [ "$(hook message)" = "202 application/json" ]
check "... which is logged, too" grep -q 'tag=webhook.secret_read' log
cp secret secret.away
echo short >secret
check "one that is too short is none" [ "$(hook message short)" = "500 application/problem+json" ]
check "... for nobody" [ "$(hook message wrong)" = "500 application/problem+json" ]
check "... and is logged once" test "$(grep -c 'tag=webhook.short_secret' log)" = 1
mv secret.away secret
printf '{"event":' >message
check "half a message is refused with a problem" [ "$(hook message)" = "400 application/problem+json" ]
check "... and not shown its secret" eval '! prints whsecret'
head -c 1048577 /dev/zero | tr '\0' ' ' >message
check "one that is too large is, too" [ "$(hook message)" = "413 application/problem+json" ]
cat log >>logs
check "no secret is in the log" eval '! secret_in_log'
kill -TERM "$pid"
wait "$pid"
exit "$bad"
