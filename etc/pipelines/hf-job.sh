#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A job on Hugging Face: AutoTrain fine-tunes an adapter, lm-evaluation-harness measures it, and what the two
# leave behind becomes the manifest beside it and goes to the gates.
#   hf-job.sh            starts the job (the `hf` command, with a token that may write)
#   hf-job.sh inside     is what runs in it
# Wants ARTIFACT (namespace/family-vN, also the repository's name), BASE_MODEL, DATASET, TASKS, METRIC (the one
# that counts), SPIRALFED_URL, SPIRALFED_GIT; as secrets HF_TOKEN and SPIRALFED_TOKEN (scope submit:hf).
set -eu
: "${ARTIFACT:?}" "${BASE_MODEL:?}" "${DATASET:?}" "${SPIRALFED_URL:?}" "${SPIRALFED_GIT:?}"
: "${TASKS:=gsm8k}" "${METRIC:=gsm8k.exact_match.strict-match}" # `spiralfed manifest results ... --explain` lists them
user=${ARTIFACT%%/*} name=${ARTIFACT#*/}

if [ "${1-}" != inside ]; then
	exec hf jobs run --flavor a10g-small --timeout 6h --secrets HF_TOKEN --secrets SPIRALFED_TOKEN \
		--env "ARTIFACT=$ARTIFACT" --env "BASE_MODEL=$BASE_MODEL" --env "DATASET=$DATASET" --env "TASKS=$TASKS" \
		--env "METRIC=$METRIC" \
		--env "SPIRALFED_URL=$SPIRALFED_URL" --env "SPIRALFED_GIT=$SPIRALFED_GIT" \
		pytorch/pytorch:2.6.0-cuda12.4-cudnn9-devel sh -c "$(cat "$0")" hf-job.sh inside
fi

apt-get -q update && apt-get -q -y install git make
git clone -q --depth 1 "$SPIRALFED_GIT" spiralfed
make -C spiralfed deps && make -C spiralfed && make -C spiralfed install
pip install -q autotrain-advanced 'lm-eval[hf]' peft

cat >train.yaml <<END
task: llm-sft
base_model: $BASE_MODEL
project_name: $name
log: none
backend: local
data: {path: $DATASET, train_split: train, valid_split: null, column_mapping: {text_column: text}}
params: {block_size: 1024, epochs: 3, batch_size: 2, lr: 2e-4, peft: true, target_modules: all-linear}
hub: {username: $user, token: \${HF_TOKEN}, push_to_hub: true}
END
HF_USERNAME=$user autotrain --config train.yaml

# The very commit that is measured below: the repository's main may move on.
commit=$(python3 -c 'import sys, huggingface_hub; print(huggingface_hub.HfApi().model_info(sys.argv[1]).sha)' "$ARTIFACT")

# The harness writes n, standard errors and directions, which make a verdict more than a comparison of two points.
lm_eval --model hf --model_args "pretrained=$BASE_MODEL,peft=$name" --tasks "$TASKS" --batch_size auto --output_path results

spiralfed manifest "$name/adapter_config.json" results --provider hf --role textgen --id "$ARTIFACT" \
	--uri "hf://$ARTIFACT@$commit" --base-model "$BASE_MODEL" --map "task_accuracy=$METRIC" \
	--output manifest.json --push "$ARTIFACT"
spiralfed submit manifest.json
