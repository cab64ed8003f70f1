#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A daemon that publishes its releases to the Hub's stand-in: commit, tag, pointer, drift and its end
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"

python=/usr/bin/python3
if ! "$python" -c 'import http.server' 2>/dev/null; then
	echo "skipped: $python is not installed (Debian: python3)"
	exit 77
fi
"$python" "$SRC/tests/stand-in/hub.py" >hub.url 2>hub.err &
hub_pid=$!
trap 'kill "$hub_pid" $pid 2>/dev/null' EXIT
await test -s hub.url
hub=$(cat hub.url)
repo=spiralverse/spiralverse-ai-federated

fault() { curl -sf -H 'Content-Type: application/json' -d "$1" "$hub/_control/fault" >control.out; }
mend() { curl -sf -X DELETE "$hub/_control/fault" >control.out; }
of_hub() { curl -sfL -H 'Authorization: Bearer hf_read' "$hub$1"; }
tags() { of_hub "/api/models/$repo/refs" >refs && grep -q "\"name\":[ ]*\"$1\"" refs; }
edit() { printf %s "$2" | put "$1"; } # FILE TEXT: a commit by hand
put() { # FILE <CONTENT
	{
		echo '{"key":"header","value":{"summary":"by hand","description":""}}'
		printf '{"key":"file","value":{"content":"%s","path":"%s","encoding":"base64"}}\n' \
			"$(base64 -w0)" "$1"
	} >commit.ndjson
	curl -sf -H 'Authorization: Bearer hf_write' -H 'Content-Type: application/x-ndjson' \
		--data-binary @commit.ndjson "$hub/api/models/$repo/commit/main" >control.out
}
start() {
	awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
	: >log
	"$BUILD/spiralfedd" -c daemon.conf -o listen="unix:$PWD/sock" -o state=state -o auth=off \
		-o policy=calm.json 2>>log &
	pid=$!
	await ready
}
export SPIRALFED_URL="unix:$PWD/sock"
get() { curl -s --unix-socket sock "http://localhost$1"; }
state() { get /v1/hub >out && grep -q "\"state\":\"$1\"" out; }
try() { sf promote "$1" --reason "the weekly $1 <b>" && exits 0; }
promote() { # MERGE: once its artifacts were looked for
	sf merge && await try "$1"
}
unit() { # N QUALITY
	printf '{"provider":"hf","artifacts":[{"id":"spiralverse/textgen-lora-v%s","role":"textgen","uri":"hf://s/t",' "$1"
	printf '"metrics":{"quality":%s,"safety":0.98,"latency_ms_p95":120,"cost_per_1k_tokens":0.7}}]}' "$2"
}
at_tag() { # TAG FILE
	of_hub "/$repo/resolve/$1/$2"
}
same() { # TAG FILE ROUTE
	at_tag "$1" "$2" >there && get "$3" >here && cmp there here
}

echo hf_write >token
cat >daemon.conf <<END
[provider.hf]
connector = hf
endpoint = $hub
publish = $repo
publish_check = 1
token_file = $PWD/token
END
check "it starts" start
check "nothing is published yet" await state agrees
for one in spiralverse/textgen-lora-v1 spiralverse/textgen-lora-v2 s/t; do
	curl -sf -H 'Content-Type: application/json' -d "{\"id\":\"$one\",\"files\":{\"model.safetensors\":\"weights\"}}" \
		"$hub/_control/repo" >control.out
done
for one in hf gcp aws; do sf submit "$data/${one}_manifest.json"; done
check "a first release" promote 1.0.0-rc.1
check "... is committed and tagged" await tags v1.0.0
check "... byte for byte" same v1.0.0 spiralfed/release.json /v1/releases/1.0.0
check "... with its envelope" same v1.0.0 spiralfed/attestation.json /v1/releases/1.0.0/attestation
check "... and the channel" same v1.0.0 spiralfed/channel.json /v1/channels/stable
at_tag v1.0.0 README.md >out
check "the card has the metrics" prints '    - type: "quality"'
at_tag v1.0.0 CHANGELOG.md >out
check "the changelog says why" prints 'the weekly 1.0.0'
check "... and takes no markup of others" prints 'rc.1 &#60;b&#62;'
check "the Hub agrees" await state agrees
if "$python" -c 'import yaml' 2>/dev/null; then
	at_tag v1.0.0 README.md >card
	check "the card's front matter is YAML" "$python" -c '
import yaml
front = yaml.safe_load(open("card").read().split("---")[1])
assert front["model-index"][0]["name"] == "spiralverse-ai-federated-v1.0.0"
assert len(front["model-index"][0]["results"]) == 3'
fi

unit 9 0.9 >better.json
sf submit better.json
fault '{"kind":"gone","path":"/commit/main","times":1}'
check "a second release while the Hub loses an answer" promote 1.0.1-rc.1
check "... is known to have failed" await state failing
mend
cat log >logs
kill -KILL "$pid"
wait "$pid" 2>/dev/null
check "a killed daemon starts again" start
check "... and publishes it, once" await tags v1.0.1
of_hub "/api/models/$repo/commits/main" >out
check "... by one commit" test "$(grep -o 'Release 1.0.1' out | wc -l)" = 1
check "the tag of the first one stays" same v1.0.0 spiralfed/release.json /v1/releases/1.0.0

sf rollback --reason "worse in the field"
moved() { of_hub "/$repo/resolve/main/spiralfed/channel.json" >there && get /v1/channels/stable >here && cmp -s there here; }
check "a rollback moves the channel's file" await moved
check "... and no tag" test "$(of_hub "/api/models/$repo/refs" | grep -o '"name":[ ]*"v[^"]*"' | wc -l)" = 2
check "the Hub agrees again" await state agrees

unit 10 0.95 >best.json
sf submit best.json
sf merge
at_tag main spiralfed/release.json >release
edit spiralfed/release.json '{"forged":true}'
check "an edited file is drift" await state drifted
check "... by its name" prints spiralfed/release.json
sf checklist 1.0.2-rc.1
check "... a no-go on the checklist" grep -q 'hub .*no.go' out
blocked() { ! try 1.0.2-rc.1 && says "$1"; }
check "... and nothing is promoted" await blocked 'spiralfed/release.json'
sf events
check "... and on record" prints hub.drift_detected
sf hub
check "spiralfed hub says what to do" prints 'revert that commit'
check "... and the log" grep -q 'hub\.drift_detected.*spiralfed/release\.json' log
sf hub acknowledge --reason "looked at it"
check "nobody takes as it is what a restore needs" exits 1
check "... says why" says "spiralfed/release.json (file_changed) can't be acknowledged: revert that commit"
put spiralfed/release.json <release
check "... and put back it agrees" await state agrees
at_tag main CHANGELOG.md >changelog
{ cat changelog; echo; echo "A word of ours"; } | put CHANGELOG.md
check "an edited changelog is drift" await state drifted
sf hub
check "... that may be taken" prints 'spiralfed hub acknowledge'
sf hub acknowledge --reason "looked at it"
check "an operator takes it as it is" exits 0
check "... and it agrees" await state agrees
sf events
check "... and is on record" prints hub.acknowledged
remove() { # FILE: a commit by hand
	{
		echo '{"key":"header","value":{"summary":"by hand","description":""}}'
		printf '{"key":"deletedFile","value":{"path":"%s"}}\n' "$1"
	} >commit.ndjson
	curl -sf -H 'Authorization: Bearer hf_write' -H 'Content-Type: application/x-ndjson' \
		--data-binary @commit.ndjson "$hub/api/models/$repo/commit/main" >control.out
}
at_tag main spiralfed/record.json >record
remove spiralfed/record.json
check "a deleted manifest is drift" await state drifted
check "... by its name" grep -q '"code":"file_deleted".*record.json' out
sf checklist 1.0.2-rc.1
check "... a no-go, too" grep -q 'hub .*no.go' out
edit spiralfed/record.json "$(cat record)
"
check "... and what is put back is well" await state agrees
edit NOTES.md "somebody else's"
fault '{"kind":"error","status":412,"times":1,"path":"/commit/main"}'
check "a release while the branch moves (412)" await try 1.0.2-rc.1
check "... is published after another look" await tags v1.0.2
mend
check "... over nothing of others" test "$(at_tag main NOTES.md)" = "somebody else's"
check "... once" test "$(of_hub "/api/models/$repo/commits/main" | grep -o 'Release 1.0.2' | wc -l)" = 1
check "... and the Hub agrees" await state agrees
curl -sf -X DELETE -H 'Authorization: Bearer hf_write' "$hub/api/models/$repo/tag/v1.0.0" >control.out
check "a deleted tag is drift" await state drifted
sf hub acknowledge --reason "no"
check "... that nobody takes" says 'tag commit'
cat log >>logs
check "the log of both is there" test "$(grep -c 'daemon\.ready' logs)" = 2
check "... and no token stands in it" sh -c '! grep -q hf_write logs'
exit "$bad"
