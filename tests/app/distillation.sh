#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A distillation from its trigger to its candidate: a daemon that is killed at each step, one pipeline run
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
[ -x /usr/bin/python3 ] || { echo "python3 is missing: the stand-in for Amazon can't run"; exit 77; }
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done

/usr/bin/python3 "$SRC/tests/stand-in/aws.py" --folder "$PWD" >url 2>stand-in.err &
api=$!
trap 'kill $api 2>/dev/null; [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null' EXIT
await test -s url
url=$(cat url)
control() { # METHOD PATH [BODY]
	curl -sf -X "$1" "$url/_control/$2" -d "${3-}"
}
start() {
	: >log
	"$BUILD/spiralfedd" -c daemon.conf -o listen="unix:$PWD/sock" -o state=state -o auth=off \
		-o policy=policy.json 2>>log &
	pid=$!
	await ready
}
again() { # killed, and started: what is due is looked at at once
	kill -KILL "$pid"
	wait "$pid" 2>>err
	start
}
export SPIRALFED_URL="unix:$PWD/sock"
call() { # METHOD PATH [BODY]
	curl -s --unix-socket sock -X "$1" -H 'Content-Type: application/json' ${3+--data "$3"} \
		"http://localhost$2" >out 2>err
}
happened() { # EVENT
	call GET '/v1/events?max_results=1000'
	grep -qF "\"$1\"" out
}
runs() { control GET executions | grep -o '"ClientRequestToken\|"PipelineExecutionArn"' | wc -l; }

awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
/usr/bin/python3 - >policy.json <<'END'
import json
policy = json.load(open("calm.json"))
policy["fusion"]["distillation"] = {"teacher": "model:textgen", "student": "model:runtime", "cooldown": "P30D",
    "trigger": {"signal": "route_share", "target": "model:textgen", "op": "gt", "value": 0.5, "window": "P1D"}}
print(json.dumps(policy))
END
cat >daemon.conf <<END
[provider.aws]
connector = aws
region = eu-west-1
endpoint = $url
credentials = $PWD/credentials
pipeline = distil-runtime
timeout = 120
END
control POST pipeline '{"name":"distil-runtime","describes":0}'
control POST object '{"bucket":"spiralverse-models","key":"runtime-distilled/v5","text":"weights"}'
start
sf submit "$SRC/etc/demo/gcp.json" "$SRC/etc/demo/aws.json"
sf submit "$SRC/etc/demo/hf.json"
sf merge
merge=$(sed -n 's/^merge \([^ ]*\) .*/\1/p' out)
# Once the connector has looked whether the runtime is there.
promoted() { sf promote "$merge" --reason test && prints 'stable is now 1.0.0'; }
check "a release is live" await promoted
call POST /v1/observations "{\"observations\":[{\"node\":\"n1\",\"release\":\"1.0.0\",\"total\":1000,\"errors\":0,
	\"targets\":[{\"target\":\"model:textgen\",\"requests\":700}],
	\"t_start\":\"$(date -u -d '-30 seconds' +%FT%TZ)\",\"t_end\":\"$(date -u +%FT%T.%3NZ)\"}]}"
check "its nodes report that the teacher has most of the work" prints '"accepted":1'

# A pipeline that is called otherwise: somebody mends the option.
sed -i 's/^pipeline = distil-runtime/pipeline = distill-runtime/' daemon.conf
again
check "a pipeline that is not there" await happened distillation.due
waits() { call GET /v1/distillations && prints 'ResourceNotFound' && prints '"phase":"Pending"'; }
check "... is waited for, and said" await waits
check "... and no failure" eval '! happened distillation.failed'
sed -i 's/^pipeline = distill-runtime/pipeline = distil-runtime/' daemon.conf

# What AWS answers is lost, however often it is asked; then the daemon is killed.
control POST fault '{"kind":"truncate","match":"StartPipelineExecution"}'
again
check "the distillation falls due" await happened distillation.due
one_run() { [ "$(runs)" = 1 ]; }
check "the pipeline is asked for" await one_run
control DELETE fault
again
check "after the kill it is started" await happened distillation.started
check "... which was the same run" one_run
control GET executions >out
check "... for this release" prints '{"Name": "Release", "Value": "1.0.0"}'
check "... and this teacher" prints '{"Name": "TeacherId", "Value": "spiralverse/textgen-lora-v1"}'
call GET /v1/distillations
check "it is shown" prints '"phase":"Running"'
teacher=spiralverse/textgen-lora-v1
run=$(sed -n 's/.*"job":"\([^"]*\)".*/\1/p' out)

control POST object "{\"bucket\":\"models\",\"key\":\"out/spiralfed/manifest.json\",\"text\":\"{\\\"provider\\\":\\\"aws\\\",\\\"run\\\":{\\\"id\\\":\\\"$run\\\"},\\\"artifacts\\\":[{\\\"id\\\":\\\"spiralverse/runtime-student-v1\\\",\\\"role\\\":\\\"runtime\\\",\\\"uri\\\":\\\"s3://models/out/model.tar.gz\\\",\\\"derived_from\\\":[\\\"$teacher\\\"],\\\"metrics\\\":{\\\"quality\\\":0.8,\\\"safety\\\":0.98,\\\"latency_ms_p95\\\":90,\\\"cost_per_1k_tokens\\\":0.4}}]}\"}"
control POST create '{"ModelPackageGroupName":"runtime","ModelApprovalStatus":"Approved","InferenceSpecification":{"Containers":[{"Image":"i","ModelDataUrl":"s3://models/out/model.tar.gz"}]}}' >/dev/null
again
check "its end is seen" await happened distillation.succeeded
has_come() {
	call GET /v1/artifacts/aws/spiralverse/runtime-student-v1
	prints '"phase":'
}
check "what it made is pulled at once" await has_come
again
check "... and known as its candidate" await happened distillation.delivered
sf distillations
check "the command line lists it" grep -q '^1  *1.0.0  *Succeeded  *aws ' out
sf distillations 1 --json
check "... which is on record" prints '"candidate":"spiralverse/runtime-student-v1"'
sf distillations acknowledge 1 --reason known
check "nobody need acknowledge it" grep -qF 'nothing to acknowledge: it is Succeeded' err
sf distillations acknowledge 1
check "to acknowledge takes a reason" grep -qF -- 'needs the ID and --reason TEXT' err
again
check "one run in all" one_run
exit "$bad"
