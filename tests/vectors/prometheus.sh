#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The captured answers of Prometheus are read as they stand, and a wrong expectation is found.
# shellcheck source=tests/support/vectors.sh
. "$SRC/tests/support/vectors.sh"
cases=$SRC/vectors/prometheus-replies.json

"$runner" "$cases" >"$TEST_TMP/all"
check $? "every captured answer is read: $(tail -n 1 "$TEST_TMP/all")"

cat >"$TEST_TMP/expect.json" <<'END'
[{"name": "right", "http_status": 404, "body": "404", "expect": {"verdict": "broken"}},
 {"name": "wrong", "http_status": 404, "body": "404", "expect": {"verdict": "no_data"}},
 {"name": "nothing"}]
END
"$runner" "$TEST_TMP/expect.json" >"$TEST_TMP/expect"
[ $? -eq 1 ] && grep -q '^expect.json: wrong: ' "$TEST_TMP/expect" &&
	tail -n 1 "$TEST_TMP/expect" | grep -qx '1 passed, 2 failed'
check $? "a wrong expectation and a case without a body fail"
exit $bad
