#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spiralfed manifest --push: the manifest beside the checkpoint on the Hub, and never over what was not read.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || {
	echo "python3 is not installed"
	exit 77
}
unset HF_TOKEN HUGGING_FACE_HUB_TOKEN HF_TOKEN_PATH HF_HOME SPIRALFED_URL
export HOME="$PWD" XDG_CACHE_HOME="$PWD/cache" # no login of the user of today
harvest=$data/harvest

"$python" "$SRC/tests/stand-in/hub.py" >hub.url 2>hub.log &
hub=$!
trap 'kill "$hub" 2>/dev/null' EXIT
await test -s hub.url
HF_ENDPOINT=$(cat hub.url)
export HF_ENDPOINT HF_TOKEN=hf_write
control() { # METHOD WHAT [BODY]
	curl -fsS -X "$1" -H 'Content-Type: application/json' ${3:+-d "$3"} "$HF_ENDPOINT/_control/$2" >/dev/null
}
push() { # REPO [OPTION...]
	repo=$1
	shift
	sf manifest "$harvest/adapter" --provider hf --role textgen --output made.json --push "$repo" "$@"
}
commits() { # REPO
	curl -fsS -H "Authorization: Bearer hf_write" "$HF_ENDPOINT/api/models/$1/commits/main" | grep -o '"id"' | wc -l
}
there() { # REPO FILE: the manifest on the Hub is this file
	curl -fsSL -H "Authorization: Bearer hf_write" "$HF_ENDPOINT/$1/resolve/main/spiralfed/manifest.json" | cmp -s - "$2"
}
tells_no_token() { ! grep -q hf_write out err; }

HF_TOKEN='' push spiralverse/textgen-lora-v9
check "no token" exits 1
check "... is said" says 'there is no token: set HF_TOKEN'
control POST repo '{"id": "spiralverse/releases", "files": {"spiralfed/release.json": "{}"}}'
push spiralverse/releases
check "the releases' repository" exits 1
check "... and what was made is there all the same" says 'made.json is written all the same'
check "... is said to be that" says 'is where releases are published'
push spiralverse/textgen-lora-v9
check "no such repository" exits 1
check "... says what to do" says 'push the checkpoint first'
control POST repo '{"id": "spiralverse/textgen-lora-v9", "private": true, "files": {"adapter_config.json": "{}"}}'
push spiralverse/textgen-lora-v9
check "a manifest beside the checkpoint" exits 0
check "... is said" prints "$HF_ENDPOINT/spiralverse/textgen-lora-v9  spiralfed/manifest.json  committed at "
check "... and there, byte for byte" there spiralverse/textgen-lora-v9 made.json
check "... without the token" tells_no_token
n=$(commits spiralverse/textgen-lora-v9)
push spiralverse/textgen-lora-v9
check "again: it is there already" prints 'is there already at '
check "... without another commit" test "$(commits spiralverse/textgen-lora-v9)" = "$n"
push spiralverse/textgen-lora-v9 --license mit
check "another manifest of the same artifact" exits 1
check "... is refused" says 'has another manifest of spiralverse/textgen-lora-v9 at '
check "... without a commit" test "$(commits spiralverse/textgen-lora-v9)" = "$n"
push spiralverse/textgen-lora-v9 --id spiralverse/textgen-lora-v10 --known-as spiralverse/textgen-lora-v9
check "the next number takes its place" exits 0
check "... and says so" says 'it takes the place of the manifest of spiralverse/textgen-lora-v9'
sf manifest "$harvest/adapter" --provider hf --role textgen --push spiralverse/textgen-lora-v9 --id spiralverse/textgen-lora-v10 \
	--known-as spiralverse/textgen-lora-v9
check "without --output the manifest alone is on standard output" test "$(head -c 1 out)" = '{'
check "... and what became of it on standard error" says 'is there already'

control POST repo '{"id": "spiralverse/race", "files": {"adapter_config.json": "{}"}}'
n=$(commits spiralverse/race)
control POST fault '{"kind": "slow", "seconds": 1, "path": "/commit/", "method": "POST", "times": 1}'
push spiralverse/race >raced.out 2>&1 &
racer=$!
HF_TOKEN=hf_write "$BUILD/spiralfed" manifest "$harvest/adapter" --provider hf --role textgen --id spiralverse/other-v1 \
	--known-as spiralverse/textgen-lora-v9 --output other.json --push spiralverse/race >other.out 2>&1
wait "$racer"
check "of two at once one commits" test "$(commits spiralverse/race)" = $((n + 1))

control POST repo '{"id": "spiralverse/moved", "files": {"adapter_config.json": "{}"}}'
control POST fault '{"kind": "error", "status": 412, "path": "/commit/", "method": "POST", "times": 1}'
n=$(commits spiralverse/moved)
push spiralverse/moved
check "somebody was faster" exits 1
check "... nothing was written" says 'shows no newer one'
control POST fault '{"kind": "truncate", "path": "/commit/", "method": "POST", "times": 1}'
push spiralverse/moved
check "the answer was lost: it looks" exits 0
check "... and finds its own" prints 'is committed (the answer was lost) at '
check "... once" test "$(commits spiralverse/moved)" = $((n + 1))
control POST repo '{"id": "spiralverse/gone", "files": {"adapter_config.json": "{}"}}'
n=$(commits spiralverse/gone)
control POST fault '{"kind": "gone", "path": "/commit/", "method": "POST", "times": 1}'
push spiralverse/gone
check "the connection broke before" exits 3
check "... it was not sent twice" test "$(commits spiralverse/gone)" = "$n"
control POST repo '{"id": "spiralverse/odd", "files": {"spiralfed/manifest.json": "hello"}}'
push spiralverse/odd
check "something else stands there" says 'that is no manifest'
HF_TOKEN=hf_read
push spiralverse/gone
check "a token that may only read" exits 1
check "... says so" says 'may not write to spiralverse/gone'
unset HF_TOKEN
printf 'hf_write\n' >token
HF_TOKEN_PATH=$PWD/token
export HF_TOKEN_PATH
push spiralverse/gone
check "the token of a file" exits 0
unset HF_TOKEN_PATH
mkdir -p home/.cache/huggingface
cp token home/.cache/huggingface
HOME=$PWD/home XDG_CACHE_HOME='' push spiralverse/gone
check "... of hf auth login" exits 0
HOME=$PWD/home HF_HOME=$PWD/nowhere XDG_CACHE_HOME='' push spiralverse/gone
check "... which HF_HOME looks for elsewhere" says 'there is no token: set HF_TOKEN'
rm made.json
push spiralverse
check "a repository that is none" exits 2
check "... before anything is written" test ! -e made.json
exit "$bad"
