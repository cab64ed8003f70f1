#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Hub stand-in driven by the official client @huggingface/hub
set -u
/usr/bin/python3 ../stand-in/hub.py --page 3 >"$TEST_TMP/url" 2>"$TEST_TMP/err" &
pid=$!
trap 'kill "$pid" 2>/dev/null' EXIT
tries=0
until [ -s "$TEST_TMP/url" ] || [ "$tries" -ge 100 ]; do
	tries=$((tries + 1))
	sleep 0.05
done
node hub.mjs "$(cat "$TEST_TMP/url")"
status=$?
cat "$TEST_TMP/err"
exit "$status"
