#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# the daemon's metrics read well to Prometheus
set -eu
command -v promtool >/dev/null || {
	echo "promtool is missing (Debian package prometheus)"
	exit 77
}
: >"$TEST_TMP/log" # the daemon's shell may open it later than it is read below
"$BUILD/spiralfedd" -o listen=127.0.0.1:0 -o state="$TEST_TMP/state" -o auth=off 2>"$TEST_TMP/log" &
daemon=$!
trap 'kill $daemon; wait $daemon' EXIT
port=
while [ -z "$port" ]; do
	kill -0 $daemon
	port=$(sed -n 's/.*tag=daemon.ready .*port=\([0-9]*\).*/\1/p' "$TEST_TMP/log")
done
url=http://127.0.0.1:$port
curl -fsS "$url/v1/status" "$url/v1/releases" >"$TEST_TMP/seen"
curl -sS "$url/nope" "$url/v1/channels/stable" >>"$TEST_TMP/seen"
curl -fsS "$url/metrics" >"$TEST_TMP/metrics"
promtool check metrics <"$TEST_TMP/metrics"
echo "ok - promtool finds no fault in $(grep -vc '^#' "$TEST_TMP/metrics") samples"
