#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spiralfed fuse: the offline step, sentence by sentence.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
export SOURCE_DATE_EPOCH=1795500000

# Runs fuse with the three example manifests, any of which a further option replaces: hf=FILE ...
fuse() {
	hf=$data/hf_manifest.json gcp=$data/gcp_manifest.json aws=$data/aws_manifest.json
	while [ $# -gt 0 ]; do
		case $1 in
		hf=*) hf=${1#*=} ;;
		gcp=*) gcp=${1#*=} ;;
		aws=*) aws=${1#*=} ;;
		*) break ;;
		esac
		shift
	done
	status=0
	"$BUILD/spiralfed" fuse --hf-manifest "$hf" --gcp-manifest "$gcp" --aws-manifest "$aws" \
		"$@" >out 2>err || status=$?
}
holds() { grep -qF -- "$2" "$1"; }
absent() { [ ! -e "$1" ]; }
# The file names these units, in the order hf, gcp, aws.
units() {
	[ "$(sed -n 's/^      "id": "\(.*\)",$/\1/p' "$1" | tr '\n' ' ')" = "$2 " ]
}
artifact() { # ID ROLE METRICS
	printf '{"id":"%s","role":"%s","uri":"hf://x/y","metrics":{%s}}' "$@"
}
hf() { printf '{"provider":"hf","artifacts":[%s]}' "$1" >"$2"; }
good='"quality":0.9,"safety":0.99,"latency_ms_p95":100,"cost_per_1k_tokens":0.5'

fuse --output new/folder/release.json
check "the examples fuse" exits 0
check "the best passing unit of each provider" units new/folder/release.json \
	'spiralverse/textgen-lora-v1 spiralverse/embedder-v3 spiralverse/runtime-distilled-v5'
cp new/folder/release.json expected
fuse --output -
check "- is standard output" cmp -s out expected
check "... and the report goes beside it" says 'textgen-lora-v1'
fuse --output /dev/null
check "a device is written through" test -c /dev/null
fuse_into() {
	"$BUILD/spiralfed" fuse --hf-manifest "$data/hf_manifest.json" \
		--gcp-manifest "$data/gcp_manifest.json" --aws-manifest "$data/aws_manifest.json" \
		--output "$1" 2>err
}
{
	echo before
	fuse_into /dev/stdout
	echo after
} >mixed
check "what stands in a redirected file stays" test "$(sed -n '1p;$p' mixed | tr '\n' ' ')" = "before after "
check "... around the whole release" test "$(sed '1d;$d' mixed)" = "$(cat expected)"
mkfifo pipe
cat pipe >out &
fuse_into pipe
wait $!
check "a pipe is written through" cmp -s out expected
mkdir -p folder
fuse --output folder
check "a folder is refused" exits 1
check "... and stays" test -d folder
cat >expected <<'END'
{
  "fused_model_id": "spiralverse-ai-federated-v1.0.0",
  "generated_at": "2026-11-24T06:00:00Z",
  "providers": [
    "aws",
    "gcp",
    "hf"
  ],
  "gates": {
    "min_quality": 0.75,
    "min_safety": 0.95,
    "max_latency_ms_p95": 250,
    "max_cost_per_1k_tokens": 1.5
  },
  "units": {
    "hf": {
      "id": "spiralverse/textgen-lora-v1",
      "role": "textgen",
      "uri": "hf://spiralverse/textgen-lora-v1",
      "metrics": {
        "cost_per_1k_tokens": 0.7,
        "latency_ms_p95": 120,
        "quality": 0.81,
        "safety": 0.98
      }
    },
END
head -n "$(wc -l <expected)" new/folder/release.json >begin
check "keys, thresholds and order" cmp -s expected begin
check "ends with one newline" test "$(tail -c 3 new/folder/release.json | od -An -tx1)" = ' 0a 7d 0a'
cp new/folder/release.json first.json
fuse --output new/folder/release.json
check "the same bytes again" cmp -s first.json new/folder/release.json
check "nothing else in the folder" test "$(ls -A new/folder)" = release.json

# Refusals leave nothing behind.
sed 's/0\.81/0.4/' "$data/hf_manifest.json" >low.json
fuse hf=low.json --output no/x.json
check "nothing passes: exit 1" exits 1
check "... says so" says 'no artifacts passing promotion gates'
check "... names the provider" says 'provider hf'
check "... the first, by how much" says 'spiralverse/textgen-lora-v1: gate quality: fail: quality 0.4 < floor 0.75 (short by 0.35)'
check "... the second, by how much" says 'spiralverse/textgen-lora-v2: gate safety: fail: safety 0.93 < floor 0.95 (short by 0.02)'
check "... and leaves no file and no folder" absent no
cp first.json kept.json
fuse hf=low.json --output kept.json
check "a refusal keeps the output that was there" cmp -s first.json kept.json
check "... without leftovers" test -z "$(find . -name '.*.tmp')"

# Each fault has an error of its own.
refuses() { # WHAT MANIFEST SAYS
	printf '%s' "$2" >bad.json
	fuse hf=bad.json --output no.json
	check "$1: exit 1" exits 1
	check "$1: $3" says "$3"
	check "$1: no output" absent no.json
}
refuses 'missing provider' "{\"artifacts\":[$(artifact a/b-v1 textgen "$good")]}" '/provider  is required'
refuses 'empty list' '{"provider":"hf","artifacts":[]}' '/artifacts  must not be empty'
refuses 'missing list' '{"provider":"hf"}' '/artifacts  is required'
refuses 'wrong role' "{\"provider\":\"hf\",\"artifacts\":[$(artifact a/b-v1 embed "$good")]}" \
	'/artifacts/0/role  "embed" is no role of hf'
refuses 'non-numeric metric' "{\"provider\":\"hf\",\"artifacts\":[$(artifact a/b-v1 textgen '"quality":"good"')]}" \
	'/artifacts/0/metrics/quality  must be a number'
refuses 'not JSON' '{"provider":' 'bad.json:'
refuses 'missing metric' "{\"provider\":\"hf\",\"artifacts\":[$(artifact a/b-v1 textgen '"quality":0.9')]}" \
	'a/b-v1: gate safety: inconclusive'
refuses 'no unit at all' "{\"provider\":\"hf\",\"artifacts\":[$(artifact a/b-v1 eval "$good")]}" \
	'holds no artifact of role textgen'
fuse hf="$data/gcp_manifest.json" --output no.json
check "another provider's manifest" says 'is a manifest of provider gcp, but --hf-manifest wants one of hf'
fuse hf=nowhere.json --output no.json
check "a missing manifest" says 'cannot open nowhere.json'
mkdir taken
fuse --output taken
check "an output that is a folder: exit 1" exits 1
check "... says so" says 'not a regular file'
fuse --output first.json/x.json
check "a folder that can't be made" exits 1

# Thresholds.
fuse --output x.json --min-safety 0.9 --min-quality 0.76 --max-latency-ms-p95 400 --max-cost-per-1k-tokens 1e1
check "looser thresholds let others in" units x.json \
	'spiralverse/textgen-lora-v1 spiralverse/embedder-v3 spiralverse/runtime-distilled-v5'
check "... and are on record" holds x.json '"max_latency_ms_p95": 400'
fuse --output no.json --max-cost-per-1k-tokens 0.5
check "a tighter cost refuses" says 'cost_per_1k_tokens 0.7'
for wrong in --min-quality=high --min-safety=1.1 --max-latency-ms-p95=-1 --min-quality=nan --min-quality=0x1; do
	fuse --output no.json "$wrong"
	check "$wrong: exit 2" exits 2
	check "$wrong: named" says "${wrong%%=*}"
done
fuse --output no.json --min-quality
check "an option without its value: exit 2" exits 2
fuse --outptu no.json
check "a mistyped option: exit 2" exits 2
check "... with the nearest one" says 'did you mean --output?'
fuse
check "no output named: exit 2" exits 2
check "... says which" says 'fuse needs --output FILE'

# Other roles are accepted and not fused.
hf "$(artifact a/textgen-v1 textgen "$good"),$(artifact a/policy-v1 policy "$good"),$(artifact a/eval-v1 eval "$good")" roles.json
fuse hf=roles.json --output x.json
check "policy and eval are accepted" exits 0
check "... and not fused" units x.json 'a/textgen-v1 spiralverse/embedder-v3 spiralverse/runtime-distilled-v5'
sed 's|"artifacts": \[|&{"id":"s/r-v1","role":"retrieval","uri":"g://x","metrics":{"recall":1}},|' \
	"$data/gcp_manifest.json" >gcp.json
sed 's|"artifacts": \[|&{"id":"s/b-v1","role":"benchmark","uri":"s://x","metrics":{"p50":9}},|' \
	"$data/aws_manifest.json" >aws.json
fuse gcp=gcp.json aws=aws.json --output x.json
check "retrieval and benchmark are accepted and not fused" units x.json \
	'spiralverse/textgen-lora-v1 spiralverse/embedder-v3 spiralverse/runtime-distilled-v5'

# The best: by score, then by the higher number.
hf "$(artifact a/m-v2 textgen "$good"),$(artifact a/m-v10 textgen "$good"),$(artifact a/m-v9 textgen "$good")" tie.json
fuse hf=tie.json --output x.json
check "a tie goes to the higher number" holds x.json '"id": "a/m-v10"'

# After a release.
fuse --output second.json --previous first.json
check "the next version" holds second.json '"spiralverse-ai-federated-v1.0.1"'
check "... keeps units where nothing is better" units second.json \
	'spiralverse/textgen-lora-v1 spiralverse/embedder-v3 spiralverse/runtime-distilled-v5'
hf "$(artifact s/textgen-v2 textgen "$good")" better.json
fuse hf=better.json --output second.json --previous first.json
check "a better unit replaces its provider's" units second.json \
	's/textgen-v2 spiralverse/embedder-v3 spiralverse/runtime-distilled-v5'
hf "$(artifact s/textgen-v3 textgen "$good")" same.json
fuse hf=same.json --output third.json --previous second.json
check "an equal one does not" units third.json \
	's/textgen-v2 spiralverse/embedder-v3 spiralverse/runtime-distilled-v5'
check "... and the version goes on" holds third.json '"spiralverse-ai-federated-v1.0.2"'
fuse hf=better.json --output second.json --previous second.json
check "the output may be the previous file" holds second.json '"spiralverse-ai-federated-v1.0.2"'
fuse hf=low.json --output no.json --previous first.json
check "an artifact that changed under its id is refused" says 'artifacts are immutable'
sed 's/federated-v1/federated-x1/' first.json >bad.json
fuse --output no.json --previous bad.json
check "a previous file of another name" says '/fused_model_id'
echo '{"fused_model_id":"spiralverse-ai-federated-v1.0.0","units":{"hf":{}}}' >bad.json
fuse --output no.json --previous bad.json
check "a previous file without units" says '/units/gcp'
fuse --output no.json --previous nowhere.json
check "a missing previous file" says 'cannot open nowhere.json'
check "no refusal wrote anything" absent no.json
exit $bad
