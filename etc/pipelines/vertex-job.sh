#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A custom job on Vertex AI: trains an embedder, MTEB measures it, the model goes to AIP_MODEL_DIR in Cloud Storage,
# and the manifest to the Hub and to the gates.
#   vertex-job.sh          starts the job (gcloud, in the project of today)
#   vertex-job.sh inside   is what runs in it
# Wants ARTIFACT (namespace/family-vN), REPO (of the Hub, for the manifest), BASE_MODEL, TASKS, METRIC, BUCKET, REGION, IMAGE (with
# python, sentence-transformers, mteb, gcloud with gsutil, curl, spiralfed and this script as /job/vertex-job.sh), SERVICE_ACCOUNT,
# HF_SECRET (a secret's name in Secret Manager), SPIRALFED_URL.
# No token of spiralfed's: the job's own identity is one. The policy binds it:
#   "keyless": [{"issuer": "https://accounts.google.com", "audience": "spiralfed",
#                "subject": "<the service account's unique id>", "provider": "gcp"}]
set -eu
: "${ARTIFACT:?}" "${REPO:?}" "${BASE_MODEL:?}" "${SPIRALFED_URL:?}" "${HF_SECRET:?}"
: "${TASKS:=NFCorpus}"
: "${METRIC:=${TASKS%%,*}.main_score}"
name=${ARTIFACT#*/}

if [ "${1-}" != inside ]; then
	: "${BUCKET:?}" "${REGION:?}" "${IMAGE:?}" "${SERVICE_ACCOUNT:?}"
	cat >job.yaml <<-END
		serviceAccount: $SERVICE_ACCOUNT
		baseOutputDirectory: {outputUriPrefix: gs://$BUCKET/$name}
		workerPoolSpecs:
		- replicaCount: 1
		  machineSpec: {machineType: g2-standard-8, acceleratorType: NVIDIA_L4, acceleratorCount: 1}
		  containerSpec:
		    imageUri: $IMAGE
		    command: [sh, /job/vertex-job.sh, inside]
		    env:
		    - {name: ARTIFACT, value: "$ARTIFACT"}
		    - {name: REPO, value: "$REPO"}
		    - {name: BASE_MODEL, value: "$BASE_MODEL"}
		    - {name: TASKS, value: "$TASKS"}
		    - {name: METRIC, value: "$METRIC"}
		    - {name: HF_SECRET, value: "$HF_SECRET"}
		    - {name: SPIRALFED_URL, value: "$SPIRALFED_URL"}
	END
	exec gcloud ai custom-jobs create --region "$REGION" --display-name "$name" --config job.yaml
fi

python3 /job/train.py --base "$BASE_MODEL" --output model # yours: a folder that SentenceTransformer() loads
python3 - "$TASKS" <<'END'
import sys, mteb
from sentence_transformers import SentenceTransformer
mteb.MTEB(tasks=mteb.get_tasks(tasks=sys.argv[1].split(","))).run(SentenceTransformer("model"), output_folder="results")
END
gsutil -q -m rsync -r model "$AIP_MODEL_DIR"

HF_TOKEN=$(gcloud secrets versions access latest --secret "$HF_SECRET")
export HF_TOKEN
spiralfed manifest results --provider gcp --role embed --id "$ARTIFACT" \
	--uri "$AIP_MODEL_DIR" --base-model "$BASE_MODEL" --map "retrieval_score=$METRIC" --output manifest.json --push "$REPO"

# An identity of the job's service account for this audience, good for an hour.
SPIRALFED_TOKEN=$(curl -fsS -H 'Metadata-Flavor: Google' \
	'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity?audience=spiralfed&format=full')
export SPIRALFED_TOKEN
spiralfed submit manifest.json
