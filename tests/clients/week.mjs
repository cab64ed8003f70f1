// SPDX-License-Identifier: Apache-2.0
// What pipelines and readers do with the official clients in a week: node week.mjs STEP HUB GCP AWS FOLDER [ARG...]
//   publish N QUALITY   version N of each provider's unit, with its manifest
//   read TAG FILE       what stands in the repository of releases at a tag, and that the tag is there
import * as hub from "@huggingface/hub";
import aiplatform from "@google-cloud/aiplatform";
import { Storage } from "@google-cloud/storage";
import auth from "google-auth-library";
import * as S3 from "@aws-sdk/client-s3";
import * as SM from "@aws-sdk/client-sagemaker";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const [step, hubUrl, gcpUrl, awsUrl, folder, ...args] = process.argv.slice(2);
const accessToken = "hf_write";

const manifest = (provider, id, role, uri, quality) => JSON.stringify({
	provider, artifacts: [{ id, role, uri,
		metrics: { quality, safety: 0.98, latency_ms_p95: 60, cost_per_1k_tokens: 0.4 } }] });

async function publishToHub(n, quality) {
	const repo = `spiralverse/textgen-lora-v${n}`;
	const file = (path, text) => ({ operation: "addOrUpdate", path, content: new Blob([text]) });
	await hub.createRepo({ hubUrl, accessToken, repo, visibility: "private" });
	await hub.commit({ hubUrl, accessToken, repo, title: `version ${n}`, operations: [
		file("README.md", "---\ntags:\n- spiralfed\n---\n"), file("adapter_model.safetensors", `weights ${n}`),
		file("spiralfed/manifest.json", manifest("hf", repo, "textgen", `hf://${repo}`, quality))] });
}

// aiplatform brings a newer one along than storage.
const own = createRequire(createRequire(createRequire(import.meta.url).resolve("@google-cloud/aiplatform")).resolve("google-gax"));
const external = (library) => library.ExternalAccountClient.fromJSON({
	...JSON.parse(readFileSync(`${folder}/impersonation.json`, "utf8")), scopes: ["https://www.googleapis.com/auth/cloud-platform"] });

async function publishToGoogle(n, quality) {
	const { hostname, port } = new URL(gcpUrl);
	const storage = new Storage({ apiEndpoint: gcpUrl, useAuthWithCustomEndpoint: true, projectId: "proj", authClient: external(auth) });
	const models = new aiplatform.v1.ModelServiceClient({
		fallback: true, apiEndpoint: hostname, port: Number(port), protocol: "http", authClient: external(own("google-auth-library")) });
	const bucket = storage.bucket("models");
	const uri = `gs://models/embedder-v${n}`;
	await bucket.file(`embedder-v${n}/weights.bin`).save("weights", { resumable: false });
	await bucket.file(`embedder-v${n}/spiralfed/manifest.json`).save(
		manifest("gcp", `spiralverse/embedder-v${n}`, "embed", `${uri}/weights.bin`, quality), { resumable: false });
	const [operation] = await models.uploadModel({ parent: "projects/proj/locations/europe-west4", model: {
		displayName: `embedder-v${n}`, artifactUri: uri, labels: { spiralfed: "embed" } } });
	await operation.promise();
}

async function publishToAmazon(n, quality) {
	const credentials = { accessKeyId: "AKIDSTANDIN", secretAccessKey: "stand-in/secret" };
	const to = { endpoint: awsUrl, region: "eu-west-1", credentials };
	const sagemaker = new SM.SageMakerClient(to), s3 = new S3.S3Client({ ...to, forcePathStyle: true });
	const put = (Key, Body) => s3.send(new S3.PutObjectCommand({ Bucket: "models", Key, Body }));
	if (n === "1") {
		await s3.send(new S3.CreateBucketCommand({ Bucket: "models" }));
		await sagemaker.send(new SM.CreateModelPackageGroupCommand({ ModelPackageGroupName: "runtime" }));
	}
	const url = `s3://models/runtime-${n}/model.tar.gz`;
	await put(`runtime-${n}/model.tar.gz`, "weights");
	await put(`runtime-${n}/spiralfed/manifest.json`, manifest("aws", `spiralverse/runtime-v${n}`, "runtime", url, quality));
	await sagemaker.send(new SM.CreateModelPackageCommand({
		ModelPackageGroupName: "runtime", ModelApprovalStatus: "Approved",
		InferenceSpecification: { Containers: [{ Image: "i", ModelDataUrl: url }],
			SupportedContentTypes: ["application/json"], SupportedResponseMIMETypes: ["application/json"] } }));
}

if (step === "publish") {
	for (const publish of [publishToHub, publishToGoogle, publishToAmazon]) await publish(args[0], Number(args[1]));
} else {
	const at = { hubUrl, accessToken, repo: "spiralverse/spiralverse-ai-federated" };
	const [tag, path, out] = args;
	const info = await hub.modelInfo({ hubUrl, accessToken, name: at.repo, revision: tag, additionalFields: ["sha"] });
	const blob = await hub.downloadFile({ ...at, path, revision: tag });
	const files = [];
	for await (const one of hub.listFiles({ ...at, revision: tag, recursive: true })) files.push(one.path);
	if (!blob || !files.includes(path)) throw new Error(`${path} is not at ${tag}: ${files}`);
	writeFileSync(out, Buffer.from(await blob.arrayBuffer()));
	console.log(info.sha);
}
