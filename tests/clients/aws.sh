#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The stand-in for SageMaker, S3 and STS driven by @aws-sdk's clients and by Debian's boto3
# shellcheck source=tests/support/clients.sh
. ../support/clients.sh
stand_in aws --page 3 --folder "$TEST_TMP"
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
export HOME="$TEST_TMP" AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1
node aws.mjs "$url" "$TEST_TMP"
status=$?
if /usr/bin/python3 -c 'import boto3' 2>/dev/null; then
	/usr/bin/python3 -B aws_boto.py "$url" "$TEST_TMP" || status=1
else
	echo "ok - boto3 # skip: Debian's python3-boto3 is not installed"
fi
cat "$TEST_TMP/err"
exit "$status"
