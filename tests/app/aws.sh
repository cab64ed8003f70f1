#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A daemon and the stand-in for Amazon: packages brought in, each fault told once, and no secret shown
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
[ -x /usr/bin/python3 ] || { echo "python3 is missing: the stand-in for Amazon can't run"; exit 77; }
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done

/usr/bin/python3 "$SRC/tests/stand-in/aws.py" --page 8 --folder "$PWD" >url 2>stand-in.err &
api=$!
trap 'kill $api 2>/dev/null; [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null' EXIT
await test -s url
url=$(cat url)
control() { # METHOD PATH [BODY]
	curl -sf -X "$1" "$url/_control/$2" -d "${3-}"
}
requests() { control GET stats | grep -o '"requests": [0-9]*' | grep -o '[0-9]*$'; }
start() { # OPTION...
	: >log
	"$BUILD/spiralfedd" -c daemon.conf -o listen="unix:$PWD/sock" -o state=state -o auth=off \
		-o policy=calm.json "$@" 2>>log &
	pid=$!
	await ready
}
stop() {
	kill -TERM "$pid"
	wait "$pid" 2>>err
	cat log >>logs
	pid=
}
export SPIRALFED_URL="unix:$PWD/sock"
is_over() { sf schedule runs ingest --json --max-results 1 && grep -q '"finished_at":"' out; }
ingest() { sf schedule run ingest && await is_over; }
events() { # TYPE: how many there are
	curl -s --unix-socket sock "http://localhost/v1/events?max_results=1000" | grep -o "\"$1\"" | wc -l
}

awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
cat >daemon.conf <<END
[provider.aws]
connector = aws
region = eu-west-1
endpoint = $url
group = runtime
namespace = spiralverse
role = runtime
metrics = quality=accuracy
webhook_secret = $PWD/secret
timeout = 120
END
echo eventbridge-knows-this >secret
cat >seed.json <<'END'
{"count": 30, "group": "runtime", "bucket": "models", "age": 2592000, "manifest":
 "{\"provider\":\"aws\",\"artifacts\":[{\"id\":\"s/runtime-v%d\",\"role\":\"runtime\",\"uri\":\"s3://models/runtime/%d/model.tar.gz\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,\"latency_ms_p95\":90,\"cost_per_1k_tokens\":0.4}}]}"}
END
control POST seed @seed.json

AWS_CONTAINER_CREDENTIALS_FULL_URI=$url/agent/task AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$PWD/pod.token
export AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
check "it starts with a container's credentials" start
check "an ingest" ingest
check "... brings in what is approved" prints 'aws: 30 new'
control DELETE stats
check "another one" ingest
check "... finds nothing new" prints 'aws: nothing new'
check "... by one request" test "$(requests)" = 1
sf providers aws --json
check "providers shows how the way to it is" prints '"breaker":"closed"'

arn() { printf 'arn:aws:sagemaker:eu-west-1:123456789012:model-package/runtime/%s' "$1"; }
control POST object '{"bucket":"models","key":"e.json","text":"{\"binary_classification_metrics\":{\"accuracy\":{\"value\":0.91,\"standard_deviation\":0.02}}}"}'
control POST create '{"ModelPackageGroupName":"runtime","ModelApprovalStatus":"Approved","ModelMetrics":{"ModelQuality":{"Statistics":{"ContentType":"application/json","S3Uri":"s3://models/e.json"}}}}' >/dev/null
control POST create '{"ModelPackageGroupName":"runtime","ModelApprovalStatus":"Approved"}' >/dev/null
check "packages without a manifest" ingest
check "... are taken by their reports, or refused" prints 'aws: 1 new, 1 refused'
curl -s --unix-socket sock http://localhost/v1/artifacts/aws/spiralverse/runtime-v31 >out
check "... under the name of group and version" prints '"id":"spiralverse/runtime-v31"'
sf providers aws
check "... with the reason" prints 'neither spiralfed/manifest.json nor a quality report'

# ---- What EventBridge sends to an API destination ----

announce() { # ARN DETAIL-TYPE [SECRET]: the status, and the type of the answer
	printf '{"version":"0","id":"844e2571-85d4-695f-b930-0153b71dcb42","detail-type":"%s","source":"aws.sagemaker",
		"account":"123456789012","time":"2026-11-24T17:00:14Z","region":"eu-west-1","resources":["%s"],
		"detail":{"ModelPackageGroupName":"runtime","ModelPackageVersion":1,"ModelPackageArn":"%s",
		"ModelPackageStatus":"Completed","ModelApprovalStatus":"Approved"}}' "$2" "$1" "$1" >message
	curl -s -o out -w '%{http_code} %{content_type}' --unix-socket sock \
		-H 'Content-Type: application/json; charset=utf-8' ${3+-H "X-Webhook-Secret: $3"} \
		--data-binary @message http://localhost/v1/hooks/aws
}
changed="SageMaker Model Package State Change"
control POST object '{"bucket":"models","key":"e2.json","text":"{\"binary_classification_metrics\":{\"accuracy\":{\"value\":0.92,\"standard_deviation\":0.02}}}"}'
control POST create '{"ModelPackageGroupName":"runtime","ModelApprovalStatus":"Approved","ModelMetrics":{"ModelQuality":{"Statistics":{"ContentType":"application/json","S3Uri":"s3://models/e2.json"}}}}' >/dev/null
control DELETE stats
check "an event is taken" [ "$(announce "$(arn 33)" "$changed" eventbridge-knows-this)" = "202 application/json" ]
check "... with what it names" prints '"outcome":"queued"'
has_33() { curl -s --unix-socket sock http://localhost/v1/artifacts/aws/spiralverse/runtime-v33 >out && prints '"value":0.92'; }
check "... which comes in" await has_33
control GET stats >counts
check "... and nothing else is asked for" eval '! grep -q ListModelPackages counts'
check "another kind of event does nothing" \
	[ "$(announce "$(arn 33)" "SageMaker Endpoint State Change" eventbridge-knows-this)" = "202 application/json" ]
check "... and says so" prints '"outcome":"ignored"'
other=$(arn 33 | sed 's/:123456789012:/:210987654321:/')
check "an event of another account does nothing" \
	[ "$(announce "$other" "$changed" eventbridge-knows-this)" = "202 application/json" ]
check "... says why" prints '"detail":"it is of another account than 123456789012, whose packages are listed"'
check "... in the log, too" grep -q 'tag=webhook.ignored .* provider=aws why="it is of another account' log
curl -s --unix-socket sock http://localhost/metrics >out
check "... and is counted" prints 'spiralfed_provider_webhooks_ignored_total{provider="aws",connector="aws"} 2'
check "... beside the one that was taken" prints 'spiralfed_provider_webhooks_queued_total{provider="aws",connector="aws"} 1'
check "a wrong secret is refused" [ "$(announce x "$changed" eventbridge-knowS-this)" = "403 application/problem+json" ]
check "... as the log says, with why" \
	grep -q "tag=webhook.refused id=[^ ]* provider=aws code=wrong_secret why=\"X-Webhook-Secret is not the secret of aws's webhooks\" refused=1" log
check "... and none" [ "$(announce x "$changed")" = "401 application/problem+json" ]

fault() { control POST fault "{\"service\":\"sagemaker\",$1}"; }
fault '"kind":"throttle","times":1'
check "throttled once" ingest
check "... it gets through" prints 'aws: nothing new'
fault '"kind":"truncate","times":1'
check "cut off once" ingest
check "... it gets through" prints 'aws: nothing new'
check "... and nothing failed" test "$(events provider.failed)" = 0

tell() { # FAULT WORDS: two runs under it are one failure, and it recovers
	before=$(events provider.failed)
	fault "$1"
	ingest
	check "$1 is told" prints "$2"
	ingest
	check "... once" test "$(events provider.failed)" = $((before + 1))
	control DELETE fault
	ingest
	check "... and over by itself" prints 'aws: nothing new'
	check "... which is told, too" test "$(events provider.recovered)" = $((before + 1))
}
control POST create '{"ModelPackageGroupName":"runtime","ModelApprovalStatus":"PendingManualApproval"}' >/dev/null
control POST package "{\"arn\":\"$(arn 34)\",\"CreationTime\":1700000000,\"LastModifiedTime\":1700000000,
	\"CustomerMetadataProperties\":{\"spiralfed.manifest\":\"s3://models/runtime/late.json\"}}"
control POST object '{"bucket":"models","key":"runtime/late.json","text":"{\"provider\":\"aws\",\"artifacts\":[{\"id\":\"s/late-v1\",\"role\":\"runtime\",\"uri\":\"s3://models/late\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,\"latency_ms_p95\":90,\"cost_per_1k_tokens\":0.4}}]}"}'
ingest
check "an old package that nobody has approved is not taken" prints 'aws: nothing new'
control POST package "{\"arn\":\"$(arn 34)\",\"ModelApprovalStatus\":\"Approved\",\"LastModifiedTime\":$(date +%s)}"
check "approved at last" ingest
check "... it is brought in" prints 'aws: 1 new'
ingest
check "... once" prints 'aws: nothing new'
control POST object '{"bucket":"models","key":"runtime/wrapped.json","text":"{\"data\":{}}"}'
control POST create '{"ModelPackageGroupName":"runtime","ModelApprovalStatus":"Approved","CustomerMetadataProperties":{"spiralfed.manifest":"s3://models/runtime/wrapped.json"}}' >/dev/null
ingest
check "a manifest that is another document is refused" prints 'aws: nothing new, 2 refused'
control POST object '{"bucket":"models","key":"runtime/wrapped.json","text":"{\"provider\":\"aws\",\"artifacts\":[{\"id\":\"s/wrapped-v1\",\"role\":\"runtime\",\"uri\":\"s3://models/w\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,\"latency_ms_p95\":90,\"cost_per_1k_tokens\":0.4}}]}"}'
ingest
check "by hand it is asked for, and comes in" prints 'aws: 1 new, 1 refused'

fault '"kind":"denied","match":"Search"'
before=$(grep -c 'tag=source.note' log)
ingest
check "without the right to search all are listed" prints 'aws: nothing new'
ingest
check "... as the log says once" test "$(grep -c 'tag=source.note' log)" = $((before + 1))
sf providers aws --json
check "... and whoever looks" prints 'needs sagemaker:Search): Search: AccessDeniedException'
control DELETE fault
ingest
sf providers aws --json
check "... until it is given" prints '"note":null'

tell '"kind":"expired"' 'ExpiredTokenException: The provided token has expired.'
tell '"kind":"denied"' 'AccessDeniedException'
tell '"kind":"echo"' 'what is *** of ***?'
tell '"kind":"drift","variant":"rename"' 'its answers have changed'
check "nothing came twice, nothing was lost" test "$(events manifest.submitted)" = 34

control POST fault '{"service":"s3","kind":"hold","match":"runtime/3[6-8]/"}'
sed 's/30/3/; s/2592000/0/' seed.json >more.json
control POST seed @more.json
control DELETE stats
sf schedule run ingest
in_hand() { control GET stats | grep -q '"DescribeModelPackage": 2'; }
check "three more are listed, and the first is asked for after what is refused" await in_hand
kill -KILL "$pid"
wait "$pid" 2>>err
cat log >>logs
control DELETE fault
check "cut off in between, it starts again" start
check "... and goes on with the same run" await is_over
ingest
check "... after which each is there once" test "$(events manifest.submitted)" = 37
stop

check "it starts with a wrong secret" start -o provider.aws.credentials="$PWD/credentials" \
	-o provider.aws.profile=wrong
ingest
check "... which is refused" prints 'InvalidSignatureException'
stop
unset AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
export AWS_WEB_IDENTITY_TOKEN_FILE="$PWD/web.token" AWS_ROLE_ARN=arn:aws:iam::123456789012:role/trainer
check "it starts with a web identity" start
ingest
check "... which gets a session" prints 'aws: nothing new'
stop
unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN
export AWS_EC2_METADATA_SERVICE_ENDPOINT="$url"
check "it starts as an instance" start
ingest
check "... whose role it takes" prints 'aws: nothing new'
stop

clean() { ! grep -rqaF -e "$1" logs state; }
check "no secret stands in a log or in the registry" clean 'not-the-secret'
check "... nor that of the webhooks" clean eventbridge-know
check "... nor the token of the container" clean "$(cat pod.token)"
check "... nor that of the web identity" clean "$(cat web.token)"
check "... nor one of a session" clean 'Signature='
exit "$bad"
