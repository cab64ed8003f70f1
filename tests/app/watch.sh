#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The watch over a running daemon, as a person and a node meet it: reports, a drill, a breach, the hold
# of promotions over a restart, and going on.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"

start() {
	[ -e calm.json ] || awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
	: >log
	"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=state -o auth=off -o policy=calm.json 2>>log &
	pid=$!
	await ready
}
export SPIRALFED_URL="unix:$PWD/sock"
call() { # METHOD PATH [BODY]
	curl -s --unix-socket sock -X "$1" -H 'Content-Type: application/json' ${3+--data "$3"} \
		"http://localhost$2" >out 2>err
}
promote_best() { # FILE
	sf submit "$1"
	sf merge
	sf promote "$(sed -n 's/^merge \([^ ]*\) .*/\1/p' out)" --reason test
}

start
sf slo
check "nothing to watch yet" says 'nothing has been promoted yet'
sf submit "$SRC/etc/demo/gcp.json" "$SRC/etc/demo/aws.json"
promote_best "$SRC/etc/demo/hf.json"
call PUT /v1/nodes/n1 '{"serial":1,"release":"9.9.9"}'
check "a node that serves what does not exist is refused" prints 'there is no release 9.9.9'
call PUT /v1/nodes/n1 '{"serial":1,"release":"1.0.0"}'
check "a node is taken" prints '"state":"current"'
promote_best "$SRC/etc/demo/hf-better.json"
check "a second release, with a way back that is proven" prints 'stable is now 1.0.1'
sf nodes
check "the node is behind" grep -q '^n1 *behind' out
sf rollback --drill --reason drill
check "a drill begins" prints 'drill 1: 1 nodes are to have 1.0.0 ready'
call PUT /v1/nodes/n1 '{"serial":2,"release":"1.0.1","loaded":["1.0.0"]}'
sf drills 1
check "... and is over when the node says so" prints Succeeded
sf status --json
check "status has the fleet" prints '"current":1'

call POST /v1/observations "{\"observations\":[{\"node\":\"n1\",\"release\":\"1.0.1\",\"total\":1000,\"errors\":80,
	\"t_start\":\"$(date -u -d '-30 seconds' +%FT%TZ)\",\"t_end\":\"$(date -u +%FT%T.%3NZ)\"}]}"
check "an outage is seen at once" prints '"breached":["outage"]'
sf releases
check "... and left" grep -q '^1.0.1 *breached' out
sf slo
check "the hold is shown" prints holdoff
call GET /metrics
check "... and counted" prints 'spiralfed_promotions_held 1'
kill -KILL "$pid" && wait "$pid" 2>>err
start
call GET /v1/slo
check "it outlives a kill" prints '"reason":"holdoff"'
sf acknowledge --reason 'looked at it'
check "acknowledged" exits 0
sf acknowledge --reason again
check "there is nothing left to acknowledge: exit 1" exits 1
call GET /v1/slo
check "promotions are free" test -z "$(grep -o '"hold"' out)"
exit "$bad"
