// SPDX-License-Identifier: Apache-2.0
// Drives the stand-in for Google with its official clients: node gcp.mjs URL FOLDER. One line for each check.
import aiplatform from "@google-cloud/aiplatform";
import { Storage } from "@google-cloud/storage";
import auth from "google-auth-library";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// aiplatform brings a newer one along than storage.
const own = createRequire(createRequire(createRequire(import.meta.url).resolve("@google-cloud/aiplatform")).resolve("google-gax"));
const newer = own("google-auth-library");

const [url, folder] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const scopes = ["https://www.googleapis.com/auth/cloud-platform"];
const parent = "projects/proj/locations/europe-west4";
let bad = 0;

function check(what, good, seen) {
	bad += good ? 0 : 1;
	console.log(`${good ? "ok" : "not ok"} - ${what}`);
	if (!good) console.log("  | " + JSON.stringify(seen));
}
async function fails(what, code, promise, words = "") {
	try {
		check(what, false, await promise);
	} catch (e) {
		check(what, e.code === code && e.message.includes(words), { code: e.code, message: e.message });
	}
}
const read = (name) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
const control = (path, body, method = "POST") =>
	fetch(`${url}/_control/${path}`, { method, body: body && JSON.stringify(body) });

// ---- Credentials ----

async function call(token) {
	const answer = await fetch(`${url}/v1/${parent}/models`, { headers: { Authorization: `Bearer ${token}` } });
	return answer.status;
}
// The client signs for Google's own address, whatever the key's token_uri says: what it signs is sent on.
function serviceAccount(name) {
	const key = read(name);
	const client = new auth.JWT({ email: key.client_email, key: key.private_key, keyId: key.private_key_id, scopes });
	const gtoken = client.createGToken();
	gtoken.transporter = { request: async (options) => {
		const body = new URLSearchParams(options.data);
		const [head, claims] = body.get("assertion").split(".").slice(0, 2).map((part) =>
			JSON.parse(Buffer.from(part, "base64url")));
		seen = { head, claims };
		return { data: {} };
	} };
	return gtoken;
}
let seen;
await serviceAccount("key.json").getToken({ forceRefresh: true });
check("the client signs a JWT of the form that the stand-in takes",
	seen.head.alg === "RS256" && seen.claims.exp - seen.claims.iat === 3600 && seen.claims.scope === scopes[0], seen);

async function signed(name, change = {}) {
	const key = read(name);
	const { SignJWT, importPKCS8 } = await import("jose");
	const now = Math.floor(Date.now() / 1000);
	const claims = { iss: key.client_email, scope: scopes[0], aud: key.token_uri, iat: now, exp: now + 3600, ...change };
	const assertion = await new SignJWT(claims).setProtectedHeader({ alg: "RS256", typ: "JWT", kid: key.private_key_id })
		.sign(await importPKCS8(key.private_key, "RS256"));
	const body = new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
	const answer = await fetch(key.token_uri, { method: "POST", body });
	return { status: answer.status, ...(await answer.json()) };
}
const granted = await signed("key.json");
check("a service account's JWT is worth a token", granted.token_type === "Bearer" && (await call(granted.access_token)) === 200, granted);
const unknown = await signed("wrong.json");
check("a key that is not known is refused", unknown.status === 400 && unknown.error === "invalid_grant", unknown);
for (const [what, change] of Object.entries({
	"a JWT for another audience": { aud: "https://oauth2.googleapis.com/token" }, "one of two hours": { exp: Math.floor(Date.now() / 1000) + 7200 },
	"one from the past": { iat: 1000, exp: 4600 }, "one without a scope": { scope: "" }, "one of somebody else": { iss: "x@y" } })) {
	const answer = await signed("key.json", change);
	check(`${what} is refused`, answer.status === 400 && answer.error.startsWith("invalid_"), answer);
}
for (const name of ["federation.json", "federation-url.json", "impersonation.json"]) {
	const client = auth.ExternalAccountClient.fromJSON({ ...read(name), scopes });
	const { token } = await client.getAccessToken();
	check(`google-auth-library exchanges a token by ${name}`, (await call(token)) === 200, token);
}
const foreign = auth.ExternalAccountClient.fromJSON({ ...read("federation.json"), audience: "//iam.googleapis.com/other", scopes });
try {
	check("another pool is refused", false, await foreign.getAccessToken());
} catch (e) {
	check("another pool is refused", e.message.includes("invalid_request"), e.message);
}
process.env.GCE_METADATA_HOST = `${hostname}:${port}`;
const compute = new auth.Compute({ scopes });
check("the metadata server gives a token", (await call((await compute.getAccessToken()).token)) === 200, 0);
const bare = await fetch(`${url}/computeMetadata/v1/instance/service-accounts/default/token`);
check("and none without Metadata-Flavor", bare.status === 403, bare.status);
check("a token that nobody gave is refused", (await call("ya29.made-up")) === 401, 0);

// ---- Vertex AI ----

const authClient = auth.ExternalAccountClient.fromJSON({ ...read("impersonation.json"), scopes });
const vertexClient = newer.ExternalAccountClient.fromJSON({ ...read("impersonation.json"), scopes });
const models = new aiplatform.v1.ModelServiceClient({
	fallback: true, apiEndpoint: hostname, port: Number(port), protocol: "http", authClient: vertexClient });
const paged = { autoPaginate: false };

const names = [];
for (let i = 1; i <= 7; i++) {
	const [operation] = await models.uploadModel({ parent, model: {
		displayName: `embedder-${i}`, artifactUri: `gs://models/embedder-${i}`,
		labels: { spiralfed: "embed", ...(i % 2 ? { odd: "yes" } : {}) } } });
	const [response] = await operation.promise();
	names.push(response.model);
}
check("seven models are uploaded", names.length === 7 && names[0].startsWith(parent + "/models/"), names);
const [list] = await models.listModels({ parent });
check("the list has all of them, over three pages", list.length === 7 && list.every((m) => m.versionId === "1"), list.map((m) => m.name));
const [one, next] = await models.listModels({ parent, pageSize: 2, orderBy: "update_time desc" }, paged);
check("a page has as many as were asked for, the newest first",
	one.length === 2 && next.pageToken && one[0].displayName === "embedder-7", one.map((m) => m.displayName));
const [two] = await models.listModels({ ...next }, paged);
check("its token goes on", two[0].displayName === "embedder-5", two.map((m) => m.displayName));
await fails("but not in another list", 400, models.listModels({ parent, pageToken: next.pageToken, filter: "labels.odd:*" }, paged));
const count = async (filter) => (await models.listModels({ parent, filter }))[0].length;
check("filters: labels, their presence, names, both", (await count('labels.odd="yes"')) === 4 && (await count("labels.odd:*")) === 4 &&
	(await count('displayName="embedder-3"')) === 1 && (await count('labels.spiralfed:* AND display_name="embedder-3"')) === 1 &&
	(await count('labels.odd="no"')) === 0, 0);
await fails("a filter that is none is refused", 400, models.listModels({ parent, filter: "size>3" }, paged), "filter");
const [masked] = await models.listModels({ parent, readMask: { paths: ["name", "update_time"] } });
check("a mask leaves out the rest", masked[0].name && masked[0].updateTime && !masked[0].displayName, masked[0]);

const [more] = await models.uploadModel({ parent, parentModel: names[0], model: {
	displayName: "embedder-1", versionAliases: ["candidate"], artifactUri: "gs://models/embedder-1/2", labels: { spiralfed: "embed" } } });
const [second] = await more.promise();
check("a second version", second.model === names[0] && second.modelVersionId === "2", second);
const [versions] = await models.listModelVersions({ name: names[0] });
check("versions are listed, and the first stays the default",
	versions.map((v) => v.versionId).join() === "2,1" && versions[1].versionAliases.includes("default"), versions);
const [candidate] = await models.getModel({ name: `${names[0]}@candidate` });
check("one is got by its alias", candidate.versionId === "2" && candidate.etag && candidate.versionUpdateTime.seconds > 0, candidate);
const [merged] = await models.mergeVersionAliases({ name: `${names[0]}@2`, versionAliases: ["default", "golden", "-candidate"] });
check("aliases are merged", merged.versionAliases.join() === "default,golden", merged.versionAliases);
const [chosen] = await models.getModel({ name: names[0] });
check("and the default moves", chosen.versionId === "2" && chosen.etag !== candidate.etag, chosen);
const [newest] = await models.listModels({ parent, pageSize: 1, orderBy: "update_time desc" }, paged);
check("what was changed last comes first", newest[0].name === names[0] && newest[0].versionId === "2", newest);
await fails("a model that is not there", 404, models.getModel({ name: `${parent}/models/nothing` }));
await fails("a version that is not there", 404, models.getModel({ name: `${names[0]}@7` }));

const number = (n) => ({ numberValue: n, kind: "numberValue" });
const [evaluation] = await models.importModelEvaluation({ parent: `${names[0]}@2`, modelEvaluation: {
	displayName: "nightly", metricsSchemaUri: "gs://google-cloud-aiplatform/schema/modelevaluation/general_text_generation_metrics_1.0.0.yaml",
	metrics: { structValue: { fields: { ndcg_at_10: number(0.81) } }, kind: "structValue" } } });
check("an evaluation is imported", evaluation.name.startsWith(`${names[0]}@2/evaluations/`), evaluation);
const [evaluations] = await models.listModelEvaluations({ parent: `${names[0]}@2` });
check("and listed with its metrics", evaluations.length === 1 &&
	evaluations[0].metrics.structValue.fields.ndcg_at_10.numberValue === 0.81, evaluations);
const [none] = await models.listModelEvaluations({ parent: `${names[1]}@1` });
check("an empty list is an empty object", none.length === 0, none);
const [renamed] = await models.updateModel({ model: { name: names[1], labels: { spiralfed: "retrieval" } }, updateMask: { paths: ["labels"] } });
check("labels are changed", renamed.labels.spiralfed === "retrieval", renamed);

// ---- Faults ----

await control("fault", { kind: "throttle", path: "/models$", times: 1 });
await fails("429 is RESOURCE_EXHAUSTED", 429, models.listModels({ parent }, { ...paged, retry: null }), "RESOURCE_EXHAUSTED");
await control("fault", { kind: "error", status: 503, path: "/models$", times: 1 });
await fails("503 is UNAVAILABLE", 503, models.listModels({ parent }, { ...paged, retry: null }), "UNAVAILABLE");
await control("fault", { kind: "unauthorized", path: "/models$", times: 1 });
await fails("401 is UNAUTHENTICATED", 401, models.listModels({ parent }, { ...paged, retry: null }), "UNAUTHENTICATED");
await control("fault", { kind: "denied", path: "/models$", times: 1 });
await fails("403 is PERMISSION_DENIED", 403, models.listModels({ parent }, { ...paged, retry: null }), "PERMISSION_DENIED");

// ---- Cloud Storage ----

const storage = new Storage({ apiEndpoint: url, useAuthWithCustomEndpoint: true, projectId: "proj", authClient, retryOptions: { autoRetry: false } });
const bucket = storage.bucket("models");
const manifest = JSON.stringify({ provider: "gcp", artifacts: [] });
const plain = bucket.file("embedder-1/spiralfed/manifest.json"), big = bucket.file("embedder-1/big/manifest.json");
await plain.save(manifest, { resumable: false, contentType: "application/json" });
check("an upload comes back, checked by its CRC32C", (await plain.download())[0].toString() === manifest, 0);
const [session] = await big.createResumableUpload({ metadata: { contentType: "application/json" } });
const put = await fetch(session, { method: "PUT", body: manifest });
check("so does a resumable one", put.ok && (await big.download())[0].toString() === manifest, put.status);
const file = bucket.file("embedder-1/spiralfed/manifest.json");
const [meta] = await file.getMetadata();
check("metadata: generation and size are text, with both hashes",
	typeof meta.generation === "string" && meta.size === String(manifest.length) && meta.crc32c && meta.md5Hash, meta);
await file.save(manifest + " ", { resumable: false, preconditionOpts: { ifGenerationMatch: meta.generation } });
const [later] = await file.getMetadata();
check("a new generation", later.generation !== meta.generation, later);
await fails("the old one is gone", 404, bucket.file(file.name, { generation: meta.generation }).download());
await fails("a precondition that does not hold", 412,
	file.save("x", { resumable: false, preconditionOpts: { ifGenerationMatch: meta.generation } }));
const [files] = await bucket.getFiles({ prefix: "embedder-1/" });
check("objects are listed by prefix", files.map((f) => f.name).join() === "embedder-1/big/manifest.json,embedder-1/spiralfed/manifest.json", files.map((f) => f.name));
await fails("an object that is not there", 404, bucket.file("nothing").download(), "No such object");
await fails("a bucket that is not there", 404, storage.bucket("nothing").file("x").getMetadata());
await control("fault", { kind: "truncate", path: "manifest", times: 1 });
const { token } = await authClient.getAccessToken();
const cut = await fetch(`${url}/storage/v1/b/models/o/${encodeURIComponent(file.name)}?alt=media`, {
	headers: { Authorization: `Bearer ${token}` } });
check("an answer that is cut off is noticed", cut.ok && (await cut.text().catch((e) => e)) instanceof Error, cut.status);
await models.deleteModel({ name: names[6] });
check("a model is deleted", (await models.listModels({ parent }))[0].length === 6, 0);
await control("revoke");
await fails("a token that was taken back is refused by Storage", 401,
	new Storage({ apiEndpoint: url, useAuthWithCustomEndpoint: true, projectId: "proj", retryOptions: { autoRetry: false },
		authClient: Object.assign(new auth.OAuth2Client(), { credentials: { access_token: granted.access_token, expiry_date: Date.now() + 1e6 } }) })
		.bucket("models").file("embedder-1/spiralfed/manifest.json").getMetadata());
process.exit(bad ? 1 : 0);
