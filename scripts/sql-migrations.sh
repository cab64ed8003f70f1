#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Turns the migrations into C, in order, each with its SHA-256 (see db/migrations.h):
#   sql-migrations.sh sql/sqlite >build/gen/migrations_sqlite.c
# Refuses a gap in the numbers, which start at 0001, and two files of one number.
set -eu
LC_ALL=C
export LC_ALL

dir=${1:?usage: sql-migrations.sh FOLDER}
engine=${dir##*/}
rows=
version=0

echo '/* Made by scripts/sql-migrations.sh. */'
echo '#include "db/migrations.h"'
for file in "$dir"/*.sql; do
	base=${file##*/}
	base=${base%.sql}
	case $base in
	[0-9][0-9][0-9][0-9]_[a-z]*) ;;
	*)
		echo "$file: a migration is called NNNN_name.sql" >&2
		exit 1
		;;
	esac
	version=$((version + 1))
	number=$(printf %04d "$version")
	if [ "${base%%_*}" != "$number" ]; then
		echo "$file: migrations are numbered without gaps, and here $number must stand" >&2
		exit 1
	fi
	sum=$(sha256sum <"$file")
	printf 'static const char text_%s[] = {\n' "$number"
	od -An -v -tx1 -w16 -- "$file" | sed 's/ \(..\)/(char)0x\1,/g'
	printf '0};\n'
	rows="$rows	{$version, \"${base#*_}\", \"${sum%% *}\", text_$number},
"
done
printf 'const struct migration migrations_%s[] = {\n%s};\n' "$engine" "$rows"
printf 'const size_t migrations_%s_len = %d;\n' "$engine" "$version"
