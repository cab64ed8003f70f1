#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Signatures as node's crypto makes and judges them; and all of Wycheproof's where WYCHEPROOF is its folder.
# shellcheck source=tests/support/vectors.sh
. "$SRC/tests/support/vectors.sh"
command -v node >/dev/null || {
	echo "node is missing"
	exit 77
}

# Vectors in Wycheproof's form, made here and judged by node: good signatures, each with one bit changed,
# cut, grown, made for another message, with S raised by the order of the group, and in BER that is no DER;
# numbers at and beyond their bounds; and signatures of keys made so that verifying meets equal points
# (PointDuplication), opposite ones, or the smallest and largest s.
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
/* The two forms that tokens have (RFC 7518): r and s, and RSA's PKCS #1 v1.5. */
for (let k = 0; k < 3; k++) {
	const ec = crypto.generateKeyPairSync('ec', {namedCurve: 'P-256'});
	const rsa = crypto.generateKeyPairSync('rsa', {modulusLength: 2048 + 8 * k});
	const q = ec.publicKey.export({format: 'jwk'}), part = (x) => hex(Buffer.from(x, 'base64url'));
	const {n, e} = rsa.publicKey.export({format: 'jwk'});
	const forms = [
		[{type: 'EcdsaP1363Verify', publicKey: {uncompressed: '04' + part(q.x) + part(q.y)}}, ec, 'ieee-p1363'],
		[{type: 'RsassaPkcs1Verify', publicKey: {modulus: part(n), publicExponent: part(e)}}, rsa, 'der'],
	];
	for (const [group, {publicKey, privateKey}, dsaEncoding] of forms) {
		group.tests = [];
		const judge = (m, s) => { try { return crypto.verify('sha256', m, {key: publicKey, dsaEncoding}, s); } catch { return false; } };
		for (const size of [0, 33, 1000]) {
			const msg = crypto.randomBytes(size);
			variants(group.tests, msg, crypto.sign('sha256', msg, {key: privateKey, dsaEncoding}), judge);
		}
		groups.push(group);
	}
}
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const mod = (x) => ((x % N) + N) % N;
function power(x, e) { let r = 1n; for (; e; e >>= 1n, x = mod(x * x)) if (e & 1n) r = mod(r * x); return r; }
const inverse = (x) => power(mod(x), N - 2n);
const bytes32 = (x) => Buffer.from(x.toString(16).padStart(64, '0'), 'hex');
function integer(x) { /* DER, of any size and sign of the first byte */
	let b = Buffer.from((x.toString(16).length % 2 ? '0' : '') + x.toString(16), 'hex');
	if (b[0] & 0x80) b = Buffer.concat([Buffer.from([0]), b]);
	return Buffer.concat([Buffer.from([2, b.length]), b]);
}
function der(r, s) {
	const b = Buffer.concat([integer(r), integer(s)]);
	return Buffer.concat([Buffer.from([0x30, b.length]), b]);
}
function point(k) {
	const ecdh = crypto.createECDH('prime256v1');
	ecdh.setPrivateKey(bytes32(k));
	return ecdh.getPublicKey();
}
function publicKeyOf(d) {
	const q = point(d), part = (at) => q.subarray(at, at + 32).toString('base64url');
	return crypto.createPublicKey({key: {kty: 'EC', crv: 'P-256', x: part(1), y: part(33)}, format: 'jwk'});
}
const hashed = (msg) => BigInt('0x' + crypto.createHash('sha256').update(msg).digest('hex'));
/* s = (e + r d) / k: the key that makes the signature of `msg` with nonce k come out as wanted. */
for (let i = 0; i < 8; i++) {
	const k = mod(BigInt('0x' + hex(crypto.randomBytes(32)))), r = mod(BigInt('0x' + hex(point(k).subarray(1, 33))));
	const made = [
		['u1 G = u2 Q', (e) => mod(e * inverse(r)), ['PointDuplication']],
		['u1 G = - u2 Q', (e) => mod(-e * inverse(r))],
		['s = 1', (e) => mod((k - e) * inverse(r))],
		['s = n - 1', (e) => mod((-k - e) * inverse(r))],
		['s = 2', (e) => mod((2n * k - e) * inverse(r))],
	];
	for (const [comment, keyOf, flags] of made) {
		const msg = crypto.randomBytes(20), e = hashed(msg), d = keyOf(e), key = publicKeyOf(d);
		const s = mod(inverse(k) * mod(e + r * d)), tests = [];
		const judge = (sig, more) => {
			let good = false;
			try { good = crypto.verify('sha256', msg, key, sig); } catch { good = false; }
			add(tests, msg, sig, good ? 'valid' : 'invalid');
			Object.assign(tests[tests.length - 1], {comment}, more);
			return good;
		};
		groups.push({type: 'EcdsaVerify', publicKeyPem: key.export({format: 'pem', type: 'spki'}), tests});
		if (judge(der(r, s), {flags}) !== (comment !== 'u1 G = - u2 Q')) throw comment;
		judge(der(r, mod(-s)), {flags});
		for (const [a, b] of [[0n, s], [r, 0n], [0n, 0n], [N, s], [r, N], [r + N, s], [r, s + N], [1n, 1n], [r, N - 1n], [N - 1n, s]])
			judge(der(a, b));
	}
}
console.log(JSON.stringify({algorithm: 'made', testGroups: groups}));
END
# Where verifying adds two equal points, nettle (3.8, below GnuTLS) refuses what is valid: its addition does
# not double. That is on the safe side, and nobody makes such a signature by signing: it takes a key that is
# made for the message. Nothing else may differ; a nettle that takes these is right, too.
judged() { # FILE TCID...: differs in these or in none
	"$runner" "$1" >"$TEST_TMP/said"
	shift
	found=$(sed -n 's/^.*: tcId \([0-9]*\): .*/\1/p' "$TEST_TMP/said" | sort -u)
	failed=$(sed -n 's/^[0-9]* passed, \([0-9]*\) failed$/\1/p' "$TEST_TMP/said")
	tail -n 1 "$TEST_TMP/said"
	[ "$failed" = 0 ] || { [ "$failed" = $# ] && [ "$found" = "$(printf '%s\n' "$@" | sort -u)" ]; } || {
		sed '/^[0-9]* passed/q; s/^/# /' "$TEST_TMP/said" | head -n 20
		return 1
	}
}
# shellcheck disable=SC2046 # words
judged "$TEST_TMP/made.json" $(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1])).testGroups
	.flatMap((g) => g.tests).filter((t) => t.flags).map((t) => t.tcId).join(" ")' "$TEST_TMP/made.json") >"$TEST_TMP/made"
check $? "node and we judge the same, but for equal points: $(tail -n 1 "$TEST_TMP/made")"
[ "$(sed -n 's/^\([0-9]*\) passed.*/\1/p' "$TEST_TMP/made")" -ge 1900 ]
check $? "... nearly two thousand times"
sed 's/"invalid"/"other"/; s/"valid"/"invalid"/g; s/"other"/"valid"/' "$TEST_TMP/made.json" >"$TEST_TMP/wrong.json"
"$runner" "$TEST_TMP/wrong.json" >"$TEST_TMP/wrong"
[ $? -eq 1 ]
check $? "a wrong expectation is found"

wycheproof() { # NAME TCID...
	name=$1
	shift
	if [ -e "${WYCHEPROOF:-/nonexistent}/testvectors_v1/$name.json" ]; then
		judged "$WYCHEPROOF/testvectors_v1/$name.json" "$@" >"$TEST_TMP/$name"
		check $? "$name: $(tail -n 1 "$TEST_TMP/$name")"
		sed -n '/^# /p' "$TEST_TMP/$name"
	else
		echo "ok - $name # SKIP WYCHEPROOF names no copy of the vectors"
	fi
}
wycheproof ed25519_test
wycheproof ecdsa_secp256r1_sha256_test 427 # "point duplication during verification": u1 G = u2 Q
wycheproof ecdsa_secp256r1_sha256_p1363_test 204 # the same point again
wycheproof rsa_signature_2048_sha256_test
wycheproof rsa_signature_3072_sha256_test
wycheproof rsa_signature_4096_sha256_test
wycheproof rsa_signature_8192_sha256_test
exit $bad
