#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures modified condition/decision coverage of the gate evaluator and the version rules by their
# own tests and the reference cases, and fails when a condition was not shown to matter by itself.
#   mcdc.sh            BUILD: the folder that was built with clang-19's coverage (with -DNDEBUG, because an
#                    assertion is no decision of the judge; make mcdc does both)
#   mcdc.sh -v         also prints each decision that is not covered
set -eu
cd "$(dirname "$0")/.."
: "${BUILD:=build-mcdc}"
out=$BUILD/mcdc
rm -rf "$out"
mkdir -p "$out"

tests='test_judge test_judge_full test_judge_whole test_judge_rules test_metric test_metric_edges test_metric_gate test_version'
objects=
for name in $tests; do
	[ -x "$BUILD/tests/unit/policy/$name" ] || continue
	objects="$objects -object $BUILD/tests/unit/policy/$name"
	SRC=. CK_FORK=no LLVM_PROFILE_FILE="$out/$name.profraw" "$BUILD/tests/unit/policy/$name" \
		>"$out/$name.log" || {
		cat "$out/$name.log"
		exit 1
	}
done
LLVM_PROFILE_FILE="$out/vectors.profraw" "$BUILD/vectors" vectors/gates.json >"$out/vectors.log"
llvm-profdata-19 merge -o "$out/all.profdata" "$out"/*.profraw

measured='src/policy/(judge|metric_|version)'
# shellcheck disable=SC2086 # a list of paths without spaces
llvm-cov-19 export "$BUILD/vectors" $objects -instr-profile "$out/all.profdata" -summary-only \
	>"$out/summary.json"
# shellcheck disable=SC2086
[ "${1-}" != -v ] || exec llvm-cov-19 show "$BUILD/vectors" $objects \
	-instr-profile "$out/all.profdata" --show-mcdc --show-branches=count \
	-ignore-filename-regex='(include|tests|base|db|model|engine|store|api|app|cli|net)/'
# One line a file: the counts of its branches and of its conditions.
tr '{' '\n' <"$out/summary.json" | awk -v measured="$measured" '
function number(key) {
	return match($0, "\"" key "\":[0-9]+") ? \
		substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0 : 0
}
/^"filename":/ { split($0, part, "\""); file = part[4] ~ measured ? part[4] : "" }
file != "" && kind != "" { count[kind] = number("count"); covered[kind] = number("covered") }
{ kind = "" }
/"branches":$/ { kind = "b" }
/"mcdc":$/ { kind = "m" }
/"regions":$/ && file != "" {
	printf "  %-32s branches %4d of %4d   conditions %4d of %4d\n", file, covered["b"], \
		count["b"], covered["m"], count["m"]
	for (k in count) { all[k] += count[k]; good[k] += covered[k] }
	file = ""
}
END {
	printf "MC/DC: %d of %d conditions, %d of %d branches\n", good["m"], all["m"], good["b"], \
		all["b"]
	exit good["m"] != all["m"] || good["b"] != all["b"] || !all["m"]
}'
