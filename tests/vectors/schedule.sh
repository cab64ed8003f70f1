#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The reference cases of the calendar agree, and a case that does not is found.
# shellcheck source=tests/support/vectors.sh
. "$SRC/tests/support/vectors.sh"
cases=$SRC/vectors/schedule.json

"$runner" "$cases" >"$TEST_TMP/all"
check $? "every case of schedule.json agrees: $(tail -n 1 "$TEST_TMP/all")"

# An instant, a list that ends too late, a window's close and a number of missed runs, altered.
sed -e 's/"2025-03-09T07:59:00Z"/"2025-03-09T08:59:00Z"/' \
	-e 's/"2025-01-09T02:00:00Z"/"2025-01-09T02:00:00Z", "2025-01-10T02:00:00Z"/' \
	-e 's/"closes": "2025-11-02T09:00:00Z"/"closes": "2025-11-02T10:00:00Z"/' \
	-e 's/"missed": 4/"missed": 5/' "$cases" >"$TEST_TMP/altered.json"
"$runner" "$TEST_TMP/altered.json" >"$TEST_TMP/altered"
[ $? -eq 1 ] && [ "$(grep -c '^altered.json: ' "$TEST_TMP/altered")" -eq 4 ] &&
	tail -n 1 "$TEST_TMP/altered" | grep -q ' passed, 4 failed$'
check $? "four altered cases fail, one line each"

cat >"$TEST_TMP/refused.json" <<'END'
{"format": "spiralfedd-schedule/1", "occurrences": [
 {"id": "hourly", "rrule": "FREQ=HOURLY", "tz": "UTC", "from": "2025-01-01T00:00:00Z", "expect": []},
 {"id": "nowhere", "rrule": "FREQ=DAILY", "tz": "Nowhere/Here", "from": "2025-01-01T00:00:00Z", "expect": []},
 {"id": "no time", "rrule": "FREQ=DAILY", "tz": "UTC", "from": "yesterday", "expect": []}]}
END
"$runner" "$TEST_TMP/refused.json" >"$TEST_TMP/refused"
[ $? -eq 1 ] && grep -q '^refused.json: hourly: /rrule ' "$TEST_TMP/refused" &&
	grep -q '^refused.json: nowhere: /tz ' "$TEST_TMP/refused" &&
	tail -n 1 "$TEST_TMP/refused" | grep -qx '0 passed, 3 failed'
check $? "what can't be read fails its case"
exit $bad
