#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The reference cases of fusion agree, and altered ones are found.
# shellcheck source=tests/support/vectors.sh
. "$SRC/tests/support/vectors.sh"
cases=$SRC/vectors/fusion.json

"$runner" "$cases" >"$TEST_TMP/all"
check $? "every case of fusion.json agrees: $(tail -n 1 "$TEST_TMP/all")"

# A trace, a vote's reason, a bucket and a condition of the graph.
sed -e 's/"route:big-code"/"route:code"/' -e 's/"reason": "veto"/"reason": "tie"/' \
	-e 's/"bucket": 5408/"bucket": 5409/' -e 's/tokens>8000/tokens>8001/' \
	"$cases" >"$TEST_TMP/altered.json"
"$runner" "$TEST_TMP/altered.json" >"$TEST_TMP/altered"
[ $? -eq 1 ] && [ "$(grep -c '^altered.json: ' "$TEST_TMP/altered")" -eq 4 ]
check $? "four altered cases fail, one line each"

cat >"$TEST_TMP/bad.json" <<'END'
{"format": "spiralfedd-fusion/1", "block": {"models": {}, "default": {"to": "model:x"}}, "routing": []}
END
"$runner" "$TEST_TMP/bad.json" >"$TEST_TMP/bad"
[ $? -eq 1 ] && grep -q '^bad.json: block: /block/models: ' "$TEST_TMP/bad"
check $? "a block that is none is told with its pointer"
exit $bad
