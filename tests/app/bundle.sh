#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Releases as OpenSSF model-signing bundles: made when asked for, and good to openssl and to model_signing.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
for tool in curl openssl node; do
	command -v "$tool" >/dev/null || {
		echo "$tool is missing"
		exit 77
	}
done
export SPIRALFED_TOKEN_FILE=state/admin.token

fetch() { # PATH FILE
	curl -s --unix-socket sock -H "Authorization: Bearer $(cat state/admin.token)" \
		-w '%{http_code}' "http://localhost$1" -o "$2" >code
}
answered() { [ "$(cat code)" = "$1" ]; }
with_bundles() {
	kill -TERM "$pid"
	wait "$pid"
	: >log
	"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=state -o bundles="$1" 2>log &
	pid=$!
	await ready
}
# What openssl has to verify: the encoding of DSSE and the signature.
take_apart() { # BUNDLE
	node -e '
	const fs = require("fs"), b = JSON.parse(fs.readFileSync(process.argv[1]));
	const e = b.dsseEnvelope, p = Buffer.from(e.payload, "base64");
	const k = JSON.parse(fs.readFileSync("keys.json")).bundle_keys.find(k => k.keyid === b.verificationMaterial.publicKey.hint);
	const s = JSON.parse(p);
	const one = crypto.createHash("sha256").update(fs.readFileSync("model/release.json")).digest();
	if (s.predicate.resources[0].digest !== one.toString("hex")) throw "another document";
	if (s.subject[0].digest.sha256 !== crypto.createHash("sha256").update(one).digest("hex")) throw "another root";
	if (crypto.createHash("sha256").update(k.public_key).digest("hex") !== k.keyid) throw "another name";
	fs.writeFileSync("pae", Buffer.concat([Buffer.from("DSSEv1 " + e.payloadType.length + " " + e.payloadType + " " + p.length + " "), p]));
	fs.writeFileSync("sig", Buffer.from(e.signatures[0].sig, "base64"));
	fs.writeFileSync("bundle.pub", k.public_key);
	' "$1" 2>err
}
verifies() { openssl dgst -sha256 -verify bundle.pub -signature sig pae >out 2>err; }
release() { # NUMBER QUALITY MERGE
	printf '{"provider":"hf","artifacts":[{"id":"s/textgen-v%s","role":"textgen","metrics":{"quality":%s,"safety":0.98,"latency_ms_p95":90,"cost_per_1k_tokens":0.4},"uri":"hf://s/x"}]}' "$1" "$2" >hf.json
	sf submit hf.json
	sf merge
	sf promote "$3" --reason test --override
}

daemon_on_socket
sf submit "$data/gcp_manifest.json" "$data/aws_manifest.json"
release 1 0.81 1.0.0-rc.1
check "a release" exits 0
fetch /v1/releases/1.0.0/bundle out
check "no bundle unless asked for" answered 404
with_bundles on
fetch /v1/releases/1.0.0/bundle bundle.json
check "once asked for, of earlier releases too" answered 200
check "the key is a file of mode 600" test "$(stat -c %a state/keys/bundle.pem)" = 600
fetch /v1/keys keys.json
mkdir model
fetch /v1/releases/1.0.0 model/release.json
check "it names key, document and root" take_apart bundle.json
check "openssl verifies it" verifies
printf x >>pae
check "... and nothing else" sh -c '! openssl dgst -sha256 -verify bundle.pub -signature sig pae'
release 2 0.86 1.0.1-rc.1
fetch /v1/releases/1.0.1/bundle second.json
check "a new release has one from the start" answered 200
fetch /v1/releases/1.0.1 model/release.json
check "... of its own" take_apart second.json
check "... which openssl verifies" verifies
with_bundles on
fetch /v1/releases/1.0.1/bundle again.json
check "the same bytes after a restart" cmp second.json again.json
rm state/keys/bundle.pem
kill -TERM "$pid"
wait "$pid"
pid=
status=0
"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=state -o bundles=on 2>err || status=$?
check "a lost key is not replaced in silence: exit 2" exits 2
check "... says what to do" says --new-bundle-key
check "... and made no other" test ! -e state/keys/bundle.pem
status=0
"$BUILD/spiralfedd" -o state=state --new-bundle-key 2>err || status=$?
check "... which is for those who sign bundles: exit 2" exits 2
status=0
"$BUILD/spiralfedd" -o state=state -o bundles=on --new-bundle-key >out 2>err || status=$?
check "with another key" exits 0
check "... nothing is said to have failed" sh -c '! grep failed err'
status=0
"$BUILD/spiralfedd" -o state=state -o bundles=on --new-bundle-key >out 2>err || status=$?
check "... and not with one more: exit 2" exits 2
check "... since it is there" says 'bundle.pem is there'
: >log
"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=state -o bundles=on 2>log &
pid=$!
await ready
fetch /v1/keys keys.json
fetch /v1/releases/1.0.1/bundle other.json
check "another key signs all of it anew" take_apart other.json
check "... which openssl verifies" verifies
check "... and the attestation's key is the same" test "$(grep -o '"keyid"' keys.json | wc -l)" = 3

python=${MODEL_SIGNING_PYTHON:-python3}
if "$python" -c 'import model_signing' 2>/dev/null; then
	status=0
	"$python" -m model_signing verify key --signature other.json --public_key bundle.pub model >out 2>&1 || status=$?
	check "model_signing verifies it" exits 0
	printf ' ' >>model/release.json
	status=0
	"$python" -m model_signing verify key --signature other.json --public_key bundle.pub model >out 2>&1 || status=$?
	check "... and not another document" test "$status" != 0
else
	echo "ok - model_signing # SKIP it is not installed"
fi
chmod 640 state/keys/bundle.pem
kill -TERM "$pid"
wait "$pid"
pid=
status=0
"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=state -o bundles=on 2>err || status=$?
check "a key that others can read: exit 2" exits 2
exit $bad
