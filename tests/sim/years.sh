#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spiralfed simulate: with faults the promises are kept, a seed says the same again, a registry is gone on from.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"

clean() { exits 0 && [ ! -s err ]; }
sum() { # WORD: of the numbers that stand before it in the figures of the faults
	sed -n "s/^faults.* \([0-9]*\) $1.*/\1/p" seed-* | awk '{ n += $1 } END { print n + 0 }'
}
count() { cat seed-* | grep -c -- "$1"; }
at_least() { [ "$1" -ge "$2" ]; }
differ() { ! cmp -s "$1" "$2"; }
matches() { grep -q -- "$1" out; }
promotes_only_at() { # WHEN...
	matches '  promotion  ' || return 1
	grep '  promotion  ' out | grep -vqE "^  ($1)" && return 1
	return 0
}

for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
	sf simulate --faults --weeks 8 --seed "$seed"
	check "seed $seed: eight weeks with faults keep the promises" clean
	mv out "seed-$seed"
done
check "there were crashes" at_least "$(sum crashes)" 15
check "there were outages" at_least "$(sum outages)" 3
check "there were promotions" at_least "$(count "  promotion  ")" 40
check "there were rollbacks" at_least "$(count '  rollback  ')" 5
check "there were freezes" at_least "$(count '  freeze  ')" 3

sf simulate --faults --weeks 8 --seed 3
check "a seed says the same again" cmp -s seed-3 out
check "another one says something else" differ seed-4 out

sf simulate --weeks 6 --quiet --keep kept.db
check "the registry is kept" test -s kept.db
check "without faults, too" clean
sf simulate --weeks 6 --quiet --keep kept.db
check "it is not written over" exits 1
sf simulate --weeks 6 --seed 9 --from-registry kept.db
check "a registry is gone on from" clean
check "from where it ended" matches '^6 weeks  *2026-02-1'
check "its releases go on" matches '  promotion  *1\.0\.[3-9]'
sf simulate --weeks 6 --from-registry kept.db --start 2026-01-06T00:00:00Z
check "not from before its end" exits 2

sed 's/BYDAY=WE;BYHOUR=10/BYDAY=MO,TH;BYHOUR=15/' "$SRC/etc/policy.json" >twice.json
sf simulate --weeks 8 --policy twice.json
check "another cadence is tried" clean
check "and kept" promotes_only_at 'Mon .* 15:|Thu .* 15:'
sf simulate --weeks 4 --policy twice.json --from-registry kept.db
check "a registry goes on under it" promotes_only_at 'Mon .* 15:|Thu .* 15:'

sed '1a "checklist": [{"item": "review", "scope": "promote", "fresh": "PT2M"}],' "$SRC/etc/policy.json" >signed.json
sf simulate --weeks 6 --policy signed.json
check "a word that counts for two minutes is heard in time" matches '  promotion  '

printf '{"slots": 3}' >bad.json
sf simulate --policy bad.json
check "a policy that is none is refused" exits 1
check "with the place" says /slots
sf simulate --seed x
check "a seed that is no number is refused" exits 2
sf simulate --weeks 0
check "no weeks are refused" exits 2

# Where the registry lies: what the process has open there.
folder() {
	at=$(readlink "/proc/$pid/fd"/* 2>/dev/null | sed -n 's|\(/spiralfed-simulate-[^/]*\)/.*|\1|p' | head -n 1)
	[ -n "$at" ]
}
gone() { [ -n "$at" ] && [ ! -e "$at" ]; }
"$BUILD/spiralfed" simulate --weeks 520 --quiet >out 2>err &
pid=$!
check "a long one is under way" await folder
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
pid=
check "stopped half-way it says so" says "stopped by signal"
check "and ends in failure" exits 1
check "and leaves no registry in memory" gone
exit "$bad"
