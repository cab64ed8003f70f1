#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who comes to a daemon from Google, and how it goes there: pushes of Pub/Sub, each kind of credentials
# shellcheck disable=SC2317,SC2119,SC2120 # check calls them
# shellcheck source=tests/support/gcp.sh
. "$SRC/tests/support/gcp.sh"

n=0
published "$n"
check "it starts" start
check "an ingest by hand" ingest
check "... brings in what was published" stored 1

# ---- Webhooks: Pub/Sub pushes what changed ----

push() { # TOKEN-FILE TEXT: the status
	printf '{"message":{"data":"%s","messageId":"1"},"subscription":"projects/proj/subscriptions/s"}' \
		"$(printf %s "$2" | base64 | tr -d '\n')" >message
	curl -s -o out -w '%{http_code}' --unix-socket sock -H "Authorization: Bearer $(cat "keys/$1" 2>/dev/null)" \
		-H 'Content-Type: application/json' --data-binary @message http://localhost/v1/hooks/gcp
}
n=$((n + 1))
published "$n"
log_entry="{\"protoPayload\":{\"response\":{\"model\":\"$made\"}}}"
taken() { [ "$(push push.jwt "$log_entry")" = 202 ]; }
check "a push with the token of Pub/Sub is taken" await taken
check "... and brings in the model that it names" await stored $((n + 1))
check "one of somebody else is not" [ "$(push push-other.jwt "$log_entry")" = 401 ]
check "... which is a problem" prints '"invalid_token"'
check "... nor one without a token" [ "$(push none "$log_entry")" = 401 ]
check "what names no model does nothing" [ "$(push push.jwt '{"protoPayload":{"methodName":"other"}}')" = 202 ]
check "... and says so" prints '"outcome":"ignored"'
printf '{"message":7}' >message
check "what is no push is refused" [ "$(curl -s -o out -w '%{http_code} %{content_type}' --unix-socket sock \
	-H "Authorization: Bearer $(cat keys/push.jwt)" -H 'Content-Type: application/json' --data-binary @message \
	http://localhost/v1/hooks/gcp)" = "400 application/problem+json" ]
shows_token() { grep -qF "$(cut -d. -f2 keys/push.jwt)" log; }
check "no token is in the log" eval '! shows_token'

# ---- Credentials ----

for kind in federation federation-url impersonation; do
	stop
	n=$((n + 1))
	published "$n"
	check "by $kind.json" start -o provider.gcp.credentials="$PWD/keys/$kind.json"
	check "... it comes in" ingest
	check "... as before" stored $((n + 1))
done
stop
n=$((n + 1))
published "$n"
sed '/^credentials/d' daemon.conf >bare.conf && mv bare.conf daemon.conf
export GCE_METADATA_HOST="${url#http://}"
check "by the metadata server" start
check "... it comes in" ingest
check "... as before" stored $((n + 1))
check "no entry was blamed for its provider" events manifest.refused 0
stop
n=$((n + 1))
object "e$n/spiralfed/manifest.json" "$(manifest "$n")"
control POST model "{\"parent\":\"$made\",\"model\":{\"displayName\":\"x\",\"artifactUri\":\"gs://models/e$n\"}}"
check "all versions" start -o provider.gcp.versions=all
check "... one that is not the default, too" ingest
check "... comes in" stored $((n + 1))
stop
cat log >>logs
check "a daemon that was started often has logged much" [ "$(wc -l <logs)" -gt 30 ]
check "no token stands in the log" sh -c '! grep -q "ya29\.\|eyJ\|PRIVATE" logs'
check "... nor in the registry" sh -c '! grep -qa "ya29\.\|PRIVATE KEY" state/*'
exit "$bad"
