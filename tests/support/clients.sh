#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts of tests/clients: waiting, and a stand-in that ends with the script.
# shellcheck disable=SC2034 # the sourcing script uses them
set -u

# shellcheck source=tests/support/await.sh
. ../support/await.sh

stand_in() { # PROVIDER ARGUMENT...: its address in url, what it says in err of the scratch folder
	name=$1
	shift
	/usr/bin/python3 "../stand-in/$name.py" "$@" >"$TEST_TMP/url" 2>"$TEST_TMP/err" &
	pid=$!
	trap 'kill "$pid" 2>/dev/null' EXIT
	await test -s "$TEST_TMP/url"
	url=$(cat "$TEST_TMP/url")
}
