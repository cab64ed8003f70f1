// SPDX-License-Identifier: Apache-2.0
// Drives the stand-in for Amazon with its official clients: node aws.mjs URL FOLDER. One line for each check.
import * as S3 from "@aws-sdk/client-s3";
import * as SM from "@aws-sdk/client-sagemaker";
import * as STS from "@aws-sdk/client-sts";
import { readFileSync } from "node:fs";

const [url, folder] = process.argv.slice(2);
const region = "eu-west-1", bucket = "spiral-models";
const good = { accessKeyId: "AKIDSTANDIN", secretAccessKey: "stand-in/secret" };
let bad = 0;

function check(what, passed, seen) {
	bad += passed ? 0 : 1;
	console.log(`${passed ? "ok" : "not ok"} - ${what}`);
	if (!passed) console.log("  | " + JSON.stringify(seen));
}
async function fails(what, name, promise, status) {
	try {
		check(what, false, await promise);
	} catch (e) {
		check(what, e.name === name && (!status || e.$metadata?.httpStatusCode === status),
			{ name: e.name, message: e.message, status: e.$metadata?.httpStatusCode });
	}
}
const control = (path, body, method = "POST") =>
	fetch(`${url}/_control/${path}`, { method, body: body && JSON.stringify(body) });
const stats = async () => (await control("stats", undefined, "GET")).json();

const sagemaker = (credentials = good, more = {}) =>
	new SM.SageMakerClient({ endpoint: url, region, credentials, maxAttempts: 3, ...more });
const s3 = (credentials = good, more = {}) =>
	new S3.S3Client({ endpoint: url, region, credentials, forcePathStyle: true, maxAttempts: 3, ...more });
const sts = new STS.STSClient({ endpoint: url, region, credentials: good, maxAttempts: 1 });

// ---- Publishing, as a pipeline does it ----

const client = sagemaker(), store = s3();
await store.send(new S3.CreateBucketCommand({ Bucket: bucket }));
const key = "run 1/a+b=(c)/model.tar.gz";
await store.send(new S3.PutObjectCommand({ Bucket: bucket, Key: key, Body: "weights" }));
const object = await store.send(new S3.GetObjectCommand({ Bucket: bucket, Key: key }));
check("an object comes back under a key with blanks and signs", await object.Body.transformToString() === "weights");
const head = await store.send(new S3.HeadObjectCommand({ Bucket: bucket, Key: key }));
check("HEAD tells its size", head.ContentLength === 7, head);
const listed = await store.send(new S3.ListObjectsV2Command({ Bucket: bucket, Prefix: "run 1/", MaxKeys: 1 }));
check("a prefix is listed", listed.KeyCount === 1 && listed.Contents[0].Key === key, listed);
await fails("a key that is not there", "NoSuchKey",
	store.send(new S3.GetObjectCommand({ Bucket: bucket, Key: "none" })), 404);
await fails("a bucket that is not there", "NoSuchBucket",
	store.send(new S3.GetObjectCommand({ Bucket: "nobodys-bucket", Key: "none" })), 404);
await fails("HEAD of a key that is not there", "NotFound",
	store.send(new S3.HeadObjectCommand({ Bucket: bucket, Key: "none" })), 404);

await client.send(new SM.CreateModelPackageGroupCommand({ ModelPackageGroupName: "runtime" }));
await fails("a group is made once", "ValidationException",
	client.send(new SM.CreateModelPackageGroupCommand({ ModelPackageGroupName: "runtime" })), 400);
const arns = [];
for (let i = 1; i <= 7; i++) {
	const made = await client.send(new SM.CreateModelPackageCommand({
		ModelPackageGroupName: "runtime", ModelApprovalStatus: i === 7 ? "PendingManualApproval" : "Approved",
		InferenceSpecification: { Containers: [{ Image: "i", ModelDataUrl: `s3://${bucket}/${key}` }],
			SupportedContentTypes: ["application/json"], SupportedResponseMIMETypes: ["application/json"] },
		ModelMetrics: { ModelQuality: { Statistics: { ContentType: "application/json", S3Uri: `s3://${bucket}/e.json` } } },
		CustomerMetadataProperties: { "spiralfed.id": `spiralverse/runtime-v${i}` } }));
	arns.push(made.ModelPackageArn);
}
const seen = [];
let pages = 0;
for await (const page of SM.paginateListModelPackages({ client, pageSize: 100 },
	{ ModelPackageType: "Versioned", ModelApprovalStatus: "Approved", SortBy: "CreationTime", SortOrder: "Ascending" })) {
	pages++;
	seen.push(...page.ModelPackageSummaryList.map((p) => p.ModelPackageArn));
}
check("six approved packages come on two pages", pages === 2 && seen.join() === arns.slice(0, 6).join(), { pages, seen });
const one = await client.send(new SM.DescribeModelPackageCommand({ ModelPackageName: arns[0] }));
check("a package is described", one.ModelPackageVersion === 1 && one.CreationTime instanceof Date &&
	one.CustomerMetadataProperties["spiralfed.id"] === "spiralverse/runtime-v1" &&
	one.ModelMetrics.ModelQuality.Statistics.S3Uri === `s3://${bucket}/e.json`, one);
await client.send(new SM.UpdateModelPackageCommand({ ModelPackageArn: arns[6], ModelApprovalStatus: "Approved",
	ApprovalDescription: "by a person" }));
const again = await client.send(new SM.ListModelPackagesCommand({ ModelPackageGroupName: "runtime", MaxResults: 1,
	SortBy: "CreationTime", SortOrder: "Descending", ModelApprovalStatus: "Approved", ModelPackageType: "Versioned" }));
check("what was approved is listed", again.ModelPackageSummaryList[0].ModelPackageArn === arns[6], again);

// ---- What changed since: Search ----

const iso = (ms) => new Date(ms).toISOString().slice(0, 19);
const filter = (Name, Value, Operator = "Equals") => ({ Name, Operator, Value });
const wanted = [filter("ModelApprovalStatus", "Approved"), filter("ModelPackageStatus", "Completed"),
	filter("ModelPackageGroupName", "runtime")];
const since = (ms) => ({ Filters: wanted, Operator: "And", SubExpressions: [{ Operator: "Or", Filters:
	["LastModifiedTime", "CreationTime"].map((n) => filter(n, iso(ms), "GreaterThanOrEqualTo")) }] });
const search = (SearchExpression, more = {}) => client.send(new SM.SearchCommand({ Resource: "ModelPackage",
	SearchExpression, SortBy: "LastModifiedTime", SortOrder: "Descending", MaxResults: 100, ...more }));
const arnsOf = (answer) => answer.Results.map((r) => r.ModelPackage.ModelPackageArn);
const hits = [];
for await (const page of SM.paginateSearch({ client, pageSize: 100 }, { Resource: "ModelPackage",
	SearchExpression: since(Date.now() - 86400e3), SortBy: "LastModifiedTime", SortOrder: "Descending" }))
	hits.push(page);
check("seven packages that changed lately come on three pages, the latest first", hits.length === 3 &&
	hits.flatMap(arnsOf).length === 7 && arnsOf(hits[0])[0] === arns[6], hits);
const hit = hits[0].Results[0].ModelPackage;
check("what Search shows of a package", hit.ModelPackageVersion === 7 && hit.LastModifiedTime instanceof Date &&
	hit.CreationTime instanceof Date && hit.ModelApprovalStatus === "Approved" &&
	hit.CustomerMetadataProperties["spiralfed.id"] === "spiralverse/runtime-v7", hit);
await control("package", { arn: arns[0], CreationTime: 1700000000.25, LastModifiedTime: 1700000000.25 });
check("what did not is not among them", !(await (async () => {
	const first = await search(since(Date.now() - 86400e3));
	return arnsOf(first).concat(arnsOf(await search(since(Date.now() - 86400e3), { NextToken: first.NextToken })));
})()).includes(arns[0]));
check("a time is compared by seconds", arnsOf(await search({ Filters: [filter("LastModifiedTime", iso(1700000000e3),
	"GreaterThanOrEqualTo"), filter("LastModifiedTime", iso(1700000001e3), "LessThan")] })).join() === arns[0] &&
	arnsOf(await search({ Filters: [filter("LastModifiedTime", iso(1700000000e3), "LessThanOrEqualTo")] })).length === 0);
check("either of two", arnsOf(await search({ Operator: "Or", Filters: [filter("ModelPackageArn", arns[1]),
	filter("ModelPackageArn", arns[2])] })).sort().join() === [arns[1], arns[2]].join());
check("another kind of resource has none", (await search(undefined, { Resource: "Endpoint" })).Results.length === 0);
for (const [what, expression, more] of [
	["without a filter", {}], ["by what no package has", { Filters: [filter("Colour", "red")] }],
	["by a time with an offset", { Filters: [filter("LastModifiedTime", "2026-11-24T00:00:00Z", "GreaterThan")] }],
	["by a text that is greater", { Filters: [filter("ModelPackageGroupName", "a", "GreaterThan")] }],
	["by an operator that is none", { Filters: [filter("ModelPackageGroupName", "a", "Like")] }],
	["sorted by what no package has", undefined, { SortBy: "Colour" }],
	["of a resource that is none", undefined, { Resource: "Model Package" }],
	["of nothing", undefined, { Resource: undefined }],
	["by pages that are too large", undefined, { MaxResults: 101 }],
	["from a page of another search", undefined, { NextToken: hits[0].NextToken }]])
	await fails("a search " + what, "ValidationException", search(expression, more), 400);
await control("fault", { kind: "denied", match: "^Search$", times: 1 });
await fails("a search that is not allowed", "AccessDeniedException", search(since(0)), 400);

await fails("a package that is not there", "ValidationException",
	client.send(new SM.DescribeModelPackageCommand({ ModelPackageName: arns[0] + "9" })), 400);
await fails("a page of another listing", "ValidationException", client.send(new SM.ListModelPackagesCommand({
	ModelPackageType: "Both", NextToken: again.NextToken })), 400);
await fails("a page that is too large", "ValidationException",
	client.send(new SM.ListModelPackagesCommand({ MaxResults: 101 })), 400);

// ---- Pipelines ----

const start = { PipelineName: "distil-runtime", ClientRequestToken: "x".repeat(32),
	PipelineParameters: [{ Name: "Teacher", Value: "sha256:1" }] };
const first = await client.send(new SM.StartPipelineExecutionCommand(start));
const second = await client.send(new SM.StartPipelineExecutionCommand(start));
check("a token starts one execution, however often it comes", first.PipelineExecutionArn &&
	first.PipelineExecutionArn === second.PipelineExecutionArn, { first, second });
await fails("a token that is too short", "ValidationException",
	client.send(new SM.StartPipelineExecutionCommand({ ...start, ClientRequestToken: "short" })), 400);
await fails("a pipeline that is not there", "ResourceNotFound",
	client.send(new SM.StartPipelineExecutionCommand({ ...start, PipelineName: "none", ClientRequestToken: "y".repeat(32) })), 400);
const states = [];
for (let i = 0; i < 3; i++)
	states.push((await client.send(new SM.DescribePipelineExecutionCommand(
		{ PipelineExecutionArn: first.PipelineExecutionArn }))).PipelineExecutionStatus);
check("it runs and succeeds", states.join() === "Executing,Executing,Succeeded", states);
const third = await client.send(new SM.StartPipelineExecutionCommand({ ...start, ClientRequestToken: "z".repeat(32) }));
const stop = { PipelineExecutionArn: third.PipelineExecutionArn, ClientRequestToken: "s".repeat(32) };
const ended = await client.send(new SM.StopPipelineExecutionCommand(stop));
await client.send(new SM.StopPipelineExecutionCommand(stop));
check("one is stopped, once for a token", ended.PipelineExecutionArn === third.PipelineExecutionArn, ended);
const ends = [];
for (let i = 0; i < 2; i++)
	ends.push((await client.send(new SM.DescribePipelineExecutionCommand(
		{ PipelineExecutionArn: third.PipelineExecutionArn }))).PipelineExecutionStatus);
check("it ends", ends.join() === "Stopping,Stopped", ends);
await fails("to stop what is over", "ValidationException", client.send(new SM.StopPipelineExecutionCommand(
	{ PipelineExecutionArn: first.PipelineExecutionArn, ClientRequestToken: "t".repeat(32) })), 400);
await fails("to stop what is not there", "ResourceNotFound", client.send(new SM.StopPipelineExecutionCommand(
	{ ...stop, PipelineExecutionArn: first.PipelineExecutionArn + "9" })), 400);

// ---- Who is let in ----

const wrong = { ...good, secretAccessKey: "not-the-secret" };
await fails("a wrong secret at SageMaker", "InvalidSignatureException",
	sagemaker(wrong).send(new SM.ListModelPackagesCommand({})), 403);
await fails("a wrong secret at S3", "SignatureDoesNotMatch",
	s3(wrong).send(new S3.GetObjectCommand({ Bucket: bucket, Key: key })), 403);
await fails("an unknown key at SageMaker", "UnrecognizedClientException",
	sagemaker({ ...good, accessKeyId: "AKIDNOBODY" }).send(new SM.ListModelPackagesCommand({})), 403);
await fails("an unknown key at S3", "InvalidAccessKeyId",
	s3({ ...good, accessKeyId: "AKIDNOBODY" }).send(new S3.GetObjectCommand({ Bucket: bucket, Key: key })), 403);
await fails("another region's signature", "InvalidSignatureException",
	sagemaker(good, { region: "us-east-1" }).send(new SM.ListModelPackagesCommand({})), 403);

const RoleArn = "arn:aws:iam::123456789012:role/trainer", RoleSessionName = "client";
const WebIdentityToken = readFileSync(`${folder}/web.token`, "utf8").trim();
const role = await sts.send(new STS.AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName, WebIdentityToken }));
const session = { accessKeyId: role.Credentials.AccessKeyId, secretAccessKey: role.Credentials.SecretAccessKey,
	sessionToken: role.Credentials.SessionToken };
check("a web identity gets a session", session.sessionToken && role.Credentials.Expiration instanceof Date, role);
await fails("another web identity", "InvalidIdentityTokenException", sts.send(new STS.AssumeRoleWithWebIdentityCommand(
	{ RoleArn, RoleSessionName, WebIdentityToken: "other" })), 400);
const asRole = await sagemaker(session).send(new SM.ListModelPackagesCommand({ ModelPackageType: "Versioned" }));
check("the session is taken by SageMaker", asRole.ModelPackageSummaryList.length === 3, asRole);
check("and by S3", (await s3(session).send(new S3.HeadObjectCommand({ Bucket: bucket, Key: key }))).ContentLength === 7);
await fails("a session without its token", "UnrecognizedClientException",
	sagemaker({ ...session, sessionToken: undefined }).send(new SM.ListModelPackagesCommand({})), 403);
await fails("a session with another token", "InvalidToken",
	s3({ ...session, sessionToken: "x" }).send(new S3.GetObjectCommand({ Bucket: bucket, Key: key })), 400);
await control("clock", { offset: 3601 });
await fails("a clock that is an hour off", "InvalidSignatureException",
	sagemaker(good, { systemClockOffset: 0, maxAttempts: 1 }).send(new SM.ListModelPackagesCommand({})), 403);
await control("clock", { offset: 0 });

// ---- Faults, as the client meets them ----

const count = async (fault, times, send) => {
	await control("stats", undefined, "DELETE");
	await control("fault", { ...fault, times });
	await send();
	await control("fault", undefined, "DELETE");
	return (await stats()).requests;
};
const list = () => client.send(new SM.ListModelPackagesCommand({ ModelPackageType: "Versioned" }));
check("the client tries again when it is throttled", await count({ kind: "throttle" }, 1, list) === 2);
check("and after an inner error", await count({ kind: "error" }, 1, list) === 2);
check("and when no answer comes", await count({ kind: "gone" }, 1, list) === 2);
check("and when S3 asks to slow down", await count({ kind: "throttle" }, 1, () =>
	store.send(new S3.HeadObjectCommand({ Bucket: bucket, Key: key }))) === 2);
await control("fault", { kind: "throttle", times: 3 });
await fails("three times is too often", "ThrottlingException", list(), 400);
await control("fault", { kind: "expired", times: 1 });
await fails("an expired session", "ExpiredTokenException", list(), 403);
await control("fault", { kind: "denied", times: 1 });
await fails("what is not allowed", "AccessDeniedException", list(), 400);
await control("bucket", { bucket: "far-away", region: "us-west-2" });
await fails("a bucket of another region", "PermanentRedirect",
	store.send(new S3.GetObjectCommand({ Bucket: "far-away", Key: "x" })), 301);

process.exit(bad ? 1 : 0);
