#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Signatures as node's crypto makes and judges them; and all of Wycheproof's where WYCHEPROOF is its folder.
# shellcheck source=tests/support/vectors.sh
. "$SRC/tests/support/vectors.sh"
command -v node >/dev/null || {
	echo "node is missing"
	exit 77
}

# Vectors in Wycheproof's form: good signatures, each with one bit changed, cut, grown, made for another
# message, with S raised by the order of the group, and in BER that is no DER.
node - >"$TEST_TMP/made.json" <<'END'
const crypto = require('crypto');
const L = (1n << 252n) + 27742317777372353535851937790883648493n;
let id = 0;
const groups = [];
const hex = (b) => Buffer.from(b).toString('hex');
function add(tests, msg, sig, result) { tests.push({tcId: ++id, msg: hex(msg), sig: hex(sig), result}); }
function variants(tests, msg, sig, verify) {
	const judge = (m, s) => add(tests, m, s, verify(m, s) ? 'valid' : 'invalid');
	judge(msg, sig);
	for (let i = 0; i < 12; i++) {
		const bad = Buffer.from(sig), at = crypto.randomInt(sig.length);
		bad[at] ^= 1 << crypto.randomInt(8);
		judge(msg, bad);
	}
	judge(Buffer.concat([msg, Buffer.from('x')]), sig);
	judge(msg, sig.subarray(0, sig.length - 1));
	judge(msg, Buffer.concat([sig, Buffer.from([0])]));
	judge(msg, Buffer.alloc(0));
}
for (let k = 0; k < 8; k++) {
	const {publicKey, privateKey} = crypto.generateKeyPairSync('ed25519');
	const raw = publicKey.export({format: 'der', type: 'spki'}).subarray(12);
	const tests = [];
	for (const size of [0, 1, 33, 64, 1000]) {
		const msg = crypto.randomBytes(size), sig = crypto.sign(null, msg, privateKey);
		variants(tests, msg, sig, (m, s) => { try { return crypto.verify(null, m, publicKey, s); } catch { return false; } });
		let s = BigInt('0x' + hex(Buffer.from(sig.subarray(32)).reverse())) + L;
		const high = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
		add(tests, msg, Buffer.concat([sig.subarray(0, 32), high]), 'invalid');
	}
	groups.push({type: 'EddsaVerify', publicKey: {pk: hex(raw)}, tests});
}
for (let k = 0; k < 8; k++) {
	const {publicKey, privateKey} = crypto.generateKeyPairSync('ec', {namedCurve: 'P-256'});
	const tests = [];
	for (const size of [0, 1, 33, 64, 1000]) {
		const msg = crypto.randomBytes(size), sig = crypto.sign('sha256', msg, privateKey);
		variants(tests, msg, sig, (m, s) => { try { return crypto.verify('sha256', m, publicKey, s); } catch { return false; } });
		/* The length in two bytes, and an integer with a zero more than it needs. */
		add(tests, msg, Buffer.concat([Buffer.from([0x30, 0x81, sig[1]]), sig.subarray(2)]), 'invalid');
		add(tests, msg, Buffer.concat([Buffer.from([0x30, sig[1] + 1, 2, sig[3] + 1, 0]), sig.subarray(4)]), 'invalid');
	}
	groups.push({type: 'EcdsaVerify', publicKeyPem: publicKey.export({format: 'pem', type: 'spki'}), tests});
}
console.log(JSON.stringify({algorithm: 'made', testGroups: groups}));
END
"$runner" "$TEST_TMP/made.json" >"$TEST_TMP/made"
check $? "node and we judge the same: $(tail -n 1 "$TEST_TMP/made")"
[ "$(sed -n 's/^\([0-9]*\) passed.*/\1/p' "$TEST_TMP/made")" -ge 1000 ]
check $? "... more than a thousand times"
sed 's/"invalid"/"other"/; s/"valid"/"invalid"/g; s/"other"/"valid"/' "$TEST_TMP/made.json" >"$TEST_TMP/wrong.json"
"$runner" "$TEST_TMP/wrong.json" >"$TEST_TMP/wrong"
[ $? -eq 1 ]
check $? "a wrong expectation is found"

for name in ed25519_test ecdsa_secp256r1_sha256_test; do
	file=${WYCHEPROOF:-/nonexistent}/testvectors_v1/$name.json
	if [ -e "$file" ]; then
		"$runner" "$file" >"$TEST_TMP/$name"
		check $? "$name: $(tail -n 1 "$TEST_TMP/$name")"
		sed -n '/^[0-9]* passed/q; s/^/# /p' "$TEST_TMP/$name" | head -n 20
	else
		echo "ok - $name # SKIP WYCHEPROOF names no copy of the vectors"
	fi
done
exit $bad
