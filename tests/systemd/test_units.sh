#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# the units verify, expose little, and their user and folders come out as declared
set -u
cd "${SRC:-$(dirname "$0")/../..}" || exit 2
scratch=${TEST_TMP:-$(mktemp -d)}
command -v systemd-analyze >/dev/null || {
	echo 'systemd-analyze is not installed'
	exit 77
}
failed=0
say() { # STATUS WHAT
	if [ "$1" = 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
		sed 's/^/# /' "$scratch/out"
		failed=1
	fi
}

# verify wants the program to exist; any will do.
mkdir -p "$scratch/units"
sed 's|^ExecStart=/usr/sbin/spiralfedd|ExecStart=/bin/true|' systemd/spiralfedd.service \
	>"$scratch/units/spiralfedd.service"
cp systemd/spiralfedd.socket "$scratch/units"
systemd-analyze --man=no verify "$scratch"/units/* >"$scratch/out" 2>&1 && [ ! -s "$scratch/out" ]
say $? 'verify has no complaint'

systemd-analyze security --offline=true --no-pager --threshold=15 \
	"$scratch/units/spiralfedd.service" >"$scratch/out" 2>&1
say $? 'security exposure is at most 1.5'
sed '/^NoNewPrivileges=/d; /^SystemCallFilter=/d; /^CapabilityBoundingSet=/d' \
	systemd/spiralfedd.service >"$scratch/units/spiralfedd.service"
! systemd-analyze security --offline=true --no-pager --threshold=15 \
	"$scratch/units/spiralfedd.service" >"$scratch/out" 2>&1
say $? 'and is measured: a weaker unit goes over it'

for line in 'Type=notify' 'LimitCORE=0' 'StateDirectory=spiralfed' 'WatchdogSec='; do
	grep -q "^$line" systemd/spiralfedd.service 2>"$scratch/out"
	say $? "the unit keeps $line"
done
grep -q '^ListenStream=127\.0\.0\.1:' systemd/spiralfedd.socket
say $? 'the socket listens on loopback'

if [ "$(id -u)" = 0 ] && command -v systemd-sysusers >/dev/null; then
	mkdir -p "$scratch/root/etc"
	systemd-sysusers --root="$scratch/root" "$PWD/systemd/sysusers.conf" >"$scratch/out" 2>&1 &&
		grep -q '^spiralfed:.*:/var/lib/spiralfed:' "$scratch/root/etc/passwd"
	say $? 'sysusers makes the user'
	systemd-tmpfiles --create --root="$scratch/root" "$PWD/systemd/tmpfiles.conf" \
		>"$scratch/out" 2>&1
	[ "$(stat -c %a "$scratch/root/var/lib/spiralfed" "$scratch/root/etc/spiralfed" | xargs)" = '700 750' ]
	say $? 'tmpfiles makes the folders with their modes'
else
	echo 'ok - sysusers and tmpfiles # SKIP not root'
fi
exit $failed
