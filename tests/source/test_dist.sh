#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# the release archive is the same bytes each time and stands on its own outside git
set -u
cd "${SRC:-$(dirname "$0")/../..}" || exit 2
scratch=${TEST_TMP:-$(mktemp -d)}
git rev-parse --verify -q HEAD >/dev/null 2>&1 || {
	echo 'not a git tree with a commit'
	exit 77
}
failed=0
say() { # STATUS WHAT
	if [ "$1" = 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
		failed=1
	fi
}
version=$(cat VERSION)
for round in 1 2; do
	git clone -q . "$scratch/$round" && make -s -C "$scratch/$round" dist || exit 1
done
cmp "$scratch/1/spiralfed-$version.tar.gz" "$scratch/2/spiralfed-$version.tar.gz"
say $? 'two clones give the same archive'

tar -C "$scratch" -xzf "$scratch/1/spiralfed-$version.tar.gz"
say $? 'it unpacks'
[ -x "$scratch/spiralfed-$version/scripts/deps.sh" ] && [ ! -e "$scratch/spiralfed-$version/configure" ]
say $? 'it holds the tree, with modes, and nothing generated'
make -s -C "$scratch/spiralfed-$version" help | grep -q 'make check '
say $? 'make works in it'
"$scratch/spiralfed-$version/scripts/check-source.sh" | grep -q '^check-source: [0-9]'
say $? 'check-source works outside git'
exit $failed
