#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on one machine, told step by step: three clouds submit, gates judge, a release is
# fused, promoted, replaced by a better one, and taken back by itself when nodes report trouble.
# Needs build/spiralfedd, build/spiralfed and curl. KEEP=1 keeps serving until Ctrl-C.
set -eu
cd "$(dirname "$0")/.."

build=${BUILD:-build}
folder=$(mktemp -d "${TMPDIR:-/tmp}/spiralfed-demo-XXXXXX")
log=$folder/log
daemon=

end() {
	status=$?
	trap - EXIT INT TERM
	if [ -n "$daemon" ]; then
		kill -TERM "$daemon" 2>/dev/null || :
		wait "$daemon" || :
	fi
	[ "$status" = 0 ] || [ ! -s "$log" ] || { echo "The daemon's log:" && cat "$log"; } >&2
	rm -rf "$folder"
	exit "$status"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
else bold='' dim='' plain=''; fi

step=0
chapter() {
	step=$((step + 1))
	printf '%s%d. %s%s\n' "$bold" "$step" "$1" "$plain"
	shift
	[ $# = 0 ] || printf '   %s\n' "$@"
	echo
}
fail() {
	echo "demo: $1" >&2
	exit 1
}
# Shows a command of ours and what it says; what it is called with is what a person would type.
show() {
	line=
	for word; do
		case $word in *' '*) word="'$word'" ;; esac
		line="$line $word"
	done
	printf '   %s$ spiralfed%s%s\n' "$dim" "$line" "$plain"
	status=0
	"$build/spiralfed" "$@" >"$folder/said" 2>&1 || status=$?
	sed 's/^/     /; s/ *$//' "$folder/said"
	echo
	return "$status"
}
# The value of a string member of the JSON on standard input.
member() {
	sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p'
}
stable() {
	curl -fsS "$url/v1/channels/stable" | member version
}
wait_for() { # WHAT COMMAND...
	what=$1
	shift
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || fail "waited 60 s for $what"
		sleep 0.1
	done
}

printf '%sspiralfed: from manifest to release, and back, on one machine%s\n' "$bold" "$plain"

started() {
	kill -0 "$daemon" 2>/dev/null || fail "spiralfedd did not start"
	port=$(sed -n 's/.*daemon\.ready.* port=\([0-9]*\).*/\1/p' "$log")
	[ -n "$port" ]
}
awk -f scripts/calm-policy.awk etc/policy.json >"$folder/policy.json"
"$build/spiralfedd" -o listen=127.0.0.1:0 -o state="$folder/state" -o policy="$folder/policy.json" -o auth=off \
	2>"$log" &
daemon=$!
wait_for "the daemon" started
url=http://127.0.0.1:$port
export SPIRALFED_URL="$url"
unset SPIRALFED_TOKEN SPIRALFED_TOKEN_FILE || :
echo "spiralfedd serves on $url; its registry is one SQLite file in a scratch folder."
echo

chapter 'Three clouds submit what they trained' \
	'A manifest names artifacts and their metrics. Each is stored before it is acknowledged,' \
	'and every gate says at once what it thinks. aws offers two; the faster-looking v6 is too slow.'
show submit etc/demo/hf.json etc/demo/gcp.json etc/demo/aws.json

chapter 'The best passing unit of each slot becomes a candidate release'
show merge --reason 'first fusion'

chapter 'The candidate is promoted: an immutable release, and the channel that nodes follow'
show promote 1.0.0-rc.1 --reason 'first release'
[ "$(stable)" = 1.0.0 ] || fail 'stable should be 1.0.0'

chapter 'A worse one comes in, and is refused with the numbers'
show submit etc/demo/hf-worse.json
show gates hf/spiralverse/textgen-lora-v2
printf '   So there is nothing to merge:\n\n'
show merge && fail 'a worse unit was merged'

chapter 'A better one comes in; the second release changes just that slot'
show submit etc/demo/hf-better.json
show merge --reason 'better text generation'
merge=$(sed -n 's/^merge \([^ ]*\) .*/\1/p' "$folder/said")
show promote "$merge" --reason 'textgen-lora-v3 beats v1'
better=$(stable)
[ "$better" != 1.0.0 ] || fail 'stable should have moved'
show releases

chapter 'Nodes report: 80 of 1,000 requests fail; more than 5 % is an outage, and acted on at once'
cat >"$folder/observation" <<END
{"observations": [{"node": "node-17", "release": "$better",
    "t_start": "$(date -u -d '-30 seconds' +%FT%TZ)", "t_end": "$(date -u +%FT%T.%3NZ)",
    "total": 1000, "errors": 80}]}
END
printf "   %s\$ curl -H 'Content-Type: application/json' %s/v1/observations -d '%s'%s\n" \
	"$dim" "$url" "$(cat "$folder/observation")" "$plain"
curl -fsS -H 'Content-Type: application/json' -d @"$folder/observation" "$url/v1/observations" |
	sed 's/^/     /'
printf '\n\n'

chapter 'Nobody is woken: the channel goes back to the warm release by itself'
back() { [ "$(stable)" = 1.0.0 ]; }
wait_for 'the rollback' back
show releases
show events --max-results 8
printf '   What was new in the breached release is held until a person lifts it.\n\n'

printf '%sTry it yourself%s\n\n' "$bold" "$plain"
cat <<END
   curl $url/v1/channels/stable
   curl '$url/v1/releases/1.0.0?pretty'
   curl -H 'Accept: text/plain' $url/v1/artifacts
   curl '$url/v1/artifacts/hf/spiralverse/textgen-lora-v2/gates?pretty'
   curl $url/openapi.json
   SPIRALFED_URL=$url $build/spiralfed status
END
if [ -n "${KEEP-}" ]; then
	printf '\nServing on %s until Ctrl-C.\n' "$url"
	trap 'exit 0' INT TERM
	wait "$daemon"
else
	printf '\nThe daemon stops now; KEEP=1 make demo keeps it serving.\n'
fi
