#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spiralfed verify and key: what a node checks of a daemon and of files, and what it is told.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
command -v curl >/dev/null || exit 77
unset SPIRALFED_TOKEN SPIRALFED_TOKEN_FILE SPIRALFED_URL

fetch() { # PATH FILE
	curl -sf --unix-socket sock -H "Authorization: Bearer $(cat state/admin.token)" "http://localhost$1" -o "$2"
}

daemon_on_socket
export SPIRALFED_TOKEN_FILE=state/admin.token

sf verify --key nothing.pem
check "no key file: exit 2" exits 2
check "the secret is in the state folder, mode 600" \
	test "$(stat -c %a state/keys/*.pem)" = 600
sf key list
check "key list" prints active
sf key show
check "key show: PEM" prints 'BEGIN PUBLIC KEY'
cp out key.pem
if command -v openssl >/dev/null; then
	check "... which openssl reads" sh -c 'openssl pkey -pubin -in key.pem -noout -text | grep -q ED25519'
	check "... and knows by the same name" grep -qF \
		"$(openssl pkey -pubin -in key.pem -outform DER | sha256sum | cut -c1-64)" - <<END
$("$BUILD/spiralfed" key list)
END
fi
sf verify --key key.pem
check "no release yet: exit 1" exits 1

sf submit "$data/gcp_manifest.json" "$data/aws_manifest.json"
sf submit "$data/hf_manifest_full.json"
sf submit "$data/hf_manifest.json"
sf merge
[ "$status" = 0 ] || {
	sed 's/0\.93/0.98/; s/textgen-lora-v3/textgen-lora-v4/' "$data/hf_manifest.json" >hf.json
	sf submit hf.json
	sf merge
}
check "a merge" exits 0
sf promote 1.0.0-rc.1 --reason first --override
check "a release" exits 0

sf verify --key key.pem --state node.state
check "the first look: exit 0" exits 0
check "... moved" prints 'moved: stable is at 1.0.0 (serial 1)'
check "... and is kept" grep -q '"serial":1' node.state
sf verify "$SPIRALFED_URL" --key key.pem --state node.state
check "again: unchanged" prints 'unchanged: stable'
sf verify "$SPIRALFED_URL/v1/channels/stable/attestation" --key key.pem --state node.state
check "... by the URL of the pointer, too" prints 'unchanged: stable'
sf verify "$SPIRALFED_URL/v1/channels/stable" --key key.pem --state node.state
check "... and of what it signs" prints 'unchanged: stable'
for path in 1.0.0 v1.0.0 1.0.0/attestation; do
	sf verify "$SPIRALFED_URL/v1/releases/$path" --key key.pem
	check "a release by its URL: $path" prints 'is release 1.0.0, sha256:'
done
sf verify "$SPIRALFED_URL/v1/releases/1.0.0" --key key.pem --json
check "... as JSON" grep -q '^{"status":"ok","version":"1.0.0","digest":"sha256:' out
sf verify "$SPIRALFED_URL/v1/releases/9.0.0" --key key.pem
check "... that is not there: exit 1" exits 1
sf verify "$SPIRALFED_URL/v1/releases/1.0.0" --key key.pem --state node.state
check "... keeps no state: exit 2" exits 2
for path in releases releases/ releases/1.0.0/route 'releases/1.0.0?pretty' channels/canary merges/1.0.0-rc.1; do
	sf verify "$SPIRALFED_URL/v1/$path" --key key.pem
	check "what can't be checked: exit 2: $path" exits 2
	check "... says what can be" says '/v1/releases/VERSION'
done
sf verify --key key.pem --state node.state --json
check "as JSON" grep -q '^{"status":"unchanged","channel":"stable","serial":1,' out

fetch /v1/channels/stable/attestation pointer.json
fetch /v1/releases/1.0.0 release.json
fetch /v1/releases/1.0.0/attestation envelope.json
sf verify pointer.json --key key.pem
check "a pointer in a file" prints 'moved: stable is at 1.0.0'
sf verify envelope.json --release release.json --key key.pem
check "a release in files" prints 'ok: release.json is release 1.0.0'
sf verify envelope.json --release release.json --key key.pem --json
check "... as JSON" grep -q '"status":"ok"' out
tr 1 2 <release.json >other.json
sf verify envelope.json --release other.json --key key.pem
check "another document: exit 1" exits 1
check "... mismatch" says 'mismatch: it is not the release'
sf verify envelope.json --key key.pem
check "an envelope of another kind: exit 1" exits 1
check "... says what it goes with" says 'it goes with --release'
sed 's/"sig":"./"sig":"-/' pointer.json >bad.json
sf verify bad.json --key key.pem
check "a changed byte: exit 1" exits 1
echo '{}' >bad.json
sf verify bad.json --key key.pem
check "no envelope: exit 1" exits 1
check "... malformed" says malformed

# A key of somebody else.
"$BUILD/spiralfedd" -o listen="unix:$PWD/other" -o state=elsewhere -o auth=off 2>log2 &
other=$!
other_ready() { grep -q 'daemon\.ready' log2; }
await other_ready
sf key show --server "unix:$PWD/other"
cp out wrong.pem
kill "$other"
wait "$other"
sf verify --key wrong.pem
check "the wrong key: exit 1" exits 1
check "... bad_signature" says 'the channel: bad_signature: no trusted key'

# Expired: in a year.
cp node.state before
sf verify pointer.json --key key.pem
sed 's/"serial":1,/"serial":2,/' before >ahead
sf verify pointer.json --key key.pem --state ahead
check "a replay: exit 1" exits 1
check "... rollback" says 'rollback: it is older'
check "... and the state stays" grep -q '"serial":2,' ahead
if [ -e /usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1 ]; then
	status=0
	LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1 FAKETIME=+2d \
		ASAN_OPTIONS=verify_asan_link_order=0 \
		"$BUILD/spiralfed" verify pointer.json --key key.pem >out 2>err || status=$?
	check "two days later: exit 1" exits 1
	check "... frozen" says 'frozen: it has expired'
fi
echo nonsense >bad.state
sf verify --key key.pem --state bad.state
check "a state that is none: exit 2" exits 2

# Another key.
sf key rotate
check "rotation wants a reason: exit 2" exits 2
sf key rotate --reason r --overlap soon
check "a wrong overlap: exit 1" exits 1
check "... is named" says /overlap
sf key rotate --reason yearly --overlap P2D
check "a rotation" exits 0
sf verify --key key.pem --state node.state
check "with the old key: renewed" prints 'renewed: stable'
fetch /v1/channels/stable/attestation overlap.json
sf verify overlap.json --key key.pem
check "... from a file, too" exits 0
for n in 1 2; do
	sed "s/\"sig\":\"\(.\)\(.\)/\"sig\":\"\2\1/$n" overlap.json >bad.json
	cmp -s overlap.json bad.json || {
		sf verify bad.json --key key.pem
		check "... and not with signature $n changed, whose key it knows or not" says bad_signature
	}
done
sf key show
check "two keys sign" test "$(grep -c BEGIN out)" = 2
cp out both.pem
sf verify --key both.pem --state node.state
check "with both" prints unchanged
sf key rotate --reason stolen --overlap PT0S
sf verify --key both.pem
check "a theft ends every key but the new one: exit 1" exits 1
check "... bad_signature" says bad_signature
sf key list
check "... which are retired" test "$(grep -c retired out)" = 2
sf key show
check "... and the new one alone signs" test "$(grep -c BEGIN out)" = 1
cp out new.pem
sf verify --key new.pem --state node.state
check "... for who was given it" exits 0

kill -TERM "$pid"
wait "$pid"
pid=
"$BUILD/spiralfedd" -o state=state --new-signing-key >out 2>err
check "another key while nothing runs" prints 'key show'
check "... and nothing is said to have failed" sh -c '! grep -i failed err'
daemon_on_socket
sf key show
check "... signs now" test "$(grep -c BEGIN out)" -ge 2
chmod 644 state/keys/*.pem
kill -TERM "$pid"
wait "$pid"
pid=
status=0
"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=state 2>err || status=$?
check "a key that others can read: exit 2" exits 2
check "... with a sentence" says 'chmod 600 it, and rotate it if they may have read it'

# A first start that fails.
status=0
"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=fresh -o signing_key=nothing.pem 2>err || status=$?
check "a key that is not there: no start" test "$status" != 0
check "... and no registry" test ! -e fresh/registry.db
mkdir -p fresh/keys
echo none >fresh/keys/bundle.pem
chmod 600 fresh/keys/bundle.pem
status=0
"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=fresh -o bundles=on 2>err || status=$?
check "a key of bundles that is none: exit 2" exits 2
check "... no registry" test ! -e fresh/registry.db
check "... and no other key" test "$(ls fresh/keys)" = bundle.pem
exit $bad
