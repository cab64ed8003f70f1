#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The reference timelines of burn rates agree, and one that does not is found.
# shellcheck source=tests/support/vectors.sh
. "$SRC/tests/support/vectors.sh"
cases=$SRC/vectors/burnrate.json

"$runner" "$cases" >"$TEST_TMP/all"
check $? "every timeline agrees: $(tail -n 1 "$TEST_TMP/all")"

# Half the objective, a shorter cool-down, a longer wait: each shows in some timeline.
sed -e 's/"budget_ppm": 1000,/"budget_ppm": 500,/' "$cases" >"$TEST_TMP/budget.json"
sed -e 's/"cooldown_s": 900/"cooldown_s": 300/' "$cases" >"$TEST_TMP/cooldown.json"
sed -e 's/"for_evals": 2/"for_evals": 1/' "$cases" >"$TEST_TMP/evals.json"
for altered in budget cooldown evals; do
	"$runner" "$TEST_TMP/$altered.json" >"$TEST_TMP/$altered"
	[ $? -eq 1 ] && grep -q "^$altered.json: " "$TEST_TMP/$altered"
	check $? "another $altered gives other timelines"
done

cat >"$TEST_TMP/bad.json" <<'END'
{"format": "spiralfedd-burnrate/1", "defaults": {"slos": []}, "timelines": [
 {"id": "unknown key", "config": {"for_eval": 3}, "until": 0, "expect": {}},
 {"id": "unknown event", "until": 0, "events": [{"t": 0, "type": "explode"}], "expect": {}},
 {"id": "too fine", "config": {"eval_s": 7, "slos": [
  {"name": "e", "kind": "ratio", "bad": "errors", "of": "total", "budget_ppm": 1000,
   "rules": [{"long": 2592000, "short": 299, "factor_milli": 1000, "action": "warn"}]}]},
  "until": 0, "expect": {}}]}
END
"$runner" "$TEST_TMP/bad.json" >"$TEST_TMP/bad"
[ $? -eq 1 ] && [ "$(grep -c '^bad.json: ' "$TEST_TMP/bad")" -eq 3 ] &&
	grep -q '^bad.json: unknown key: /for_eval: ' "$TEST_TMP/bad"
check $? "unknown keys and events and windows without a common step are told"
exit $bad
