#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Proves the stand-ins of tests/stand-in with the providers' own clients, as package.json names them
# and Debian's python3-boto3; installs what is missing. A campaign: make check-clients.
set -u
cd "$(dirname "$0")" || exit 2
command -v npm >/dev/null || ../../scripts/deps.sh clients || exit 2
[ -d node_modules ] || npm ci --silent --no-audit --no-fund || exit 2

passed=0 failed=0 skipped=0
for script in ./*.sh; do
	[ "$script" != ./run.sh ] || continue
	out=$(mktemp)
	TEST_TMP=$(mktemp -d)
	export TEST_TMP
	"$script" >"$out" 2>&1 </dev/null
	status=$?
	good=$(grep -c '^ok' "$out") bad=$(grep -c '^not ok' "$out")
	if [ "$status" != 0 ] && [ "$status" != 77 ] && [ "$bad" = 0 ]; then bad=1; fi
	[ "$status" != 77 ] || skipped=$((skipped + 1))
	passed=$((passed + good)) failed=$((failed + bad))
	cat "$out"
	rm -rf "$out" "$TEST_TMP"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
