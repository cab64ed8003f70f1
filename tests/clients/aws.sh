#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The stand-in for SageMaker, S3 and STS driven by @aws-sdk's clients and by Debian's boto3
set -u
/usr/bin/python3 ../stand-in/aws.py --page 3 --folder "$TEST_TMP" >"$TEST_TMP/url" 2>"$TEST_TMP/err" &
pid=$!
trap 'kill "$pid" 2>/dev/null' EXIT
tries=0
until [ -s "$TEST_TMP/url" ] || [ "$tries" -ge 100 ]; do
	tries=$((tries + 1))
	sleep 0.05
done
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
export HOME="$TEST_TMP" AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1
node aws.mjs "$(cat "$TEST_TMP/url")" "$TEST_TMP"
status=$?
if /usr/bin/python3 -c 'import boto3' 2>/dev/null; then
	/usr/bin/python3 -B aws_boto.py "$(cat "$TEST_TMP/url")" "$TEST_TMP" || status=1
else
	echo "ok - boto3 # skip: Debian's python3-boto3 is not installed"
fi
cat "$TEST_TMP/err"
exit "$status"
