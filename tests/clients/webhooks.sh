#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Webhooks of the daemon verified by the official package standardwebhooks
# shellcheck source=tests/support/clients.sh
. ../support/clients.sh
for build in "${BUILD-}" ../../build ../../build-dev; do
	[ -n "$build" ] && [ -x "$build/spiralfedd" ] && break
done
[ -x "$build/spiralfedd" ] || {
	echo "skipped: build the daemon first"
	exit 77
}
"$build/spiralfedd" -o listen=127.0.0.1:0 -o state="$TEST_TMP/state" -o auth=off \
	-o webhook_private=on 2>"$TEST_TMP/log" &
pid=$!
trap 'kill "$pid" 2>/dev/null' EXIT
await grep -q 'daemon\.ready' "$TEST_TMP/log"
node webhooks.mjs "http://127.0.0.1:$(sed -n 's/.*daemon\.ready.* port=\([0-9]*\).*/\1/p' "$TEST_TMP/log")"
status=$?
[ "$status" = 0 ] || cat "$TEST_TMP/log"
exit "$status"
