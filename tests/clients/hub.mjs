// SPDX-License-Identifier: Apache-2.0
// Drives the Hub stand-in with @huggingface/hub: node hub.mjs URL. One line for each check.
import * as hub from "@huggingface/hub";
import { createServer } from "node:http";

const hubUrl = process.argv[2];
const accessToken = "hf_write";
const repo = "spiralverse/textgen-lora-v1";
const at = { hubUrl, accessToken, repo };
let bad = 0;

function check(what, good, seen) {
	bad += good ? 0 : 1;
	console.log(`${good ? "ok" : "not ok"} - ${what}`);
	if (!good) console.log("  | " + JSON.stringify(seen));
}
async function fails(what, status, promise, words = "") {
	try {
		check(what, false, await promise);
	} catch (e) {
		check(what, e.statusCode === status && e.message.includes(words), { status: e.statusCode, message: e.message });
	}
}
async function all(iterator) {
	const out = [];
	for await (const one of iterator) out.push(one);
	return out;
}
const file = (path, text) => ({ operation: "addOrUpdate", path, content: new Blob([text]) });
const text = async (path, revision) => {
	const blob = await hub.downloadFile({ ...at, path, revision });
	return blob && (await blob.text());
};
async function api(method, path, body, token = accessToken) {
	const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
	return await fetch(hubUrl + path, { method, headers, body: body && JSON.stringify(body) });
}
const control = (path, body) => api("POST", "/_control/" + path, body);

// ---- Who ----

const who = await hub.whoAmI({ hubUrl, accessToken });
check("whoami names user, organisation and role",
	who.name === "pipeline" && who.orgs[0].name === "spiralverse" && who.auth.accessToken.role === "write", who);
await fails("a wrong token is refused", 401, hub.whoAmI({ hubUrl, accessToken: "hf_wrong" }), "Invalid credentials");
await fails("... on a listing, too", 401, all(hub.listModels({ hubUrl, accessToken: "hf_wrong" })));
await fails("a read token creates nothing", 403, hub.createRepo({ ...at, accessToken: "hf_read" }));
await fails("nor is another's namespace open", 403, hub.createRepo({ ...at, repo: "else/where" }));

// ---- Create, commit, read back ----

const calls = [];
const receiver = createServer((request, response) => {
	let body = "";
	request.on("data", (d) => (body += d));
	request.on("end", () => {
		calls.push({ secret: request.headers["x-webhook-secret"], ...JSON.parse(body) });
		response.end();
	});
});
await new Promise((go) => receiver.listen(0, "127.0.0.1", go));
await control("webhooks", { url: `http://127.0.0.1:${receiver.address().port}/`, secret: "s3cret" });

const made = await hub.createRepo({ ...at, visibility: "private" });
check("a repo is created", made.repoUrl === `${hubUrl}/${repo}`, made);
await fails("... once", 409, hub.createRepo(at));
await fails("nobody sees a private one", 401, hub.modelInfo({ hubUrl, name: repo }), "Invalid username");
await fails("one that is not there is not found", 404, hub.modelInfo({ hubUrl, accessToken, name: "spiralverse/none" }));

const card = `---
license: apache-2.0
base_model: mistral/base
library_name: peft
pipeline_tag: text-generation
tags:
- spiralfed
- role:textgen
model-index:
- name: textgen-lora-v1
  results:
  - task: {type: text-generation}
    dataset: {type: suite, name: Suite}
    metrics:
    - type: accuracy
      value: 0.81
---
# A unit
`;
const first = await hub.commit({ ...at, title: "Add the unit", operations: [
	file("README.md", card),
	file("spiralfed/manifest.json", '{"provider":"hf"}'),
	file("weights/adapter.safetensors", "w".repeat(3000)),
] });
check("a commit has its oid", /^[0-9a-f]{40}$/.test(first.commit.oid), first);
check("a file is read back", (await text("spiralfed/manifest.json")) === '{"provider":"hf"}');
check("... over the redirect to the CDN", (await text("weights/adapter.safetensors")) === "w".repeat(3000));
check("... at its revision", (await text("spiralfed/manifest.json", first.commit.oid)) === '{"provider":"hf"}');
check("one that is not there is none", (await text("none.json")) === null);
await fails("a revision that is not there is told", 404, text("README.md", "v9"), "Invalid rev id");
const download = await hub.fileDownloadInfo({ ...at, path: "weights/adapter.safetensors" });
check("its size and digest are told", download.size === 3000 && /^"[0-9a-f]{64}"$/.test(download.etag), download);

const info = await hub.modelInfo({ hubUrl, accessToken, name: repo,
	additionalFields: ["sha", "cardData", "model-index", "tags", "filePaths", "author"] });
check("info pins the commit", info.sha === first.commit.oid && info.name === repo, info);
check("... reads the card", info.cardData.license === "apache-2.0" && info.task === "text-generation", info);
check("... and its model-index", info["model-index"][0].results[0].metrics[0].value === 0.81, info);
check("... and its tags", info.tags.includes("role:textgen") && info.tags.includes("base_model:mistral/base"), info);
check("... and lists the files", info.filePaths.includes("spiralfed/manifest.json"), info);
const files = await all(hub.listFiles({ ...at, recursive: true }));
const large = files.find((f) => f.path === "weights/adapter.safetensors");
check("a tree has sizes and large files' digests", large && large.size === 3000 && large.lfs.oid.length === 64, files);
check("... and folders", files.some((f) => f.type === "directory" && f.path === "spiralfed"), files);
check("a file is there", await hub.fileExists({ ...at, path: "README.md" }));
check("... another is not", !(await hub.fileExists({ ...at, path: "nope" })));

// ---- Parents, tags, branches ----

const second = await hub.commit({ ...at, title: "Next", parentCommit: first.commit.oid,
	operations: [file("CHANGELOG.md", "# v1.0.1\n"), { operation: "delete", path: "weights/adapter.safetensors" }] });
check("a commit on its parent goes through", second.commit.oid !== first.commit.oid);
await fails("one on a stale parent does not", 412, hub.commit({ ...at, title: "Late", parentCommit: first.commit.oid,
	operations: [file("a", "b")] }), "A commit has happened since");
await fails("a card that cannot be read is refused", 400, hub.commit({ ...at, title: "Card",
	operations: [file("README.md", "---\ntags: [a\n---\n")] }), "Invalid metadata");
await fails("a read token commits nothing", 403, hub.commit({ ...at, accessToken: "hf_read", title: "x",
	operations: [file("a", "b")] }));
const commits = await all(hub.listCommits({ ...at, batchSize: 1 }));
check("the history goes over its pages",
	commits.map((c) => c.title).join() === "Next,Add the unit,initial commit", commits);
check("... with oids", commits[0].oid === second.commit.oid && commits[0].date instanceof Date, commits);

check("a tag is set", (await api("POST", `/api/models/${repo}/tag/${first.commit.oid}`,
	{ tag: "v1.0.0", message: "one" })).status === 200);
check("... once", (await api("POST", `/api/models/${repo}/tag/main`, { tag: "v1.0.0" })).status === 409);
check("what it names is read by it", (await text("weights/adapter.safetensors", "v1.0.0")) === "w".repeat(3000));
const tagged = await hub.modelInfo({ hubUrl, accessToken, name: repo, revision: "v1.0.0", additionalFields: ["sha"] });
check("... and pinned", tagged.sha === first.commit.oid, tagged);
const refs = await (await api("GET", `/api/models/${repo}/refs`)).json();
check("the refs show it", refs.tags[0].ref === "refs/tags/v1.0.0" && refs.tags[0].targetCommit === first.commit.oid, refs);
await hub.createBranch({ ...at, branch: "next", revision: "v1.0.0" });
check("a branch is made from it", (await text("weights/adapter.safetensors", "next")) !== null);

// ---- Listing ----

await control("seed", { org: "spiralverse", count: 7, name: "embed" });
const seen = await all(hub.listModels({ hubUrl, accessToken, search: { owner: "spiralverse" }, additionalFields: ["sha"] }));
check("a listing goes over its pages", seen.length === 8 && new Set(seen.map((m) => m.name)).size === 8, seen);
check("... newest first", seen.every((m, i) => i === 0 || m.updatedAt <= seen[i - 1].updatedAt), seen);
check("... each with its commit", seen.every((m) => /^[0-9a-f]{40}$/.test(m.sha)), seen);
check("... no more than asked for", (await all(hub.listModels({ hubUrl, accessToken, limit: 4 }))).length === 4);
const found = await all(hub.listModels({ hubUrl, accessToken, search: { tags: ["spiralfed", "role:textgen"] } }));
check("a filter finds by tag", found.length === 1 && found[0].name === repo && found[0].private, found);
const open = await all(hub.listModels({ hubUrl, search: { owner: "spiralverse" } }));
check("a private one is not listed to nobody", open.length === 7, open);

// ---- Headers, redirects, faults ----

const plain = await fetch(`${hubUrl}/api/models?author=spiralverse&limit=100`);
check("the rate limit is in the headers", /^"api";r=\d+;t=\d+$/.test(plain.headers.get("ratelimit")) &&
	/^"fixed window";"api";q=\d+;w=\d+$/.test(plain.headers.get("ratelimit-policy")), [...plain.headers]);
const again = await fetch(`${hubUrl}/api/models?author=spiralverse&limit=100`,
	{ headers: { "If-None-Match": plain.headers.get("etag") } });
check("an unchanged listing is 304", again.status === 304, again.status);
const step = await fetch(`${hubUrl}/${repo}/resolve/v1.0.0/README.md`,
	{ redirect: "manual", headers: { Authorization: "Bearer hf_write" } });
check("a small file is redirected within the Hub", step.status === 307 &&
	step.headers.get("location").startsWith("/api/resolve-cache/") && step.headers.get("x-repo-commit") === first.commit.oid,
	[step.status, ...step.headers]);
const stats = await (await api("GET", "/_control/stats")).json();
check("the official client never takes its token to the CDN", stats.auth_at_cdn === 0, stats);

for (const [kind, status, more] of [["limit", 429, {}], ["throttle", 429, { after: 2 }], ["error", 503, {}],
	["unauthorized", 401, {}]]) {
	await control("fault", { kind, times: 1, path: "^/api/models", ...more });
	await fails(`fault ${kind} answers ${status}`, status, hub.modelInfo({ hubUrl, accessToken, name: repo }));
}
for (const kind of ["gone", "truncate", "drift"]) {
	await control("fault", { kind, times: 1, path: "^/api/models" });
	let failed = false;
	try {
		await all(hub.listModels({ hubUrl, accessToken }));
	} catch {
		failed = true;
	}
	check(`fault ${kind} breaks the official client`, failed);
}
check("and is over then", (await hub.modelInfo({ hubUrl, accessToken, name: repo })).name === repo);

// ---- Moving, deleting, webhooks ----

await control("move", { from: repo, to: "spiralverse/textgen-lora-v2" });
check("a moved repo is found under its old name",
	(await hub.modelInfo({ hubUrl, accessToken, name: repo })).name === "spiralverse/textgen-lora-v2");
await hub.deleteRepo({ ...at, repo: "spiralverse/textgen-lora-v2" });
check("a deleted one is gone", !(await hub.repoExists({ ...at, repo: "spiralverse/textgen-lora-v2" })));
for (let i = 0; i < 100 && !calls.some((c) => c.event.action === "delete"); i++) await new Promise((go) => setTimeout(go, 20));
const pushed = calls.find((c) => c.updatedRefs?.[0].newSha === first.commit.oid);
check("the webhook tells of a commit", pushed && pushed.event.action === "update" &&
	pushed.event.scope === "repo.content" && pushed.updatedRefs[0].ref === "refs/heads/main" &&
	pushed.repo.name === repo && pushed.webhook.version === 3, calls);
check("... of a tag", calls.some((c) => c.updatedRefs?.[0].ref === "refs/tags/v1.0.0"), calls);
check("... of the move and the deletion", calls.some((c) => c.event.action === "move") &&
	calls.some((c) => c.event.action === "delete" && c.event.scope === "repo"), calls);
check("... with its secret", calls.every((c) => c.secret === "s3cret"), calls);
receiver.close();
process.exit(bad ? 1 : 0);
