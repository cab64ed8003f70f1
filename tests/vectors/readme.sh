#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# vectors/README.md names every function, method, verdict and reason that a case can expect.
# shellcheck source=tests/support/vectors.sh
. "$SRC/tests/support/vectors.sh"
cd "$SRC" || exit 2

{
	sed -n 's/^\(OUTCOME\|METHOD\|REASON\)(.*, "\(.*\)")$/\2/p' include/policy/metric.def
	sed -n 's/^	{"\([a-z0-9_]*\)", run_.*/\1/p' tests/vectors/gate_functions.c
	sed -n 's/.*\[\(VOTE\|PROMOTE\|ROLLBACK\|PROMETHEUS\|BURN\)_[A-Z_]*\] = "\([a-z_]*\)".*/\2/p' \
		src/policy/fusion.c src/policy/rollback_controller.c src/provider/prometheus_reply.c
	sed -n 's/.*{"\(spiralfedd-[a-z/0-9-]*\)".*/\1/p' tests/vectors/main.c
	echo p95_histogram
} | sort -u >"$TEST_TMP/words"
[ "$(wc -l <"$TEST_TMP/words")" -gt 80 ]
check $? "the words are found: $(wc -l <"$TEST_TMP/words")"

while read -r word; do
	grep -qF -- "\`$word" vectors/README.md || echo "$word"
done <"$TEST_TMP/words" >"$TEST_TMP/unnamed"
[ ! -s "$TEST_TMP/unnamed" ]
check $? "each is named: $(tr '\n' ' ' <"$TEST_TMP/unnamed")"

for file in vectors/*.json; do
	grep -qF "\`${file##*/}\`" vectors/README.md || echo "$file"
done >"$TEST_TMP/files"
[ ! -s "$TEST_TMP/files" ]
check $? "each file is: $(cat "$TEST_TMP/files")"
exit $bad
