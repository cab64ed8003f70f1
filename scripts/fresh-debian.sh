#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves that a bare Debian with nothing but git, gcc and make needs no step by hand: makes such a
# system in a scratch folder, clones HEAD into it and runs `make check` and `make demo` inside.
#   fresh-debian.sh [GOAL]...    a goal of make, or a program of the tree such as .ci/run
# Environment: SUITE (bookworm), MIRROR (a Debian mirror; the one that this machine's apt uses), BASE (a tar archive: the bare system is
# kept there and taken from there the next time), KEEP=1 leaves the folder.
# Needs root, the network and debootstrap.
set -euo pipefail
cd "$(dirname "$0")/.."
tree=$PWD
suite=${SUITE:-bookworm}
# shellcheck disable=SC2016 # apt expands it
own=$(apt-get indextargets --format '$(SITE)' 'Identifier: Packages' | sort -u | sed '/security/d;q')
mirror=${MIRROR:-$own}
[ $# -gt 0 ] || set -- check demo

[ "$(id -u)" = 0 ] || {
	echo "fresh-debian: needs root: sudo make check-fresh" >&2
	exit 1
}
scripts/deps.sh fresh

root=$(mktemp -d "${TMPDIR:-/var/tmp}/fresh-debian.XXXXXX")
chmod 755 "$root"
clean_up() {
	! mountpoint -q "$root/proc" || umount "$root/proc"
	! mountpoint -q "$root/dev" || umount -R "$root/dev"
	if [ -n "${KEEP-}" ]; then
		echo "fresh-debian: kept $root"
	else
		# Never across a mount that would not go.
		rm -rf --one-file-system "$root"
	fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

if [ -n "${BASE-}" ] && [ -e "$BASE" ]; then
	tar -C "$root" -xf "$BASE"
else
	echo "fresh-debian: making $suite from $mirror (log in $root/debootstrap.log)"
	debootstrap --variant=minbase --include=git,gcc,make "$suite" "$root" "$mirror" \
		>"$root/debootstrap.log" 2>&1 || {
		tail -n 20 "$root/debootstrap.log" >&2
		exit 1
	}
	[ -z "${BASE-}" ] || tar -C "$root" -cf "$BASE" --exclude=./debootstrap.log .
fi
for part in "$suite" "$suite-updates"; do
	echo "deb $mirror $part main"
done >"$root/etc/apt/sources.list"
echo "deb ${mirror%/debian}/debian-security $suite-security main" >>"$root/etc/apt/sources.list"
apt-config dump | grep -i '^Acquire::[a-z:]*proxy' >"$root/etc/apt/apt.conf.d/90host" || :
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"

git clone -q --no-local "$tree" "$root/srv/spiralfed"
git -C "$root/srv/spiralfed" checkout -q "$(git rev-parse HEAD)"

proxies=()
for name in http_proxy https_proxy no_proxy; do
	[ -z "${!name-}" ] || proxies+=("$name=${!name}")
done
for goal; do
	case $goal in
	*/*) run=("./$goal") ;;
	*) run=(make "$goal") ;;
	esac
	echo "fresh-debian: ${run[*]}"
	begun=$SECONDS
	# shellcheck disable=SC2016 # expanded inside
	chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
		"${proxies[@]}" sh -c 'cd /srv/spiralfed && exec "$@"' sh "${run[@]}" </dev/null
	echo "fresh-debian: ${run[*]} succeeded in $((SECONDS - begun)) s"
done
