#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# etc/pipelines: the notebook's cells from data to the gates, and what the jobs' scripts say to spiralfed.
# shellcheck disable=SC2317,SC2016 # check calls them, sh -c expands them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || {
	echo "python3 is not installed"
	exit 77
}
unset HUGGING_FACE_HUB_TOKEN HF_TOKEN_PATH HF_HOME SPIRALFED_TOKEN_FILE
PYTHONDONTWRITEBYTECODE=1
PATH=$BUILD:$PATH
export PYTHONDONTWRITEBYTECODE PATH
pipelines=$SRC/etc/pipelines
OUT=trained # `out` is what the last command said
export OUT

"$python" "$SRC/tests/stand-in/hub.py" >hub.url 2>hub.log &
hub=$!
trap 'kill "$hub" 2>/dev/null; [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null' EXIT
await test -s hub.url
HF_ENDPOINT=$(cat hub.url)
export HF_ENDPOINT HF_TOKEN=hf_write
awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
: >log
"$BUILD/spiralfedd" -o listen=127.0.0.1:0 -o state=state -o policy=calm.json 2>log &
pid=$!
await ready
SPIRALFED_URL=http://127.0.0.1:$(sed -n 's/.*daemon\.ready.* port=\([0-9]*\).*/\1/p' log)
SPIRALFED_TOKEN=$(cat state/admin.token)
export SPIRALFED_URL SPIRALFED_TOKEN

notebook() {
	status=0
	PYTHONPATH="$SRC/tests/support/pipelines" "$python" "$SRC/tests/support/pipelines/run.py" \
		"$pipelines/train-and-submit.ipynb" "$SRC/tests/support/pipelines/train.py" >out 2>err || status=$?
}
on_hub() { # FILE: of the repository
	curl -fsSL -H "Authorization: Bearer $HF_TOKEN" "$HF_ENDPOINT/spiralverse/textgen-lora-v1/resolve/main/$1"
}
holds() { grep -qF -- "$1" manifest.json; }

check "the notebook is one" "$python" -m json.tool "$pipelines/train-and-submit.ipynb" /dev/null
check "... kept without results" sh -c '! grep -q "\"output_type\"" "$1"' - "$pipelines/train-and-submit.ipynb"
notebook
check "its cells run from data to the gates" exits 0
check "... hold a fifth out" prints 'held out, sha256:'
check "... the numbers with their count" holds '"n": '
check "... under the policy's name" holds '"task_accuracy": {'
check "... of this very commit" sh -c 'grep -q "\"uri\": \"hf://spiralverse/textgen-lora-v1@[0-9a-f]\{40\}\"" manifest.json'
check "... of its base" holds '"base_model": "HuggingFaceTB/SmolLM2-135M-Instruct"'
on_hub spiralfed/manifest.json >there.json
check "... the manifest lies beside the checkpoint" cmp -s there.json manifest.json
on_hub adapter_model.safetensors >weights
check "... which is there, too" cmp -s weights trained/adapter_model.safetensors
check "... every gate answers" sh -c 'test "$(sed "1,/v1 Failed$/d" out | grep -c "^  [a-z]* *\(pass\|fail\|inconclusive\)")" = 4'
check "... a guess fails for its quality" prints '  quality        fail'
sf artifacts
check "... the daemon holds it" prints 'spiralverse/textgen-lora-v1'
rm -r trained
notebook
check "the same number again, of another commit, is refused" test "$status" -gt 0
check "... with what to do" prints 'give this one the next number'
ARTIFACT=spiralverse/textgen-lora-v2 REPO=spiralverse/textgen-lora-v1
export ARTIFACT REPO
rm -rf trained
notebook
check "the next number is taken" exits 0
check "... and says whose place it takes" prints 'takes the place of the manifest of spiralverse/textgen-lora-v1'
unset ARTIFACT REPO HF_TOKEN
notebook
check "without a token it says which" says 'set HF_TOKEN'
HF_TOKEN=hf_write
export HF_TOKEN

# ---- The jobs: read, and the part that speaks to spiralfed run with stand-ins for the clouds' tools. ----

mkdir bin
stand_in() { # NAME: a tool of the cloud's; what it does is on standard input
	{ echo '#!/bin/sh' && cat; } >"bin/$1"
	chmod +x "bin/$1"
}
job() { # SCRIPT
	status=0
	(cd job && PATH=$PWD/../bin:$PATH PYTHONPATH=$SRC/tests/support/pipelines sh "$pipelines/$1" inside) >out 2>err || status=$?
}
repository() { # NAME
	curl -fsS -H 'Content-Type: application/json' -d "{\"id\": \"$1\", \"private\": true, \"files\": {\"x\": \"y\"}}" \
		"$HF_ENDPOINT/_control/repo" >/dev/null
}
for script in hf-job.sh vertex-job.sh; do
	check "$script: is a script" sh -n "$pipelines/$script"
	check "... says what it wants" sh -c '! env -i PATH="$PATH" sh "$1" 2>err && grep -q ARTIFACT err' - "$pipelines/$script"
done

mkdir job
repository spiralverse/textgen-lora-v9
for tool in apt-get git make pip; do stand_in $tool </dev/null; done
stand_in autotrain <<'END'
mkdir -p textgen-lora-v9 && echo '{"peft_type": "LORA"}' >textgen-lora-v9/adapter_config.json
END
stand_in lm_eval <<'END'
mkdir results && cp "$DATA/harvest/adapter/results_2026-01-05T10-00-00.json" results/
END
DATA=$data ARTIFACT=spiralverse/textgen-lora-v9 BASE_MODEL=spiralverse/base-7b DATASET=x SPIRALFED_GIT=x
METRIC=held_out.exact_match.strict
export DATA ARTIFACT BASE_MODEL DATASET SPIRALFED_GIT METRIC
job hf-job.sh
check "the job of Hugging Face" exits 0
check "... commits" prints 'spiralfed/manifest.json  committed at'
check "... and hands in" prints 'quality'
check "... of this very commit" sh -c 'grep -q "\"uri\": \"hf://spiralverse/textgen-lora-v9@[0-9a-f]\{40\}\"" job/manifest.json'
check "... starts nothing with a token in its arguments" sh -c '! grep -n "env.*TOKEN=" "$1"' - "$pipelines/hf-job.sh"

stand_in hf <<'END'
printf '%s\n' "$@" >started
END
(cd job && PATH=$PWD/../bin:$PATH sh "$pipelines/hf-job.sh") >out 2>err
check "... takes the metric with it" grep -qx 'METRIC=held_out.exact_match.strict' job/started

rm -r job && mkdir job
repository spiralverse/embedder-v6
stand_in python3 <<'END'
[ "$1" != - ] || { mkdir results && cp "$DATA"/harvest/embedder/*.json results/; }
END
stand_in gsutil </dev/null
stand_in gcloud <<'END'
echo hf_write
END
stand_in curl <<'END'
case "$*" in *audience=spiralfed*) printf %s "$IDENTITY" ;; esac
END
IDENTITY=$SPIRALFED_TOKEN ARTIFACT=spiralverse/embedder-v6 REPO=spiralverse/embedder-v6 TASKS=HeldOut AIP_MODEL_DIR=gs://b/embedder-v6
HF_SECRET=s
export IDENTITY ARTIFACT REPO TASKS AIP_MODEL_DIR HF_SECRET
unset METRIC OUT
job vertex-job.sh
check "the job of Vertex AI" exits 0
check "... commits" prints 'spiralfed/manifest.json  committed at'
check "... and hands in, by its own identity" prints 'quality'
stand_in gcloud <<'END'
cp job.yaml started
END
(cd job && METRIC=HeldOut.ndcg_at_10 BUCKET=b REGION=r IMAGE=i SERVICE_ACCOUNT=s PATH=$PWD/../bin:$PATH \
	sh "$pipelines/vertex-job.sh") >out 2>err
check "... takes the metric with it" grep -qF '{name: METRIC, value: "HeldOut.ndcg_at_10"}' job/started
rm bin/curl bin/python3

repository spiralverse/runtime-v4
mkdir -p in/benchmark in/evaluation made
cp "$data/harvest/runtime/bench.json" in/benchmark/
echo '{"classification_metrics": {"accuracy": {"value": 0.82, "standard_deviation": "NaN"}}}' >in/evaluation/evaluation.json
status=0
INPUT=in OUTPUT=made "$python" "$pipelines/sagemaker_step.py" spiralverse/runtime-v4 s3://b/runtime-v4 spiralverse/runtime-v4 \
	quality=accuracy 1.2 >out 2>err || status=$?
check "the step of SageMaker" exits 0
check "... the evaluation and the benchmark in one" sh -c 'grep -q "\"quality\"" made/manifest.json && grep -q "\"latency_ms_p95\"" made/manifest.json'
check "... commits" prints 'spiralfed/manifest.json  committed at'
check "... and hands in" prints 'latency'
exit "$bad"
