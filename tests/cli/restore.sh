#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spiralfed restore: a registry from what a daemon published, byte for byte, on which another goes on; and what is refused
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"

python=/usr/bin/python3
if ! "$python" -c 'import http.server' 2>/dev/null; then
	echo "skipped: $python is not installed (Debian: python3)"
	exit 77
fi
unset HF_TOKEN HUGGING_FACE_HUB_TOKEN HF_TOKEN_PATH HF_HOME HF_ENDPOINT
"$python" "$SRC/tests/stand-in/hub.py" >hub.url 2>hub.err &
hub_pid=$!
trap 'kill "$hub_pid" $pid 2>/dev/null' EXIT
await test -s hub.url
hub=$(cat hub.url)
repo=spiralverse/spiralverse-ai-federated

of_hub() { curl -sfL -H 'Authorization: Bearer hf_read' "$hub$1"; }
tags() { of_hub "/api/models/$repo/refs" >refs && grep -q "\"name\":[ ]*\"$1\"" refs; }
edit() { # FILE FROM: a commit by hand
	{
		echo '{"key":"header","value":{"summary":"by hand","description":""}}'
		printf '{"key":"file","value":{"content":"%s","path":"%s","encoding":"base64"}}\n' \
			"$(base64 -w0 "$2")" "$1"
	} >commit.ndjson
	curl -sf -H 'Authorization: Bearer hf_write' -H 'Content-Type: application/x-ndjson' \
		--data-binary @commit.ndjson "$hub/api/models/$repo/commit/main" >control.out
}
untag() { curl -sf -X DELETE -H 'Authorization: Bearer hf_write' "$hub/api/models/$repo/tag/$1" >control.out; }
tag() { # NAME REVISION
	curl -sf -H 'Authorization: Bearer hf_write' -H 'Content-Type: application/json' \
		-d "{\"tag\":\"$1\"}" "$hub/api/models/$repo/tag/$2" >control.out
}
start() { # STATE [OPTION...]
	: >log
	folder=$1
	shift
	"$BUILD/spiralfedd" -c "$conf" -o listen="unix:$PWD/sock" -o auth=off -o policy=calm.json \
		-o state="$folder" "$@" 2>>log &
	pid=$!
	await ready
}
conf=daemon.conf
stop() { kill "$pid" && wait "$pid"; }
export SPIRALFED_URL="unix:$PWD/sock"
get() { curl -s --unix-socket sock "http://localhost$1"; }
state() { get /v1/hub >out && grep -q "\"state\":\"$1\"" out; }
try() { sf promote "$1" --reason "the weekly $1" && exits 0; }
promote() { sf merge && await try "$1"; } # MERGE: once its artifacts were looked for
unit() {                                  # N QUALITY
	printf '{"provider":"hf","artifacts":[{"id":"spiralverse/textgen-lora-v%s","role":"textgen","uri":"hf://s/t",' "$1"
	printf '"derived_from":["spiralverse/textgen-lora-v%s"],' $(($1 - 1))
	printf '"metrics":{"quality":%s,"safety":0.98,"latency_ms_p95":120,"cost_per_1k_tokens":0.7}}]}' "$2"
}
next() { # N QUALITY MERGE
	unit "$1" "$2" >next.json
	sf submit next.json && promote "$3"
}
look() { # FOLDER: what must be the same on both
	mkdir "$1"
	for v in 1.0.0 1.0.1 1.0.2; do
		get "/v1/releases/$v" >"$1/release-$v"
		get "/v1/releases/$v/lineage" >"$1/lineage-$v"
		get "/v1/merges/$v-rc.1" >"$1/merge-$v"
	done
	get /v1/channels/stable >"$1/channel"
	get /v1/policy >"$1/policy"
	get /v1/releases >list
	sed 's/"updated_at":"[^"]*"//g' list >"$1/list"
}
restore() { sf restore --from-hub "$repo" --endpoint "$hub" --key "$key" "$@"; }
refused() { # WHAT WORDS: nothing is restored, and the words say why
	restore --state none
	check "$1 is refused by name" says "$2"
	check "... with 1" exits 1
	check "... and no registry is there" test ! -e none/registry.sqlite
}

echo hf_write >token
export HF_TOKEN=hf_read
awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
cat >daemon.conf <<END
[provider.hf]
connector = hf
endpoint = $hub
publish = $repo
publish_check = 1
token_file = $PWD/token
END
for one in spiralverse/textgen-lora-v1 spiralverse/textgen-lora-v2 s/t; do
	curl -sf -H 'Content-Type: application/json' -d "{\"id\":\"$one\",\"files\":{\"model.safetensors\":\"weights\"}}" \
		"$hub/_control/repo" >control.out
done
check "a daemon starts" start state
for one in hf gcp aws; do sf submit "$data/${one}_manifest.json"; done
check "a first release" promote 1.0.0-rc.1
check "a second one" next 9 0.9 1.0.1-rc.1
check "a third one" next 10 0.95 1.0.2-rc.1
check "all stand there" await tags v1.0.2
sf rollback --reason "worse in the field"
settled() { state agrees && of_hub "/$repo/resolve/main/spiralfed/channel.json" >there && get /v1/channels/stable >here && cmp -s there here; }
check "and the rollback" await settled
sf key show
cp out key.pem
key=key.pem
sf verify --key key.pem --state node
look before
stop

restore --dry-run
check "a dry run says what there is" exits 0
check "... with the states" prints '1.0.2        breached'
check "... and the serial" prints 'stable: 1.0.1, serial 4'
restore --dry-run --seen-serial 5
check "... which is refused when a node has seen a higher one" says 'it has serial 4, and 5 was seen'
restore --dry-run --seen-serial 4x
check "... if that is a number" exits 2
old=$(echo "$PWD"/state/keys/*.pem)
restore --state again --signing-key "$old"
check "with the key of before" exits 0
check "... a daemon goes on" start again -o signing_key="$old"
get /v1/releases/1.0.1/attestation >again.json
of_hub "/$repo/resolve/v1.0.1/spiralfed/attestation.json" >there
check "... with the same signatures" cmp there again.json
sf verify --key key.pem --state node
check "... and a node sees nothing new" exits 0
stop
fault() { curl -sf -H 'Content-Type: application/json' -d "$1" "$hub/_control/fault" >control.out; }
begun() { # FOLDER WORDS...: a restore that waits for the Hub and holds the folder
	fault '{"kind":"hold","path":"/refs"}'
	"$BUILD/spiralfed" restore --from-hub "$repo" --endpoint "$hub" --key "$key" --state "$1" \
		>begun.out 2>begun.err &
	begun=$!
	await held
}
held() { curl -sf "$hub/_control/stats" | grep -q '"held"'; }
mend() { curl -sf -X DELETE "$hub/_control/$1" >control.out; }
begun twice
restore --state twice
check "of two restores at once one is told so" says 'or another restore, holds the state folder'
"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=twice >out 2>err
check "... and so is a daemon" says 'holds the state folder'
mend fault
mend stats
check "... and the first one comes to its end" wait "$begun"
begun late
echo "somebody's" >late/registry.sqlite
mend fault
failed() { ! wait "$begun"; }
check "a registry that came meanwhile" failed
check "... is named" grep -q 'came meanwhile, and nothing is restored over it' begun.err
check "... and stays" test "$(cat late/registry.sqlite)" = "somebody's"
check "... with nothing beside it" test ! -e late/registry.restoring
mkdir restored
echo "half of one" >restored/registry.restoring # as if it was cut off
restore --state restored
check "it is restored" exits 0
check "... and what was cut off is gone" test ! -e restored/registry.restoring
[ "$bad" = 0 ] || exit 1 # all that follows rests on it
check "... once" test -e restored/registry.sqlite
restore --state restored
check "... and never over a registry" says 'has registry.sqlite already'
check "a daemon starts on it" start restored
look after
for one in before/*; do
	check "$(basename "$one") is the same" cmp "$one" "after/$(basename "$one")"
done
sf events --max-results 1000
check "the history says so" prints release.restored
check "... not what never was" sh -c '! grep -q job.missed out'
check "the Hub agrees" await state agrees
sf key show
cp out new.pem
sf verify --key new.pem
check "what it signs is good" exits 0
sf verify --key key.pem
check "... by its own key" exits 1
sf rollback --reason "to the bad one" --to 1.0.2
check "a breached one is no way back" exits 1
sf merge
check "what it holds is not merged" exits 1
check "a better one is promoted" next 11 0.97 1.0.3-rc.1
get /v1/channels/stable >out
check "... with a higher serial" prints '"serial":5'
check "... and published" await tags v1.0.3
check "... and the Hub agrees" await state agrees
stop

cp key.pem old.pem
key=old.pem
refused "what came after under the old key" 'v1.0.3: spiralfed/attestation.json: bad_signature'
key=new.pem
restore --dry-run
check "the new key vouches for the old one" prints 'stable: 1.0.3, serial 5'
cat new.pem >>key.pem
key=key.pem
restore --dry-run
check "with both keys it is good" prints 'stable: 1.0.3, serial 5'
of_hub "/$repo/resolve/main/spiralfed/states.json" >states
sed 's/"breached"/"retired"/' states >forged
edit spiralfed/states.json forged
refused "a dropped hold" 'main: spiralfed/states.json: it is not as it was signed'
sed 's/"version": "1.0.3",/"version": "1.0.1",/' states >forged
edit spiralfed/states.json forged
refused "another channel in the states" 'main: spiralfed/states.json: '
edit spiralfed/states.json states
of_hub "/$repo/resolve/main/spiralfed/channel.json" >channel
sed 's/"serial":5/"serial":50/' channel >forged
edit spiralfed/channel.json forged
refused "a changed channel" 'main: spiralfed/channel.json: '
edit spiralfed/channel.json channel
of_hub "/$repo/resolve/main/README.md" >readme
echo "# by hand" >forged
edit README.md forged
refused "a changed card" 'main: README.md: somebody edited it since it was signed'
restore --dry-run --accept-missing-seal
check "... which is something else than a missing seal" says '--accept-edited-readme'
restore --dry-run --accept-edited-readme
check "... unless somebody takes it" prints 'edited since it was signed: README.md'
edit README.md readme
of_hub "/$repo/resolve/v1.0.1/spiralfed/release.json" >release
of_hub "/$repo/resolve/v1.0.3/spiralfed/release.json" >newest
edit spiralfed/release.json release
refused "another release at the head" 'main: spiralfed/release.json: '
edit spiralfed/release.json newest
untag v1.0.1
refused "a deleted tag" 'no tag v1.0.1'
tag v1.0.1 v1.0.0
refused "a moved tag" 'v1.0.1: spiralfed/release.json: it is release 1.0.0'
untag v1.0.1
sed 's/textgen-lora-v9/textgen-lora-v8/' release >forged
edit spiralfed/release.json forged
tag v1.0.1 main
refused "a changed release" 'v1.0.1: spiralfed/attestation.json: mismatch'
of_hub "/$repo/resolve/v1.0.3/spiralfed/record.json" >record
edit spiralfed/release.json newest
sed 's/"quality": 0.97/"quality": 0.99/' record >forged
edit spiralfed/record.json forged
untag v1.0.1
untag v1.0.3
tag v1.0.3 main
refused "a changed record" 'v1.0.3: spiralfed/record.json: '
sf restore --from-hub nobody/nothing --endpoint "$hub" --key "$key" --state none
check "another repository is not there" says 'there is no such repository'

# Of three releases one stands there when the machine is gone; the second was breached.
repo=spiralverse/unlucky
sed "s|^publish = .*|publish = $repo|" daemon.conf >unlucky.conf
: >quiet.conf
conf=quiet.conf
check "a daemon that does not publish starts" start unlucky
for one in hf gcp aws; do sf submit "$data/${one}_manifest.json"; done
check "a release" promote 1.0.0-rc.1
check "a second one" next 9 0.9 1.0.1-rc.1
sf rollback --reason "worse in the field"
check "a third one" next 10 0.95 1.0.2-rc.1
sf key show
cp out unlucky.pem
key=unlucky.pem
stop
conf=unlucky.conf
start unlucky
check "all are published at once" await tags v1.0.2
stop
for file in release attestation record channel channel.attestation states seal; do
	of_hub "/$repo/resolve/v1.0.0/spiralfed/$file.json" >"was.$file"
done
for file in README CHANGELOG; do of_hub "/$repo/resolve/v1.0.0/$file.md" >"was.$file"; done
untag v1.0.2
untag v1.0.1
for file in release attestation record channel channel.attestation states seal; do
	edit "spiralfed/$file.json" "was.$file"
done
for file in README CHANGELOG; do edit "$file.md" "was.$file"; done
refused "a channel at a lost release" 'release 1.0.2, which was promoted and not published, and is lost'
check "... with the way out" says '--stable 1.0.0 points the channel to the newest good one'
restore --state lost --stable 1.0.0
check "without it, all that is there is restored" exits 0
check "... and the lost one is named" prints \
	'1.0.2        lost     it was promoted and not published: hand in its manifests again, then merge and promote'
check "... and the breached one" prints \
	'1.0.1        lost     it was breached and rolled back: do not hand it in again'
check "... and what it holds" prints '1.0.1        holds    hf/spiralverse/textgen-lora-v9'
check "... and nothing else" test "$(grep -c ' holds ' out)" = 1
curl -sf -H 'Content-Type: application/json' -d "{\"id\":\"$repo\",\"private\":false,\"gated\":\"auto\"}" \
	"$hub/_control/repo" >control.out
unset HF_TOKEN
restore --dry-run --stable 1.0.0
check "one that is gated is not read without a token" says "the token may not read $repo; the Hub says 401 GatedRepo"
export HF_TOKEN=hf_read
restore --dry-run --stable 1.0.0
check "... and is with one" exits 0
conf=quiet.conf
start lost
unit 9 0.99 >again.json
sf submit again.json
get /v1/artifacts/hf/spiralverse/textgen-lora-v9 >out
check "... which is held when it comes again" prints '"held_by":"1.0.1"'
stop
check "no token stands in what was said" sh -c '! grep -q hf_ out err log'
exit "$bad"
