#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzzer of BUILD for SECONDS each (60), from seeds made out of tests/data, tests/tables and
# etc. What a fuzzer finds is left in $FUZZ_OUT (BUILD/fuzz), beside the corpus, which the next run
# takes up again.
#   tests/fuzz/run.sh [NAME]...   only these: manifest, policy, jcs, guard, contract, config, node, harvest, listing, token, aws
set -eu
cd "$(dirname "$0")/../.."
seconds=${SECONDS_EACH:-60}
out=${FUZZ_OUT:-$BUILD/fuzz}
[ $# -gt 0 ] || set -- manifest policy jcs guard contract config node harvest listing token aws

seed() { # FUZZER FILE...
	fuzzer=$1
	shift
	mkdir -p "$out/$fuzzer/seeds"
	cp "$@" "$out/$fuzzer/seeds/"
}

# Bodies that the tables write without escapes will do as seeds; the others are its own to find.
from_tables() {
	mkdir -p "$out/jcs/seeds" "$out/contract/seeds"
	awk -F '\t' -v dir="$out/jcs/seeds" '!/^#/ && $3 !~ /\\|\*/ { print $3 >(dir "/" $2); close(dir "/" $2) }' \
		tests/tables/json.eval
	awk -v dir="$out/contract/seeds" '
		function whole(schema) {
			return document ? schema : sprintf("{\"name\":\"c\",\"version\":\"1.0.0\",\"request\":%s}", schema)
		}
		/^## / { document = 0 }
		/^document/ { document = 1 }
		/^old / { old = substr($0, 5) }
		/^new / {
			file = dir "/" NR
			printf "%s%c%s", whole(old), 0, whole(substr($0, 5)) >file
			close(file)
		}' tests/tables/contracts.eval
}

# The first byte says which: "0" is 48, an answer in XML; an error; a shared file.
mkdir -p "$out/aws/seeds"
printf '0<E><Error><Code>a&amp;b</Code><Message>x &#65;</Message></Error></E>' >"$out/aws/seeds/xml"
printf '1{"__type":"com.amazon#ThrottlingException:x","message":"y"}' >"$out/aws/seeds/json"
printf '1<Error><Code>NoSuchKey</Code></Error>' >"$out/aws/seeds/error"
printf '2# x\n[default]\naws_access_key_id = A\naws_secret_access_key=b\n[profile x]\nrole_arn = y\n' >"$out/aws/seeds/profile"

mkdir -p "$out/listing/seeds"
printf '["a.json", "b.txt"]' >"$out/listing/seeds/names"
printf '[{"name":"a.json","type":"file","mtime":"Tue, 24 Nov 2026 12:00:01 GMT","size":240}]' >"$out/listing/seeds/json"
printf '<pre><a href="a%%20b.json">a b.json</a>  24-Nov-2026 12:00  240\r\n</pre>' >"$out/listing/seeds/html"

# The first byte is the name: a digit that counts them up.
mkdir -p "$out/harvest/seeds"
for file in tests/data/harvest/*/*; do
	[ -f "$file" ] || continue
	case $file in *.md) kind=1 ;; *.jsonl) kind=2 ;; */adapter_config.json) kind=3 ;; *) kind=0 ;; esac
	# "0" is 48, and 48 % 6 is 0.
	printf '%s' "$kind" | cat - "$file" >"$out/harvest/seeds/$(echo "$file" | tr / _)"
done
awk -v dir="$out/harvest/seeds" '
	/^%file/ {
		kind = $2 ~ /\.md$/ ? 1 : $2 ~ /\.jsonl$/ ? 2 : $2 == "adapter_config.json" ? 3 : $2 ~ /\.yaml$/ ? 4 : $2 ~ /\.json$/ ? 0 : 5
		if (file)
			close(file)
		file = dir "/case" ++n
		printf "%s", kind >file
		next
	}
	/^%/ { file = "" }
	file { print >file }' tests/tables/harvest.eval
seed manifest tests/data/*.json etc/demo/*.json
seed jcs tests/data/*.json etc/demo/*.json etc/policy.json
seed policy etc/policy.json
seed contract openapi.json
seed config etc/spiralfedd.conf
mkdir -p "$out/node/seeds"
sed -n '/^ "block"/,/^ },$/p' vectors/fusion.json | sed '1s/.*/{"fusion":{/; s/^ },$/}}/' >"$out/node/seeds/block"
sed 's/^{"fusion":{/{"plan_b":{"gcp":{"verdict":"pass","fusion":{/; $s/$/},"aws":{"verdict":"fail"}}}/' \
	"$out/node/seeds/block" >"$out/node/seeds/plan"
zeros=$(printf '%064d' 0)
for warm in '' "{\"digest\":\"sha256:$zeros\",\"version\":\"1.0.0\"}"; do
	printf '{"channel":"stable","digest":"sha256:%s","expires":"2027-01-01T00:00:00Z","issued":"2026-01-01T00:00:00Z","schema":"spiralfed.channel/v1","serial":7,"version":"1.2.3","warm":[%s]}' \
		"$zeros" "$warm" >"$out/node/seeds/pointer${warm:+-warm}"
done
sed -n 's/^# *\([a-z_]* *=.*\)/\1/p' etc/spiralfedd.conf >"$out/config/seeds/every-option"
grep -ohE '"(GET|POST|PUT|DELETE)", "/[^"]*"' include/api/routes.def | tr -d '",' |
	while read -r method path; do
		printf '%s %s?dry_run&max_results=3&page_token=x&pretty HTTP/1.1\n' "$method" "$path"
		printf 'Host:localhost\nAuthorization:Bearer x\nContent-Type:application/json\n'
		printf 'Accept:text/plain;q=0.5, */*\nIdempotency-Key:"k"\nIf-Match:"sha256:00-pretty"\n'
		printf 'Content-Length:2\n'
	done | split -l 8 - "$out/request-"
mkdir -p "$out/guard/seeds"
mv "$out"/request-* "$out/guard/seeds/"
from_tables
# The first byte says what the rest is: a token (that of RFC 7515), claims, keys, credentials.
mkdir -p "$out/token/seeds"
python3 - tests/stand-in "$out/token/seeds" 2>/dev/null <<'END' || true
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import rs256
text = "eyJhbGciOiJSUzI1NiJ9." + rs256.encode(
    b'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}')
seeds = {"token": "0" + text + "." + rs256.encode(rs256.sign(text.encode())), "claims": '1{"iss":"joe","aud":["us"],"exp":9}',
         "keys": "2" + json.dumps({"keys": [rs256.jwk(kid="k", use="sig")]}),
         "key": "3" + json.dumps({"type": "service_account", "client_email": "a", "private_key": rs256.pem()}),
         "federation": '3{"type":"external_account","audience":"a","subject_token_type":"b","token_url":"https://c/","credential_source":{"file":"/d"}}'}
for name, text in seeds.items():
    open(sys.argv[2] + "/" + name, "w").write(text)
END
# Every name that a document may hold, as libFuzzer's dictionary.
grep -ohE '"[A-Za-z0-9_.$:/-]{2,40}"' openapi.json etc/policy.json tests/data/*.json tests/tables/contracts.eval |
	sort -u >"$out/words"

status=0
for name; do
	mkdir -p "$out/$name/corpus"
	printf '==== fuzz_%s: %s s\n' "$name" "$seconds"
	"$BUILD/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
		-max_len=65536 -use_value_profile=1 -dict="$out/words" -print_final_stats=1 -verbosity=0 \
		-artifact_prefix="$out/$name/found-" "$out/$name/corpus" "$out/$name/seeds" \
		2>"$out/$name/log" || status=1
	grep -E 'ERROR|SUMMARY|does not hold|stat::(number_of_executed|new_units)' "$out/$name/log" || true
	ls "$out/$name"/found-* 2>/dev/null || true
done
exit $status
