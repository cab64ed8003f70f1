#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spiralfed status: what it says when all is well and when something is not, for people and for scripts.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
demo=$SRC/etc/demo
unset SPIRALFED_TOKEN SPIRALFED_TOKEN_FILE SPIRALFED_URL

sf status --check --server unix:/nonexistent
check "nobody there: exit 3" exits 3
daemon_on_socket
export SPIRALFED_URL="unix:$PWD/sock" SPIRALFED_TOKEN_FILE=state/admin.token
SPIRALFED_TOKEN=sfd_x_y SPIRALFED_TOKEN_FILE='' sf status --check
check "a wrong token: exit 1" exits 1
sf status --check
check "all is well: exit 0" exits 0
check "... says nothing" test ! -s out
sf status
check "for people: exit 0" exits 0
check "... in a word" grep -qx 'status  *ok' out
check "... and each condition" grep -q '^RegistryWritable  *True  *Writable  *20' out

for f in hf gcp aws; do sf submit "$demo/$f.json"; done
sf merge
sf promote 1.0.0-rc.1 --reason first
end=$(date -u +%FT%T.%3NZ)
start=$(date -u -d "-30 seconds" +%FT%T.%3NZ)
curl -s --unix-socket sock -H "Authorization: Bearer $(cat state/admin.token)" -H 'Content-Type: application/json' \
	-d "{\"observations\": [{\"node\": \"n\", \"release\": \"1.0.0\", \"t_start\": \"$start\",
	\"t_end\": \"$end\", \"total\": 1000, \"errors\": 80}]}" http://x/v1/observations >observed
check "a breach" grep -q '"breached":\["outage"' observed
sf status
check "not well, for people: still exit 0" exits 0
check "... in a word" grep -qx 'status  *degraded' out
check "... what, first" test "$(sed -n '/^TYPE/{n;p;}' out | cut -d' ' -f1)" != RegistryWritable
check "... and what to do" prints 'spiralfed acknowledge --reason WHY'
sf status --check
check "not well, for scripts: exit 4" exits 4
check "... one line each, no more" test "$(wc -l <out)" = 2
check "... the release" grep -q '^ReleaseHealthy False Quarantined: 1.0.0 ' out
check "... the hold" grep -q '^PromotionsFree False Locked: ' out
sf status --check --json
check "as JSON: exit 4" exits 4
check "... as it is" grep -q '"type":"PromotionsFree","status":"False","reason":"Locked","message":"' out
check "... with the time" grep -q '"lastTransitionTime":"20' out
curl -s --unix-socket sock -H "Authorization: Bearer $(cat state/admin.token)" http://x/metrics >metrics
check "the metrics have it" grep -qx 'spiralfed_condition{type="PromotionsFree",status="False"} 1' metrics
check "... once for each status" test "$(grep -c 'type="PromotionsFree"' metrics)" = 3
sf acknowledge --reason looked
sf unquarantine 1.0.0 --reason 'the load test was ours'
sf status --check
check "it goes away with its cause, at once" sh -c '! grep -q PromotionsFree out'

sed -n "/^} looks/,/^};/s/^	{\"\([A-Za-z]*\)\", look_.*/\1/p" "$SRC/src/engine/conditions.c" >types
documented() { while read -r t; do grep -q "^| .$t. |" "$SRC/docs/status.md" || return 1; done <types; }
check "the manual has each condition" documented
check "... of several" test "$(wc -l <types)" -gt 5
exit $bad
