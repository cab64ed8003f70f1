#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Simulates N years with faults, a seed each, and says which broke a promise and how to see it again.
# Environment: BUILD, N (200), FIRST (the first seed, 1), WEEKS (52), JOBS (2 at once), OUT (a folder to
# keep what each printed; else it is gone afterwards).
set -u
program=${BUILD:-build}/spiralfed
n=${N:-200} first=${FIRST:-1} weeks=${WEEKS:-52}
out=${OUT:-$(mktemp -d)}
mkdir -p "$out" || exit 2
[ -n "${OUT:-}" ] || trap 'rm -rf "$out"' EXIT
trap 'exit 130' INT TERM
export program weeks out

# shellcheck disable=SC2016 # the inner shell's
seq "$first" $((first + n - 1)) | xargs -P "${JOBS:-2}" -I '{}' sh -c '
	"$program" simulate --faults --quiet --weeks "$weeks" --seed "{}" >"$out/{}.out" 2>"$out/{}.err" &&
		[ ! -s "$out/{}.err" ] && rm "$out/{}.err" && exit 0
	cat "$out/{}.err"
	echo "  again: spiralfed simulate --faults --weeks $weeks --seed {}"'

cat "$out"/*.out | awk -v wanted="$n" -v weeks="$weeks" '
function add(line, word,    found) {
	if (match(line, "[0-9]+ " word)) total[word] += substr(line, RSTART, RLENGTH) + 0
}
/^promises/ { years++ }
/^promotions/ { total["promotions"] += $2; overridden += substr($3, 2); total["windows"] += $7 }
/^rollbacks/ { total["rollbacks"] += $2; add($0, "by hand"); add($0, "breaches"); add($0, "without a way back") }
/^runs/ { total["runs"] += $2; add($0, "missed"); add($0, "suppressed"); add($0, "failed") }
/^merges/ { total["merges"] += $2 }
/^faults/ { add($0, "crashes"); add($0, "outages"); add($0, "suspensions"); match($0, /forward [0-9]+/)
	total["set"] += substr($0, RSTART + 8, RLENGTH - 8); match($0, /back [0-9]+/)
	total["set"] += substr($0, RSTART + 5, RLENGTH - 5) }
END {
	printf "%d of %d simulations of %d weeks\n", years, wanted, weeks
	printf "promotions  %d (%d by override) in %d windows, %d merges\n", total["promotions"], overridden,
		total["windows"], total["merges"]
	printf "rollbacks   %d (%d by hand), %d breaches, %d without a way back\n", total["rollbacks"],
		total["by hand"], total["breaches"], total["without a way back"]
	printf "runs        %d, %d missed, %d suppressed, %d failed\n", total["runs"], total["missed"],
		total["suppressed"], total["failed"]
	printf "faults      %d crashes, %d outages, %d suspensions, the clock set %d times\n", total["crashes"],
		total["outages"], total["suspensions"], total["set"]
}'
failed=$(find "$out" -name '*.err' | wc -l)
echo "$failed of $n seeds failed"
[ "$failed" = 0 ]
