#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Kills the daemon with SIGKILL at N random moments under a stream of POSTs (make crash, N=200) and
# looks for what was acknowledged and lost, or is there by half.
# Environment: BUILD (build folder), N (200), SEED (printed; the same one kills at the same delays).
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build} N=${N:-200}
work=$(mktemp -d "${TMPDIR:-/tmp}/spiralfed-crash.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
"$BUILD/tests/crash/crash" "$BUILD/spiralfedd" "$work/state" "$N" ${SEED:+"$SEED"} || {
	tail -n 20 "$work/state.log" >&2
	exit 1
}
"$BUILD/tests/crash/integrity" "$work/state/registry.sqlite"
