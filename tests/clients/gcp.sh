#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The stand-in for Vertex AI and Cloud Storage driven by @google-cloud/aiplatform and @google-cloud/storage
set -u
/usr/bin/python3 ../stand-in/gcp.py --page 3 --folder "$TEST_TMP" >"$TEST_TMP/url" 2>"$TEST_TMP/err" &
pid=$!
trap 'kill "$pid" 2>/dev/null' EXIT
tries=0
until [ -s "$TEST_TMP/url" ] || [ "$tries" -ge 600 ]; do
	tries=$((tries + 1))
	sleep 0.05
done
node gcp.mjs "$(cat "$TEST_TMP/url")" "$TEST_TMP"
status=$?
cat "$TEST_TMP/err"
exit "$status"
