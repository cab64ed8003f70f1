#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds that migrations are append-only: sql/*/CHECKSUMS is the lock of every migration, and the lock
# of each release (tag v*) must be the beginning of the present one.
#   check-migrations.sh          checks
#   check-migrations.sh --lock   writes the lock anew; for a migration that no release holds yet
set -eu
LC_ALL=C
export LC_ALL

root=$(cd "$(dirname "$0")/.." && pwd)
failed=0

fault() {
	echo "$*" >&2
	failed=1
}

for dir in "$root"/sql/*/; do
	dir=${dir%/}
	name=sql/${dir##*/}
	sums=$(cd "$dir" && sha256sum ./[0-9]*.sql | sed 's| \./| |')
	if [ "${1-}" = --lock ]; then
		printf '%s\n' "$sums" >"$dir/CHECKSUMS"
	fi
	if [ ! -f "$dir/CHECKSUMS" ]; then
		fault "$name/CHECKSUMS is missing: run scripts/check-migrations.sh --lock"
	elif ! printf '%s\n' "$sums" | diff "$dir/CHECKSUMS" - >&2; then
		fault "$name: a migration differs from CHECKSUMS. Released ones are never edited: add" \
			"the next number; for a new one run scripts/check-migrations.sh --lock"
	fi
	if [ ! -e "$root/.git" ] || ! command -v git >/dev/null; then
		continue
	fi
	for tag in $(git -C "$root" tag -l 'v*'); do
		old=$(git -C "$root" show "$tag:$name/CHECKSUMS" 2>/dev/null) || continue
		case "$sums
" in
		"$old
"*) ;;
		*) fault "$name: a migration of release $tag was edited, removed or moved" ;;
		esac
	done
done
exit "$failed"
