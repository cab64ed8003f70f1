// SPDX-License-Identifier: Apache-2.0
// Receives the daemon's webhooks with standardwebhooks: node webhooks.mjs URL. One line for each check.
import { createPublicKey, verify as verifyBytes } from "node:crypto";
import { createServer } from "node:http";
import standard from "standardwebhooks";

const { Webhook } = standard;
const daemon = process.argv[2];
let bad = 0;

function check(what, good, seen) {
	bad += good ? 0 : 1;
	console.log(`${good ? "ok" : "not ok"} - ${what}`);
	if (!good) console.log("  | " + JSON.stringify(seen));
}
async function api(method, path, body) {
	const answer = await fetch(daemon + path, {
		method,
		headers: { "Content-Type": "application/json" },
		body: body && JSON.stringify(body),
	});
	const json = await answer.json();
	if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(json)}`);
	return json;
}

const waiting = [], came = [];
const server = createServer((request, answer) => {
	const parts = [];
	request.on("data", (part) => parts.push(part));
	request.on("end", () => {
		answer.end("ok");
		const message = { headers: request.headers, body: Buffer.concat(parts).toString() };
		const next = waiting.shift();
		if (next) next(message);
		else came.push(message);
	});
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const url = `http://127.0.0.1:${server.address().port}/hook`;
const next = () => came.shift() ?? new Promise((done, fail) => {
	waiting.push(done);
	setTimeout(() => fail(new Error("no message came")), 15000).unref();
});
function verified(secret, message) {
	try {
		return new Webhook(secret).verify(message.body, message.headers);
	} catch (e) {
		return e.message;
	}
}
async function happen(reason) {
	await api("POST", "/v1/freezes", { to: "2099-01-01T00:00:00Z", reason, created_by: "me" });
	return await next();
}

// ---- HMAC ----
const made = await api("POST", "/v1/webhooks", { url, types: ["freeze.*"] });
await api("POST", `/v1/webhooks/${made.id}/test`);
let message = await next();
let event = verified(made.secret, message);
check("a test is verified", event.type === "webhook.test", event);
check("another secret does not verify", verified("whsec_" + "A".repeat(43) + "=", message) === "No matching signature found",
	message);
check("a changed body does not verify",
	verified(made.secret, { ...message, body: message.body.replace("test", "Test") }) === "No matching signature found", message);
check("another id does not verify", verified(made.secret, { ...message,
	headers: { ...message.headers, "webhook-id": "msg_x" } }) === "No matching signature found", message);
message = await happen("ünïcödé 💥");
event = verified(made.secret, message);
check("an event is verified, whatever it holds", event.data?.data?.reason === "ünïcödé 💥", event);
check("it is a CloudEvent", message.headers["content-type"] === "application/cloudevents+json" &&
	event.specversion === "1.0" && event.id && event.source && event.type === "freeze.created" && !isNaN(Date.parse(event.time)),
	event);
check("its data says what happened to what", event.data.entity === "freeze" && event.data.action === "created" &&
	event.data.timestamp === event.time, event);

// ---- Rotation ----
const rotated = await api("POST", `/v1/webhooks/${made.id}/rotate`, {});
message = await happen("overlap");
check("in the overlap the new secret verifies", verified(rotated.secret, message).type === "freeze.created", message);
check("... and the old one", verified(made.secret, message).type === "freeze.created", message);
await api("POST", `/v1/webhooks/${made.id}/rotate`, { secret: rotated.secret, overlap: "PT0S" });
message = await happen("after");
check("after it the new one alone", verified(rotated.secret, message).type === "freeze.created" &&
	verified(made.secret, message) === "No matching signature found", message);
await api("DELETE", `/v1/webhooks/${made.id}`);

// ---- Ed25519, which the package does not know: by Node's own ----
const signed = await api("POST", "/v1/webhooks", { url, types: ["freeze.*"], algorithm: "v1a", format: "slack" });
message = await happen("a <b>");
const raw = Buffer.from(signed.signatures[0].public_key.slice("whpk_".length), "base64");
const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") }, format: "jwk" });
const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = message.headers;
check("Ed25519 is verified by the public key", signature.startsWith("v1a,") &&
	verifyBytes(null, Buffer.from(`${id}.${at}.${message.body}`), key, Buffer.from(signature.slice(4), "base64")), message);
check("a chat gets a sentence", /^Freeze \S+ created by local: a &lt;b&gt;$/.test(JSON.parse(message.body).text), message.body);
check("no private key is shown", !("secret" in signed), signed);

server.close();
process.exit(bad ? 1 : 0);
