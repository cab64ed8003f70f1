#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The reference cases of the gates agree, and a case that does not is found.
# shellcheck source=tests/support/vectors.sh
. "$SRC/tests/support/vectors.sh"
cases=$SRC/vectors/gates.json

"$runner" "$cases" >"$TEST_TMP/all"
check $? "every case of gates.json agrees: $(tail -n 1 "$TEST_TMP/all")"

# One expectation of each list, altered: a number in its tenth digit, and words.
sed -e 's/"z": -7.034483825301131/"z": -7.034483827301131/' \
	-e 's/"method": "welch_z"/"method": "welch_t"/' \
	-e 's/"reason": "suite_digest"/"reason": "ok"/' \
	-e 's/"reason": "superior"/"reason": "noninferior"/' "$cases" >"$TEST_TMP/altered.json"
"$runner" "$TEST_TMP/altered.json" >"$TEST_TMP/altered"
[ $? -eq 1 ] && [ "$(grep -c '^altered.json: ' "$TEST_TMP/altered")" -eq 5 ] &&
	tail -n 1 "$TEST_TMP/altered" | grep -q ' passed, 5 failed$'
check $? "five altered cases fail, one line each"

cat >"$TEST_TMP/no-number.json" <<'END'
{"format": "spiralfedd-gate-vectors/1", "metric_verdicts": [
 {"name": "NaN", "candidate": {"value":NaN}, "baseline": null, "policy": {},
  "expect": {"verdict": "invalid", "reason": "value not a finite number"}},
 {"name": "a \"NaN\" in a name", "candidate": {"value": -Infinity}, "baseline": null, "policy": {},
  "expect": {"verdict": "invalid", "reason": "value not a finite number"}},
 {"name": "unknown rule", "candidate": {"value": 1}, "baseline": null, "policy": {"flor": 2},
  "expect": {}}]}
END
"$runner" "$TEST_TMP/no-number.json" >"$TEST_TMP/no-number"
[ $? -eq 1 ] && grep -q '^no-number.json: unknown rule: .*flor is not known' "$TEST_TMP/no-number" &&
	tail -n 1 "$TEST_TMP/no-number" | grep -qx '2 passed, 1 failed'
check $? "no numbers are refused, unknown rules are not passed over"

echo '{"format": "another/1"}' >"$TEST_TMP/other.json"
"$runner" "$TEST_TMP/other.json" >/dev/null 2>&1
[ $? -eq 2 ] && "$runner" "$TEST_TMP/missing.json" >/dev/null 2>&1
[ $? -eq 2 ] && "$runner" >/dev/null 2>&1
[ $? -eq 2 ]
check $? "unknown formats, missing files and no file at all end with 2"
exit $bad
