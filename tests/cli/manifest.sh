#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spiralfed manifest: folders and files in, a manifest and reasons out; and the samples of the wild, where they are there.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
unset SPIRALFED_TOKEN SPIRALFED_TOKEN_FILE SPIRALFED_URL
harvest=$data/harvest
manifest() { sf manifest "$@"; }
holds() { grep -qF -- "$1" made.json; }

manifest "$harvest/adapter" --provider hf --role textgen --map task_accuracy=accuracy,safety=safety_group.acc --output made.json
check "a folder of an adapter" exits 0
check "... the id that the files agree on" holds '"id": "spiralverse/textgen-lora-v9"'
check "... what it is" holds '"kind": "adapter"'
check "... of what" holds '"base_model": "spiralverse/base-7b"'
check "... the policy's name, the count, the direction" says 'task_accuracy = accuracy  0.84167, n 1200'
check "... a group with the samples of its members" says 'safety = safety_group.acc  0.97, n 1000, stderr 0.0054'
check "... whose members do not count again" sh -c '! grep -q safety_self made.json'
check "... nor a checkpoint, or the log of the training" sh -c '! grep -q 0.8441 made.json'
check "... a suite with its categories" holds '"promptinject.Hijack"'
check "... where each came from" says "<- $harvest/adapter/all_results.json at /eval_accuracy"
check "... the same from the card, once" sh -c '! grep -q 0.8417, made.json'
check "... and what the gates lack" says 'latency        inconclusive  latency_ms_p95 is missing from the metrics'
check "... and what to do next about each" says 'next, latency: give the result of a serving benchmark too (vllm bench serve'
check "... of safety, the suite and the number" says 'next, safety: give the report of a red team too'
check "... of the contract" says 'next, compatibility: name its contract in the manifest'
check "... and nothing of what passed" sh -c '! grep -q "next, quality" err'
check "... one line on standard output" test "$(wc -l <out)" = 1
sf policy test --candidate made.json
check "... and its gates judge" prints 'hf/spiralverse/textgen-lora-v9 against nothing'
manifest "$harvest/adapter" --provider hf --role textgen --explain --output made.json
check "--explain: what gives way" says 'checkpoint-20.accuracy  0.8441  is of one of two checkpoints'
check "... and what says the same" says "accuracy  0.8417  says the same as"
check "... each file with its format" says "adapter_config.json  PEFT adapter configuration: "
check "... what may be meant" says 'task_accuracy may be one of these: --map task_accuracy='
manifest "$harvest/adapter/all_results.json" --provider hf --role textgen
check "no id: it is asked for" exits 1
check "... with a sentence" says 'give --id namespace/family-vN'
check "... and nothing is written" test ! -s out
manifest "$harvest/adapter/all_results.json" --provider hf --role textgen --id spiralverse/x-v1
check "without --output it goes to standard output" prints '"schema": "spiralfed.manifest/v1"'
manifest "$harvest"/adapter/results_*.json --provider hf --role textgen --id spiralverse/x-v1
check "... and of another name there is a note" says 'note: measured spiralverse/textgen-lora-v9, and the manifest is about spiralverse/x-v1'
manifest "$harvest/nowhere" --provider zzz --role textgen
check "a provider that nobody knows" exits 2
check "... with those that the policy knows" says '--provider zzz: no provider of the policy, which knows hf, gcp, aws'
manifest "$harvest/embedder" --provider gcp --role embed --map retrieval_score=HeldOut.main_score
check "no address but on the Hub: it is asked for" says 'give --uri'
manifest "$harvest/embedder" --provider gcp --role embed --uri 'javascript:alert(1)' \
	--map retrieval_score=HeldOut.main_score --output made.json
check "an address that is no place is refused" exits 1
check "... says what is one" says 'hf://, gs://, s3://, https://, file://'
manifest "$harvest/embedder" --provider gcp --role embed --uri gs://b/e --map retrieval_score=HeldOut.main_score --output made.json
check "an embedder by its metadata" holds '"id": "spiralverse/embedder-v6"'
check "... passes the quality gate" says 'quality        pass'
manifest "$harvest/runtime/bench.json" --provider aws --role runtime --uri s3://b/r --cost-per-hour 4 --output made.json
check "a serving benchmark" holds '"latency_ms_p95"'
check "... passes the latency gate" says 'latency        pass          latency_ms_p95 210.25 <= ceiling 250; cost_per_1k_tokens 0.000555556'
check "... wants no benchmark then" sh -c '! grep -q "next, latency" err'
check "... but a quality" says 'next, quality: say with --map which number is meant'
check "... says what failed" says '2 of 2000 requests failed; the latencies are of the others'
manifest "$harvest/runtime/bench.json" --provider aws --role runtime --uri s3://b/r --output made.json
check "... without its price" says 'next, latency: say with --cost-per-hour PRICE'
rm made.json
manifest "$harvest/runtime" --provider aws --role runtime --uri s3://b/r --output made.json
check "a run in which nothing came through stops everything" exits 1
check "... says which" says "runtime/failed.json: no request came through"
check "... and what to do" says 'to leave it out, name the files that count'
check "... and writes nothing" test ! -e made.json
mkdir -p big/run pipes
{ printf '{"outputs": ["' && head -c 9000000 /dev/zero | tr '\0' x && printf '"], ' && tail -c +2 "$harvest/runtime/failed.json"; } \
	>big/run/detailed.json
cp "$harvest/runtime/bench.json" big/run
manifest big --provider aws --role runtime --uri s3://b/r --output made.json
check "a failed run of 9 MB in a folder stops everything, too" exits 1
check "... by its name" says "big/run/detailed.json: no request came through"
truncate -s 70000000 big/run/detailed.json
manifest big --provider aws --role runtime --uri s3://b/r --output made.json
check "one that is too large to be read stops everything" exits 1
check "... by its name" says "big/run/detailed.json is larger than"
check "... with the way on" says 'to leave it out, name the files that count'
mv big/run/detailed.json big/run/tokenizer.json
manifest big --provider aws --role runtime --uri s3://b/r --output made.json
check "a large tokenizer does not" exits 0
check "... and is named" says 'passed over: big/run/tokenizer.json'
rm made.json
mkfifo pipes/results.json
timeout 120 "$BUILD/spiralfed" manifest pipes --provider aws --role runtime >out 2>err
status=$?
check "a pipe in a folder is not waited for" exits 1
check "... but named" says 'pipes/results.json is no regular file'
timeout 120 "$BUILD/spiralfed" manifest pipes/results.json --provider aws --role runtime >out 2>err
status=$?
check "... nor one that is named" says 'pipes/results.json is no regular file'
ln -s nowhere.json big/run/gone.json
manifest big --provider aws --role runtime --uri s3://b/r
check "a link that leads nowhere may have been evidence" says 'cannot open big/run/gone.json'
rm -r big pipes
mkdir -p web/.0 web/.1 web/.2 web/.3 web/.4 web/.5 web/.6
for level in 0 1 2 3 4 5; do
	for link in 0 1 2 3 4 5 6 7 8 9 a b c d e f g h i j; do
		ln -s ../.$((level + 1)) web/.$level/$link
	done
done
ln -s .0 web/start
ln -s .. web/.6/up
echo '{"metrics": {"quality": {"value": 0.74}}}' >web/.6/results.json
timeout 20 "$BUILD/spiralfed" manifest web web/.6 --provider gcp --role embed --uri gs://b/e --id a/b-v1 \
	--output made.json >out 2>err
status=$?
check "of links that lead to one folder by 64,000,000 ways one is gone" exits 0
check "... once" says 'quality  0.74  <- web/start/0/0/0/0/0/0/results.json'
rm -r web made.json
manifest "$harvest/runtime/bench.json" --provider aws --role benchmark --subject spiralverse/runtime-v3 \
	--id spiralverse/inference-benchmark-v4 --known-as spiralverse/runtime-v4 --uri s3://b/r --output made.json
check "evidence about another" holds '"subject": "spiralverse/runtime-v3"'
check "... is no unit" says 'is evidence: it counts in the gates of spiralverse/runtime-v3'
manifest "$harvest/runtime/bench.json" "$harvest/adapter" --provider hf --role textgen
check "two models are not one artifact" says 'one artifact is one model'
manifest "$harvest/adapter" --provider hf --role embed
check "a role that is not the provider's" says 'is no role of hf'
manifest "$harvest/adapter" --provider hf --role textgen --map quality=nosuch
check "a name that is not there" says 'hold nothing called nosuch'
manifest "$harvest/adapter" --provider hf --role textgen --map qualty=accuracy
check "a slip in the policy's name" exits 2
check "... with what was meant" says 'looks for qualty; did you mean quality?'
manifest "$harvest/adapter" --provider hf --role textgen --map throughput=accuracy --output made.json
check "a name of somebody's own is carried along" holds '"throughput"'
check "... and said" says 'no gate of the policy looks for throughput'
echo '{"task_name": "NFCorpus", "scores": {"test": [{"main_score": 31.6}]}}' >T.json
manifest T.json --provider gcp --role embed --uri gs://b/e --id a/b-v1 --map retrieval_score=NFCorpus.main_score --output made.json
check "a main score of 31.6 is 0.316" says 'retrieval_score = NFCorpus.main_score  0.316'
check "... and passes no floor of 0.75" sh -c '! grep -E "^ *quality +pass" err'
echo '{"metrics": {"quality": {"value": 74}}}' >T.json
manifest T.json --provider gcp --role embed --uri gs://b/e --id a/b-v1
check "a quality of 74 is refused" exits 1
check "... with the way on" says 'say so with --map quality=quality/100'
echo '{"global_step": 20, "max_steps": 100, "log_history": [{"step": 20, "eval_f1": 0.6}]}' >trainer_state.json
manifest trainer_state.json --provider hf --role textgen --id a/b-v1
check "a training that was not finished is told" says 'was to take 100 steps and stood at 20'
manifest "$harvest/adapter" --provider hf --role textgen --map quality
check "a map that is none" exits 2
manifest "$harvest/adapter" --provider hf --role textgen --cost-per-hour -1
check "a price that is none" exits 2
manifest "$harvest/nosuch" --provider hf --role textgen
check "no such file" says "nosuch"
mkdir empty
manifest empty --provider hf --role textgen
check "an empty folder" says 'there is no .json, .jsonl or README.md'
manifest "$SRC/etc/policy.json" --provider hf --role textgen --id a/b-v1
check "a file of another kind that is named" says 'is in no format that is read here'
manifest "$harvest/adapter" --role textgen
check "wants a provider" exits 2

daemon_on_socket
export SPIRALFED_TOKEN_FILE=state/admin.token
manifest "$harvest/adapter" --provider hf --role textgen --map task_accuracy=accuracy,safety=safety_group.acc --output made.json
sf submit made.json
check "the daemon takes what comes of it" prints 'spiralverse/textgen-lora-v9'
unset SPIRALFED_URL

# ---- The samples: real files of other people, which are not part of this tree. ----

samples=
for folder in "${SPIRALFED_SAMPLES:-}" "$SRC/../shared/samples" "$SRC/../../shared/samples"; do
	[ -z "$samples" ] && [ -n "$folder" ] && [ -d "$folder" ] && samples=$folder
done
if [ -z "$samples" ]; then
	echo "ok - the samples # skip: not on this machine (SPIRALFED_SAMPLES=folder)"
	exit "$bad"
fi
# What must come of which: the end of the path, "made" or a piece of the refusal.
cat >expected <<'END'
bench_serve_all_requests_failed_v0.25.1.json|no request came through
bench_serve_v0.25.1.json|made
run=0.json|made
vllm-benchmarking__summary.json|made
tp_1_summary.json|a p95 cannot be had from a mean
anyscale_70b.json|made
k6-summary.json|made
results_2025-06-09T18-32-58.151999.json|made
truthfulqa_mc-v1-res.json|made
japanese-large-lm-1.7b__result.json|made
result.jsquad-1.2.json|made
CreditModelTesting__evaluation.json|is no JSON
whisper-tiny-nbaiLab__README.md|made
irrigation_systems__README.md|made
Whisper_small_hi__README.md|made
HugginFace__README.md|made
qwythos-9b-math-sft__README.md|no front matter
qwythos-9b-math-sft__adapter_config.json|not how good it is
LLamaModel__adapter_config.json|not how good it is
pidgin-lora__adapter_config.json|not how good it is
lerobot-libero__adapter_config.json|has no peft_type
beir_results.json|made
NFCorpus.json|made
model_meta.json|not how good it is
ArguAna-PL.json|made
LLM_Security_Range__promptfoo-results.json|nothing was tried
hitlog.jsonl|does not say of how many attempts
quack.report.jsonl|no model was asked
test_with_ci.report.jsonl|no model was asked
prompt-eval-workbench__promptfoo-results.json|made
harmbench_project__results.json|it was a dry run
cicd_model__evaluation.json|made
evaluation (1).json|made
constraints.json|measures no model
all_results.json|made
eval_results.json|made
train_results.json|only what was measured while training
irrigation_systems__trainer_state.json|is of one of two checkpoints
Whisper_small_hi__trainer_state.json|is of one of two checkpoints
trainer_state.json|made
END
expect() { # PATH: what must come of it
	while IFS='|' read -r end what; do
		case $1 in *"$end") echo "$what" && return ;; esac
	done <expected
	echo anything
}
judged() { # the gates take it as a manifest, whatever they say of it
	"$BUILD/spiralfed" policy test --candidate made.json >judgement 2>&1
	grep -q 'against nothing' judgement
}
as_expected() { # WHAT
	case $1 in
	made) exits 0 && test -s made.json && judged ;;
	anything) { exits 0 || exits 1; } && [ -s err ] ;;
	*) exits 1 && says "$1" && [ ! -e made.json ] ;;
	esac
}
# By itself no sample may pass a gate on numbers: none names what the policy asks for, but for a p95,
# and none of those is within the limit.
passes_none() { ! grep -E '^ *(quality|latency|safety) +pass' err; }
names_file() { exits 0 || grep -qF -- "$1" err; }
n=0
for file in "$samples"/*/*; do
	rm -f made.json
	manifest "$file" --provider hf --role textgen --id spiralverse/sample-v1 --output made.json
	what=$(expect "$file")
	check "${file#"$samples"/}: $what" as_expected "$what"
	check "... names the file" names_file "${file#"$samples"/}"
	check "... passes no gate" passes_none
	n=$((n + 1))
done
check "there were samples" test "$n" -gt 10
manifest "$samples/latency" --provider hf --role textgen --id spiralverse/sample-v1
check "a folder with a failed run in it is refused" says 'no request came through'
exit "$bad"
