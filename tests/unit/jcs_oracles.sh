#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# canonical numbers: against node's String(x), and in locales with a decimal comma
#
# Needs node for the first (100,000 doubles; NODE_VALUES for more) and localedef with its sources
# (Debian's package locales) for the second; skips what is missing.
set -u
test_jcs=$BUILD/tests/unit/base/test_jcs
done_any=

check() { # WHAT, with the environment set
	if "$test_jcs" >"$TEST_TMP/out" 2>&1; then
		echo "ok - $1"
	else
		cat "$TEST_TMP/out"
		echo "not ok - $1"
		exit 1
	fi
	done_any=1
}

if command -v node >/dev/null; then
	node - "${NODE_VALUES:-100000}" >"$TEST_TMP/vectors" <<'JS' || exit 1
const bytes = Buffer.alloc(8), lines = [];
const emit = (v) => {
	if (!Number.isFinite(v))
		return;
	bytes.writeDoubleBE(v);
	lines.push(bytes.toString("hex") + "," + String(v));
};
for (let e = -1074; e <= 1023; e++)
	for (const m of [1, -1, 1 + 2 ** -52, 2 - 2 ** -52])
		emit(m * 2 ** e);
for (let e = -324; e <= 308; e++)
	for (let d = 1; d < 10; d++)
		emit(Number(d + "e" + e));
const random = require("crypto").randomBytes(16 * Number(process.argv[2]));
for (let i = 0; lines.length < Number(process.argv[2]); i++) {
	emit(random.readDoubleBE(8 * i));
	if (i % 8 == 0)
		emit(Math.round(random.readDoubleBE(8 * i) % 1e6) / 10 ** (i % 9));
}
console.log(lines.join("\n"));
JS
	JCS_VECTORS=$TEST_TMP/vectors
	export JCS_VECTORS
	CK_RUN_CASE=numbers check "the text of $(wc -l <"$TEST_TMP/vectors") doubles is node's"
	unset JCS_VECTORS
fi

if localedef -i de_DE -f UTF-8 "$TEST_TMP/de_DE.UTF-8" 2>/dev/null &&
	localedef -i ps_AF -f UTF-8 "$TEST_TMP/ps_AF.UTF-8" 2>/dev/null; then
	# glibc keeps what it read of LOCPATH, which the leak checker would report.
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 LOCPATH=$TEST_TMP CK_RUN_CASE=numbers check "numbers are the same in de_DE and ps_AF"
fi

[ -n "$done_any" ] || { echo "neither node nor localedef with its sources is here"; exit 77; }
