#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files and cases that the runner can't run are named and counted as failed, never passed over.
# shellcheck disable=SC2016 # nothing is meant to expand
# shellcheck source=tests/support/vectors.sh
. "$SRC/tests/support/vectors.sh"
cd "$TEST_TMP" || exit 2

# STATUS FAILED WORDS JSON: the exit status, how many fail, and a line that one of them has.
try() {
	printf '%s' "$4" >case.json
	"$runner" case.json >out 2>&1
	[ $? -eq "$1" ] && tail -n 1 out | grep -q ", $2 failed\$" && grep -qF -- "$3" out
	result=$?
	[ "$result" -eq 0 ] || sed 's/^/  | /' out
	check "$result" "$3"
}

try 2 1 'case.json: nonsense/9: none of the known formats' '{"format":"nonsense/9","cases":[]}'
try 2 1 'case.json: no format: none of the known formats' '{}'
try 2 1 "case.json:1: ']' expected" '[1'
try 1 1 'holds no case' '{"format":"spiralfedd-gate-vectors/1"}'
try 1 1 'a list: holds no case' '[]'
try 1 1 'cases: is not a list' '{"cases":{}}'
try 1 1 'more: a list of cases that the format does not have' \
	'{"format":"spiralfedd-schedule/1","more":[{"expect":1}]}'

try 1 1 'x: no function nosuch' '{"cases":[{"id":"x","fn":"nosuch","in":{},"out":{"z":1}}]}'
try 1 1 'case without a name: needs fn and in' '{"cases":[5]}'
try 1 1 'x: nothing is expected of it' '{"cases":[{"id":"x","fn":"mcnemar_exact","in":{"b":1,"c":1}}]}'
try 1 1 '(`in` has no alpha)' '{"cases":[{"id":"x","fn":"wilson","in":{"k":1,"n":2},"out":{"lower":0}}]}'
try 1 1 'n: needs a candidate' '{"metric_verdicts":[{"name":"n","expect":{"verdict":"pass"}}]}'
try 1 1 "n: its policy's flor is not known" \
	'{"metric_verdicts":[{"name":"n","candidate":{"value":1},"policy":{"flor":1},"expect":{"verdict":"pass"}}]}'
try 1 1 's: needs a suite and a policy with max_rate' '{"safety_verdicts":[{"name":"s","suite":{"total":1}}]}'
try 1 1 'a `require` of any, all or none' '{"quality_gates":[{"name":"q","require":"some","metrics":[]}]}'
try 1 1 'q: a metric without a candidate' '{"quality_gates":[{"name":"q","metrics":[{}]}]}'

try 1 1 't: the file has no defaults' '{"timelines":[{"id":"t"}]}'
try 1 1 't: needs until' '{"defaults":{},"timelines":[{"id":"t"}]}'
try 1 1 'case without a name: needs a block' '{"routing":[{"request":{}}]}'
try 1 1 'case without a name: needs an ensemble' '{"votes":[{}]}'
try 1 1 'needs a salt and a key' '{"split_buckets":[{}]}'
try 1 1 'o: needs rrule, and from, a time' '{"occurrences":[{"id":"o","rrule":"FREQ=DAILY"}]}'
try 1 1 'w: needs a duration in seconds' \
	'{"windows":[{"id":"w","rule":"FREQ=DAILY","now":"2026-01-01T00:00:00Z"}]}'
try 1 1 'c: needs catch_up, once or skip' \
	'{"catch_up":[{"id":"c","rule":"FREQ=DAILY","now":"2026-01-01T00:00:00Z","catch_up":"twice"}]}'
try 1 1 'p: needs a body and http_status' '[{"name":"p"}]'
exit $bad
