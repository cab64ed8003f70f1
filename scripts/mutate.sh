#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Changes one operator or constant of the judge, its statistics' verdicts and the version rules at a
# time (scripts/mutants.awk) and runs their tests: each mutant has to die. One that lives has to be
# named in docs/mutants.md with the reason why no test can tell it from the original, and what is named
# there has to live.
#   mutate.sh [FILE.c...]    BUILD: the folder of the build (make mutate makes it); JOBS at once (2);
#                            AGAIN=1: only those that lived, and those of files that changed since
#   mutate.sh -1 NUMBER      one mutant by its line in $BUILD/mutants/list (used by itself)
# A mutant is a shared object of the changed file alone, so that tests are linked once for each file.
# One that lives is tried again under the address sanitizer, with an arena that guards its objects.
set -eu
cd "$(dirname "$0")/.."
: "${BUILD:=build-mutate}" "${JOBS:=2}" "${CC:=gcc}"
out=$BUILD/mutants
flags="-std=gnu17 -O1 -fPIC -w -pthread -ffp-contract=off -D_GNU_SOURCE \
-Iinclude -I$BUILD/gen -I$BUILD"
shared='-shared -Wl,-soname,libmutant.so'
guarded='-fsanitize=address,undefined -fno-sanitize-recover=all -DSPIRALFED_SANITIZE=1'

tests_of() {
	case $1 in
	version) echo test_version ;;
	metric_*) echo test_metric_edges test_metric test_metric_gate test_judge_rules test_judge_full \
		vectors ;;
	*) echo test_judge_full test_judge_rules test_judge_whole test_judge ;;
	esac
}

run_test() { # TEST EXECUTABLES LIBRARY: fails when the test does, hangs, or eats the memory
	(
		# shellcheck disable=SC3045 # dash has -v
		[ "${2%/guarded}" != "$2" ] || ulimit -v 4000000
		[ "$1" != vectors ] || set -- "$@" vectors/gates.json
		LD_LIBRARY_PATH=$3 SRC=. CK_FORK=no CK_DEFAULT_TIMEOUT=0 timeout 60 \
			"$2/$1" ${4:+"$4"} >/dev/null 2>&1
	)
}

survives() { # MODULE EXECUTABLES LIBRARY
	for test in $(tests_of "$1"); do
		run_test "$test" "$2" "$3" || return 1
	done
}

link_tests() { # MODULE FOLDER FLAG...: its tests, against the library in the folder
	module=$1 to=$2
	shift 2
	for test in $(tests_of "$module"); do
		objects="$BUILD/tests/unit/policy/$test.o $BUILD/tests/unit/main.o $BUILD/tests/support/*.o"
		[ "$test" != vectors ] || objects="$BUILD/tests/vectors/*.o"
		# shellcheck disable=SC2086
		$CC -pthread "$@" -Wl,-E,--no-as-needed -o "$to/$test" $objects $extra \
			"$to/libmutant.so" "$out/$module/libcore.a" $dep_libs -lm
	done
}

if [ "${1-}" = -1 ]; then
	tab=$(printf '\t')
	mutant=$(sed -n "$2p" "$out/list")
	IFS=$tab read -r file line column old new <<-END
	$mutant
	END
	module=$(basename "$file" .c)
	dir=$out/$module.$2
	mkdir -p "$dir"
	awk -v at="$line" -v column="$column" -v old="$old" -v new="$new" '
		NR == at { $0 = substr($0, 1, column - 1) new substr($0, column + length(old)) }
		{ print }' "$file" >"$dir/$module.c"
	# shellcheck disable=SC2086 # words
	if ! $CC $flags $shared -o "$dir/libmutant.so" "$dir/$module.c" 2>/dev/null; then
		result=refused
	elif ! survives "$module" "$out/$module" "$dir"; then
		result=dies
	else
		$CC $flags $shared $guarded -o "$dir/libmutant.so" "$dir/$module.c"
		result=guarded
		! survives "$module" "$out/$module/guarded" "$dir" || result=lives
	fi
	text=$(sed -n "${line}p" "$file" | sed 's/^[[:space:]]*//')
	printf '%s\t%s\t%s\t%s -> %s\t%s\n' "$result" "$file" "$line:$column" "$old" "$new" "$text"
	rm -rf "$dir"
	exit
fi

# With AGAIN=1 what died stays dead as long as its file is the same: for the work on tests, which only
# become more. The run that counts is the one without.
before=$BUILD/mutants.before
rm -rf "$before"
[ -z "${AGAIN-}" ] || [ ! -f "$out/results" ] || mv "$out" "$before"
rm -rf "$out"
mkdir -p "$out"
[ $# -gt 0 ] || set -- src/policy/judge*.c src/policy/metric_*.c src/policy/version.c
awk -f scripts/mutants.awk "$@" >"$out/list"
dep_libs=$(sed -n -e ':a' -e '/\\$/N; s/\\\n//; ta' -e 's/^\(DEP\|CHECK\)_LIBS = //p' "$BUILD/config.mk" | tr '\n' ' ')
# shellcheck disable=SC2086
$CC $flags $guarded -c -o "$out/arena.o" src/base/arena.c
for file; do
	module=$(basename "$file" .c)
	mkdir -p "$out/$module/guarded"
	cp "$BUILD/libcore.a" "$out/$module/libcore.a"
	ar d "$out/$module/libcore.a" "$module.o"
	extra=
	# shellcheck disable=SC2086
	$CC $flags $shared -o "$out/$module/libmutant.so" "$file"
	link_tests "$module" "$out/$module"
	extra=$out/arena.o
	ar d "$out/$module/libcore.a" arena.o
	# shellcheck disable=SC2086
	$CC $flags $shared $guarded -o "$out/$module/guarded/libmutant.so" "$file"
	link_tests "$module" "$out/$module/guarded" -fsanitize=address,undefined
	rm "$out/$module/libcore.a"
	if ! survives "$module" "$out/$module" "$out/$module" ||
		! survives "$module" "$out/$module/guarded" "$out/$module/guarded"; then
		echo "mutate: the tests of $file fail without any mutant" >&2
		exit 2
	fi
done

sha256sum "$@" >"$out/sums"
: >"$out/results"
: >"$out/kept"
if [ -d "$before" ]; then
	sort "$out/sums" "$before/sums" | uniq -d | sed 's/^[^ ]*  //' >"$out/same"
	awk -F '\t' 'FNR == NR { same[$0] = 1; next } $2 in same && $1 != "lives"' \
		"$out/same" "$before/results" >"$out/kept"
fi
awk -F '\t' 'FILENAME == ARGV[1] { known[$2 "\t" $3 "\t" $4] = 1; next }
	!($1 "\t" $2 ":" $3 "\t" $4 " -> " $5 in known) { print FNR }' "$out/kept" "$out/list" |
	xargs -r -P "$JOBS" -n 1 "$0" -1 >"$out/results"
cat "$out/kept" >>"$out/results"
sort -t "$(printf '\t')" -k 2,2 -k 3,3V -o "$out/results" "$out/results"

# A survivor is known when a line of docs/mutants.md has its file, its change and its line of code.
awk -F '\t' '
FNR == NR { if (/^- src/) known[$0] = 1; next }
{ count[$1]++; changed[$2] = 1 }
$1 == "lives" {
	named = 0
	for (k in known)
		if (index(k, $2) && index(k, "`" $4 "`") && index(k, "`" $5 "`")) named = used[k] = 1
	if (named) equal++
	else { unknown++; print "lives: " $2 ":" $3 ": " $4 ": " $5 }
}
END {
	for (k in known) {
		split(k, word, " ")
		if (word[2] in changed && !(k in used)) { stale++; print "lives no more: " k }
	}
	printf "%d mutants: %d die, %d more under the address sanitizer, %d do not compile, " \
		"%d live and are shown equivalent, %d live\n", \
		FNR, count["dies"], count["guarded"], count["refused"], equal, unknown
	exit unknown + stale > 0
}' docs/mutants.md "$out/results"
