#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tokens of another issuer: its keys are fetched, and what its tokens may do is what the policy binds.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || {
	echo "python3 is not installed"
	exit 77
}
command -v openssl >/dev/null || {
	echo "openssl is not installed"
	exit 77
}

cat >issuer.py <<'END'
import base64, http.server, json, subprocess, sys, time

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

def key(name):
    subprocess.run(["openssl", "genrsa", "-out", name, "2048"], check=True, stderr=subprocess.DEVNULL)
    text = subprocess.run(["openssl", "rsa", "-in", name, "-noout", "-modulus"], check=True,
                          capture_output=True).stdout.decode()
    return b64(bytes.fromhex(text.strip().split("=")[1]))

def token(pem, kid, claims):
    head = {"alg": "RS256", "typ": "JWT", "kid": kid}
    signed = b64(json.dumps(head).encode()) + "." + b64(json.dumps(claims).encode())
    sig = subprocess.run(["openssl", "dgst", "-sha256", "-sign", pem], input=signed.encode(), check=True,
                         capture_output=True).stdout
    return signed + "." + b64(sig)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = {"/.well-known/openid-configuration": {"issuer": url, "jwks_uri": url + "/keys"},
                "/keys": {"keys": [{"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256",
                                    "n": n, "e": "AQAB"}]}}.get(self.path)
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())
    def log_message(self, *args):
        pass

n = key("one.pem")
key("two.pem")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
url = "http://127.0.0.1:%d" % server.server_address[1]
good = {"iss": url, "aud": "spiralfed", "sub": "repo:spiralverse/textgen:main", "exp": time.time() // 1 + 600}
tokens = {"good": ("one.pem", "one", {}), "stranger": ("one.pem", "one", {"sub": "repo:evil/textgen:main"}),
          "elsewhere": ("one.pem", "one", {"aud": "others"}), "over": ("one.pem", "one", {"exp": 1000000000}),
          "forged": ("two.pem", "one", {}), "unknown": ("two.pem", "two", {}),
          "other": ("one.pem", "one", {"iss": "https://issuer.example"})}
for name, (pem, kid, change) in tokens.items():
    with open(name + ".jwt", "w") as f:
        f.write(token(pem, kid, {**good, **change}))
policy = json.load(open("calm.json"))
policy["keyless"] = [{"issuer": url, "audience": "spiralfed", "subject": "repo:spiralverse/*:main", "provider": "hf"}]
json.dump(policy, open("policy.json", "w"))
print("ready", flush=True)
server.serve_forever()
END
awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
"$python" issuer.py >issuer.out 2>issuer.err &
issuer=$!
trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null; kill "$issuer" 2>/dev/null' EXIT
check "an issuer publishes its keys" await grep -q ready issuer.out

: >log
"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=state -o policy=policy.json 2>log &
pid=$!
await ready
check "the daemon fetches them by itself" await grep -q 'issuer\.keys' log

ask() { # TOKEN METHOD PATH [FILE]
	curl -s -o out -w '%{http_code}' --unix-socket sock -X "$2" -H "Authorization: Bearer $(cat "$1.jwt")" \
		-H 'Content-Type: application/json' ${4:+--data-binary "@$4"} "http://localhost$3" >status
}
is() { [ "$(cat status)" = "$1" ]; }
ask good POST /v1/manifests "$data/hf_manifest.json"
check "its token submits a manifest" is 201
check "... of whom it speaks for" grep -q '"provider":"hf"' out
ask good POST /v1/manifests "$data/gcp_manifest.json"
check "... of no other provider" is 403
ask good GET /v1/manifests
check "... and reads nothing" is 403
ask good POST /v1/merges
check "... and decides nothing" is 403
ask stranger POST /v1/manifests "$data/hf_manifest.json"
check "a subject that no rule binds is refused" is 403
check "... and told so" grep -q 'binds the subject repo:evil/textgen:main' out
for one in elsewhere over forged unknown other; do
	ask "$one" POST /v1/manifests "$data/hf_manifest.json"
	check "a token that is '$one' is refused" is 401
done
token=$(cat state/admin.token)
curl -s --unix-socket sock -H "Authorization: Bearer $token" 'http://localhost/v1/events' >out
check "the history says who it was" grep -q '"actor":"oidc:repo:spiralverse/textgen:main@http' out
hides() { ! grep -qF "$(cut -d. -f3 "$1")" log; }
check "no token stands in the log" hides good.jwt
exit "$bad"
