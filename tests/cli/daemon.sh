#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spiralfed against a daemon: what each command says, and its exit code.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
demo=$SRC/etc/demo
unset SPIRALFED_TOKEN SPIRALFED_TOKEN_FILE SPIRALFED_URL

daemon_on_socket

sf status --server unix:/nonexistent
check "nobody there: exit 3" exits 3
check "... says what to do" says '->'
export SPIRALFED_URL="unix:$PWD/sock"
sf status
check "no token: exit 1" exits 1
check "... how to name one" says '--token-file'
check "... says what to do" says 'admin.token in the state folder'
SPIRALFED_TOKEN=sfd_x_y sf status
check "a wrong token: exit 1" exits 1
sf status --token-file state/admin.token
check "a token file: exit 0" exits 0
SPIRALFED_TOKEN=$(cat state/admin.token) sf status
check "a token in the environment: exit 0" exits 0
export SPIRALFED_TOKEN_FILE=state/admin.token
sf status
check "a token file in the environment: exit 0" exits 0
check "... prints the status" test -s out

sf merge
check "nothing to merge: exit 1" exits 1
check "... says why for each slot" grep -q '^  embed ' err
sf submit "$data/hf_manifest.json"
check "submit: exit 0" exits 0
check "... shows each artifact" prints spiralverse/textgen-lora-v1
check "... and each gate" grep -q 'safety  *fail .*0\.93\|safety  *fail' out
sf submit "$data/hf_manifest.json" --json
check "submit again: exit 0" exits 0
check "... --json is the answer as it is" grep -q '^{.*"digest":"sha256:' out
sed 's/0\.81/0.9/' "$data/hf_manifest.json" >other.json
sf submit other.json
check "other content under the same id: exit 1" exits 1
check "... names the file" says 'other.json:'
check "... and says a single fault once" test "$(grep -c 'came with other content' err)" = 1
echo '{"provider":"hf","artifacts":[{"id":"x"}]}' >bad.json
sf submit bad.json
check "a bad manifest: exit 1" exits 1
check "... with its pointers" says /artifacts/0
sf submit bad.json "$data/gcp_manifest.json" "$data/aws_manifest.json"
check "one bad of three: exit 1" exits 1
check "... the others went in" prints spiralverse/embedder-v3
sf submit bad.json --json
check "a refusal with --json: exit 1" exits 1
check "... prints the problem" grep -q '"code": *"invalid_manifest"' out
sf artifacts
check "artifacts" prints spiralverse/runtime-distilled-v6
sf artifacts --provider gcp --max-results 1
check "... of one provider" test "$(grep -c spiralverse/ out)" = 1
sf artifacts --phase Nonsense
check "a wrong filter: exit 1" exits 1
sf gates hf/spiralverse/textgen-lora-v2
check "gates: exit 0" exits 0
check "... explains" prints 'may not be merged'
check "... with the numbers" prints 0.93
sf gates hf/spiralverse/none-v1
check "gates of nothing: exit 1" exits 1

sf merge --dry-run
check "a dry merge" prints 1.0.0-rc.1
sf merge --reason 'first fusion'
check "merge: exit 0" exits 0
check "... names the candidate" prints 'merge 1.0.0-rc.1  Succeeded'
check "... and its units" grep -q '^  runtime  *spiralverse/runtime-distilled-v5' out
sf promote 1.0.0-rc.2 --reason no
check "promote what is not: exit 1" exits 1
sf promote 1.0.0-rc.1 --reason 'first release'
check "promote: exit 0" exits 0
check "... says what is live" prints 'stable is now 1.0.0'
sf rollback --reason 'nothing behind it'
check "no warm release: exit 1" exits 1
sf submit "$demo/hf-better.json"
sf merge
sf promote 1.0.1-rc.1 --reason better
check "promote the second" prints 'stable is now 1.0.1'
sf releases
check "releases" prints 1.0.0
sf releases 1.0.0 --json
check "one release, as it is" prints spiralverse-ai-federated-v1.0.0
sf rollback --reason 'a bad answer' --dry-run
check "a dry rollback" prints 'stable would be 1.0.0'
sf rollback --reason 'a bad answer'
check "rollback: exit 0" exits 0
check "... says what is live" prints 'stable is now 1.0.0'
sf gates hf/spiralverse/textgen-lora-v3
check "gates of what is held: exit 0" exits 0
check "... names what holds it" prints 'is held, because it was new in 1.0.1'
check "... and never says that it may be merged" sh -c '! grep -q "may be merged" out'
sf unquarantine hf/spiralverse/textgen-lora-v3 --reason 'not its fault' --dry-run
check "unquarantine of an artifact, tried out" prints 'would be held no more; its verdict: Succeeded'
sf unquarantine 1.0.1 --reason 'the node was at fault'
check "unquarantine of a release" prints '1.0.1 is warm, and what was new in it no longer held'
sf unquarantine 1.0.1 --reason again
check "... which is not breached: exit 1" exits 1
sf withdraw textgen-lora-v3 --reason 'bad data'
check "withdraw of what is no PROVIDER/ID: exit 2" exits 2
sf withdraw hf/spiralverse/textgen-lora-v3 --reason 'bad data'
check "withdraw" prints 'textgen-lora-v3 is withdrawn and never merged'
sf gates hf/spiralverse/textgen-lora-v3
check "gates of what was withdrawn" prints 'was withdrawn at'
check "... never says that it may be merged" sh -c '! grep -q "may be merged" out'
echo '{"provider":"hf","artifacts":[{"id":"spiralverse/data-eval-v1","role":"eval","uri":"hf://x",
"metrics":{"quality":0.9}}]}' >evidence.json
sf submit evidence.json
sf gates hf/spiralverse/data-eval-v1
check "gates of evidence" prints 'is evidence'
sf events --max-results 3
check "events" exits 0

sf token create --name ci --scopes submit:hf,read
check "token create: exit 0" exits 0
check "... prints the secret alone" grep -qx 'sfd_[a-z0-9]*_[A-Za-z0-9_-]*' out
cp out ci.token
id=$(sed 's/^sfd_\([a-z0-9]*\)_.*/\1/' ci.token)
sf status --token-file ci.token
check "the new token reads" exits 0
sf merge --token-file ci.token
check "... and does not operate: exit 1" exits 1
check "... says which scope" says operate
sf token list
check "token list" prints ci
sf token revoke "$id"
check "token revoke" exits 0
sf status --token-file ci.token
check "a revoked token: exit 1" exits 1
check "no colour into a file" test -z "$(tr -dc '\033' <out)"

sed '1s/{/{"checklist": [{"item": "review"}],/' calm.json >asking.json
etag=$(curl -s --unix-socket sock -H "Authorization: Bearer $(cat state/admin.token)" -o /dev/null \
	-D - http://x/v1/policy | sed -n 's/^[Ee][Tt]ag: *\("[^"]*"\).*/\1/p')
curl -s --unix-socket sock -H "Authorization: Bearer $(cat state/admin.token)" -H "If-Match: $etag" \
	-H 'Content-Type: application/json' -X PUT --data-binary @asking.json http://x/v1/policy >put.json
sed 's/textgen-lora-v3/textgen-lora-v4/' "$demo/hf-better.json" >hf-v4.json
sf submit hf-v4.json
sf merge
merge=$(sed -n 's/.*merge \([^ ]*\) .*/\1/p' out)
sf checklist "$merge"
check "checklist: exit 0" exits 0
check "... says what it waits for" grep -q '^  review  *waiting  *nobody has signed it off' out
check "... and what that needs" prints '-> a sign-off of review by somebody other than token:'
check "... and what is go" grep -q '^  quality  *go ' out
sf promote "$merge" --reason early
check "promote before that: exit 1" exits 1
check "... says why" says 'review: nobody has signed it off'
sf signoff "$merge" review --evidence https://x.example/1
check "a sign-off of one's own merge: exit 1" exits 1
check "... says that it is" says 'somebody else has to sign it off'
sf token create --name signer --scopes promote,read
cp out signer.token
sf signoff "$merge" review --evidence https://x.example/1 --dry-run --token-file signer.token
check "a sign-off, tried out" prints 'dry run: token:'
sf signoff "$merge" review --token-file signer.token
check "a sign-off without its evidence: exit 1" exits 1
check "... names the field" says /evidence
sf signoff "$merge" review --evidence https://x.example/1 --token-file signer.token
check "a sign-off: exit 0" exits 0
check "... says what was said" grep -q '^token:[a-z0-9]* says go to review of merge' out
sf signoff "$merge"
check "the sign-offs of a merge" prints https://x.example/1
sf promote "$merge" --reason signed
check "promote after it" prints 'stable is now'
sf checklist "$merge"
check "the checklist as it was then" prints 'It was promoted at'

kill -TERM "$pid"
status=0
wait "$pid" || status=$?
pid=
check "the daemon ends well" exits 0
exit $bad
