#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# N repositories of the Hub (N=10000), each with a manifest: brought in, looked at again unchanged (with
# ETags of listings and without), by a daemon that remembers them and by one that was started anew, and
# listed by the official client. Prints one line for each: seconds, requests, bytes of answers. Needs
# BUILD; python3; node with tests/clients/node_modules for the client.
set -eu
src=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$(cd "${BUILD:-$src/build}" && pwd)
n=${N:-10000}
tmp=$(mktemp -d)
pid='' stand_in=''
trap 'kill $pid $stand_in 2>/dev/null; wait; rm -rf "$tmp"' EXIT
cd "$tmp"
export SPIRALFED_URL="unix:$tmp/sock" HF_TOKEN=hf_read

await() { # COMMAND...
	until "$@"; do sleep 0.02; done
}
start() {
	: >log
	"$BUILD/spiralfedd" -c daemon.conf -o listen="$SPIRALFED_URL" -o state=state -o auth=off 2>>log &
	pid=$!
	await grep -q 'daemon\.ready' log
}
stop() {
	kill -TERM "$pid"
	wait "$pid" || true
	pid=''
}
sf() { "$BUILD/spiralfed" "$@"; }
is_over() { sf schedule runs ingest --json --max-results 1 >run && grep -q '"finished_at":"' run; }
forget() { curl -sf -X DELETE "$url/_control/stats" >out; }
counted() { # WHAT SECONDS; without the requests of this script
	curl -sf "$url/_control/stats" |
		sed 's/.*"requests":\([0-9]*\),"bytes":\([0-9]*\).*/\1 \2/' |
		awk -v what="$1" -v secs="$2" -v n="$n" \
			'{ printf "hf  %-34s %6d models %8.2f s %6d requests %9d bytes\n", what, n, secs, $1 - 1, $2 - 2 }'
}
measure() { # WHAT REPORT: which member of the log's last report has to be all of them
	forget
	begun=$(date +%s%N)
	sf schedule run ingest >/dev/null
	await is_over
	over=$(date +%s%N)
	if ! grep 'tag=source.read' log | tail -n 1 | grep -q " $2=$n "; then
		tail -n 3 log >&2
		exit 1
	fi
	counted "$1" "$(echo "$begun $over" | awk '{ printf "%.3f", ($2 - $1) / 1e9 }')"
}
serve() { # [OPTION]: the stand-in, with N repositories
	rm -f url
	/usr/bin/python3 "$src/tests/stand-in/hub.py" "$@" >url 2>err &
	stand_in=$!
	await test -s url
	url=$(cat url)
	curl -sf "$url/_control/seed" -d @- >out <<END
{"org": "spiralverse", "count": $n, "name": "textgen-lora", "manifest":
 "{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"spiralverse/textgen-lora-v%d\",\"role\":\"textgen\",\"uri\":\"hf://spiralverse/textgen-lora-v%d\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,\"latency_ms_p95\":120,\"cost_per_1k_tokens\":0.7}}]}"}
END
	printf '[provider.hf]\nconnector = hf\nendpoint = %s\nauthor = spiralverse\ntimeout = 3600\n' "$url" >daemon.conf
}
clients=$src/tests/clients
cat >list.mjs <<'END'
import { createRequire } from "node:module";
const [url, clients] = process.argv.slice(2);
const { listModels } = createRequire(clients + "/hub.mjs")("@huggingface/hub");
const begun = process.hrtime.bigint();
let n = 0;
for await (const one of listModels({ hubUrl: url, accessToken: "hf_read", search: { owner: "spiralverse" },
	sort: "lastModified", additionalFields: ["sha"] })) n += one.sha.length === 40;
console.error(n + " models");
console.log(Number(process.hrtime.bigint() - begun) / 1e9);
END

serve
start
measure 'all of them new' new
measure 'unchanged' unchanged
stop
start
measure 'unchanged, after a restart' unchanged
stop
if command -v node >/dev/null && [ -d "$clients/node_modules" ]; then
	forget
	secs=$(node list.mjs "$url" "$clients" 2>client.err)
	grep -q "^$n models" client.err
	counted 'listed by @huggingface/hub' "$secs"
else
	echo "hf: node or tests/clients/node_modules is missing: no official client to compare with"
fi
kill "$stand_in"
wait "$stand_in" || true
# The same repositories at the same commits: nothing of what came in is asked for again but the listing.
serve --no-etag
start
sf schedule run ingest >/dev/null
await is_over
measure 'unchanged, listings without ETags' unchanged
stop
