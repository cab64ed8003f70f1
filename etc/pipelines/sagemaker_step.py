#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A processing step of SageMaker Pipelines that makes the manifest of a distilled runtime.

As a module it gives `manifest_step(...)` for your pipeline, to stand behind the step that serves the model and
benchmarks it (vllm bench serve ... --percentile-metrics ttft,tpot,itl,e2el --metric-percentiles 95,99
--save-result) and the one that evaluates it (evaluation.json). Run in the step's container it reads what those two
left, writes manifest.json, commits it to the Hub and hands it in to the gates.

The image holds python, boto3 and spiralfed. Its role may read one secret of Secrets Manager, in the region of the job:
{"HF_TOKEN": ..., "SPIRALFED_TOKEN": ...}, the latter with scope submit:aws.
"""

import json
import os
import subprocess
import sys

IN, OUT = "/opt/ml/processing/input", "/opt/ml/processing/output"


def manifest_step(image, role, evaluation, benchmark, model_data, artifact, repo, secret, url, metric="quality=accuracy",
                  cost_per_hour="1.2"):
    """evaluation, benchmark: S3 prefixes of the steps before; model_data: where the model lies."""
    from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
    from sagemaker.workflow.steps import ProcessingStep

    processor = ScriptProcessor(image_uri=image, role=role, command=["python3"], instance_count=1,
                                instance_type="ml.t3.medium",
                                env={"SECRET": secret, "SPIRALFED_URL": url})
    return ProcessingStep(
        name="Manifest", processor=processor, code=os.path.abspath(__file__),
        inputs=[ProcessingInput(source=evaluation, destination=IN + "/evaluation"),
                ProcessingInput(source=benchmark, destination=IN + "/benchmark")],
        outputs=[ProcessingOutput(output_name="manifest", source=OUT)],
        job_arguments=[artifact, model_data, repo, metric, cost_per_hour])


def secrets():
    import boto3

    answer = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])
    return json.loads(answer["SecretString"])


def main(artifact, model_data, repo, metric, cost_per_hour):
    # Only for the two commands below: a step's environment can be read by everyone who may describe the job.
    env = {**os.environ, **(secrets() if os.environ.get("SECRET") else {})}
    folders = os.environ.get("INPUT", IN), os.environ.get("OUTPUT", OUT)
    manifest = folders[1] + "/manifest.json"
    subprocess.run(["spiralfed", "manifest", folders[0], "--provider", "aws", "--role", "runtime", "--id", artifact,
                    "--uri", model_data, "--map", metric, "--cost-per-hour", cost_per_hour,
                    "--output", manifest, "--push", repo], env=env, check=True)
    subprocess.run(["spiralfed", "submit", manifest], env=env, check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
