#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A whole week on one fake clock: published by the official clients, promoted, read back by one of them
#
# Daemon, stand-ins and clients live under libfaketime, so that signatures and tokens are of that week.
# Each is started as itself, not from a function: what is killed at the end is the program.
# shellcheck disable=SC2086,SC2317 # words of a command; check calls them
# shellcheck source=tests/support/clients.sh
. ../support/clients.sh
here=$PWD
root=$(cd ../.. && pwd)
build=${BUILD:-$root/build}
cd "$TEST_TMP" || exit 2
skip() {
	echo "$1"
	exit 77
}
faketime=
for one in /usr/lib/*/faketime/libfaketimeMT.so.1; do
	[ ! -e "$one" ] || faketime=$one
done
[ -n "$faketime" ] || skip "libfaketime is not installed"
[ -x "$build/spiralfedd" ] || skip "$build has no spiralfedd; make it first"
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
export AWS_ACCESS_KEY_ID=AKIDSTANDIN AWS_SECRET_ACCESS_KEY=stand-in/secret HOME="$TEST_TMP"

bad=0
check() { # WHAT CONDITION...
	what=$1
	shift
	if "$@"; then echo "ok - $what"; else
		bad=1
		echo "not ok - $what"
		sed 's/^/  | /' out err 2>/dev/null
		tail -n 12 log | sed 's/^/  | /'
	fi
}
it_is() { # UTC: the clock goes on from there
	echo "$(($(date -u -d "$1" +%s) - $(date -u +%s)))" | sed 's/^[0-9]/+&/' >clock.new
	mv clock.new clock
}
faked="env LD_PRELOAD=$faketime FAKETIME_TIMESTAMP_FILE=$PWD/clock FAKETIME_NO_CACHE=1 \
	FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1"
it_is '2027-03-01 12:00' # a Monday

mkdir keys
$faked /usr/bin/python3 "$root/tests/stand-in/hub.py" >hub.url 2>hub.err &
pids=$!
$faked /usr/bin/python3 "$root/tests/stand-in/gcp.py" --folder "$PWD/keys" >gcp.url 2>gcp.err &
pids="$pids $!"
$faked /usr/bin/python3 "$root/tests/stand-in/aws.py" --folder "$PWD" >aws.url 2>aws.err &
pids="$pids $!"
trap 'kill $pids 2>/dev/null' EXIT
await test -s hub.url && await test -s gcp.url && await test -s aws.url
hub=$(cat hub.url) gcp=$(cat gcp.url) aws=$(cat aws.url)
client() { # STEP ARG...
	step=$1
	shift
	(cd "$here" && $faked node week.mjs "$step" "$hub" "$gcp" "$aws" "$TEST_TMP/keys" "$@") >out 2>err
}

echo hf_write >token
cat >daemon.conf <<END
[provider.hf]
connector = hf
endpoint = $hub
author = spiralverse
filter = spiralfed
publish = spiralverse/spiralverse-ai-federated
token_file = $PWD/token
[provider.gcp]
connector = gcp
project = proj
location = europe-west4
credentials = $PWD/keys/key.json
endpoint = $gcp
storage_endpoint = $gcp
[provider.aws]
connector = aws
region = eu-west-1
endpoint = $aws
group = runtime
END
: >log
$faked "$build/spiralfedd" -c daemon.conf -o listen="unix:$PWD/sock" -o state=state -o auth=off 2>>log &
pids="$pids $!"
await grep -q 'daemon\.ready' log
get() { curl -s --unix-socket sock "http://localhost$1"; }
has() { # PATH TEXT
	get "$1" >out && grep -q "$2" out
}
ran() { # JOB TIME: that run is over
	get "/v1/schedule/$1/runs?max_results=1" >out && grep -q "\"scheduled_for\":\"$2" out &&
		grep -q '"finished_at":"' out
}
stored() { has /metrics "^spiralfed_manifests $1\$"; }
equal() { # TAG VERSION: by the official client the same bytes as the daemon's
	client read "$1" spiralfed/release.json "$TEST_TMP/there" && get "/v1/releases/$2" >here && cmp there here
}

check "Monday: pipelines publish to three clouds by the official clients" client publish 1 0.81
it_is '2027-03-02 02:00:01'
check "Tuesday 02:00: the ingest runs" await ran ingest 2027-03-02T02:00:00
check "... and brings in one of each" await stored 3
it_is '2027-03-02 09:00:01'
check "Tuesday 09:00: the merge runs" await ran merge 2027-03-02T09:00:00
check "... and makes a candidate" has /v1/merges 1.0.0-rc.1
check "... that is not promoted before its window" has /v1/releases '"releases":\[\]'
it_is '2027-03-03 10:00:01'
check "Wednesday 10:00: the window promotes it" await has /v1/channels/stable '"version":"1.0.0"'
check "... and the Hub has commit and tag, as the official client reads them" await equal v1.0.0 1.0.0
check "Thursday: a better adapter and its fellows" client publish 2 0.9
it_is '2027-03-05 02:00:01'
check "Friday 02:00: they come in" await stored 6
it_is '2027-03-05 09:00:01'
check "Friday 09:00: the next candidate" await has /v1/merges 'rc.1","release":"1.0.1"\|1.0.1-rc.1'
it_is '2027-03-10 10:00:01'
check "the Wednesday after: the next release" await has /v1/channels/stable '"version":"1.0.1"'
check "... read back, too" await equal v1.0.1 1.0.1
check "... beside the first, which is as it was" equal v1.0.0 1.0.0
check "the Hub agrees" await has /v1/hub '"state":"agrees"'
check "each provider was heard" test "$(get /v1/providers | grep -o '"state":"ok"' | wc -l)" = 3
get '/v1/events?max_results=1000' >out
check "nothing came twice" test "$(grep -o '"type":"manifest.submitted"' out | wc -l)" = 6
check "and nothing failed" sh -c '! grep -q "provider.failed\|hub.failed\|hub.drift" out'
exit "$bad"
