#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# N models of Vertex AI (N=10000): brought in, looked at again unchanged, by a daemon that remembers them
# and by one that was started anew, and listed by the official client. Prints one line for each: seconds,
# requests, bytes of answers. Needs BUILD; python3; node with tests/clients/node_modules for the client.
set -eu
src=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$(cd "${BUILD:-$src/build}" && pwd)
n=${N:-10000}
tmp=$(mktemp -d)
pid='' stand_in=''
trap 'kill $pid $stand_in 2>/dev/null; wait; rm -rf "$tmp"' EXIT
cd "$tmp"
export SPIRALFED_URL="unix:$tmp/sock"

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
counted() { # WHAT SECONDS
	curl -sf "$url/_control/stats" | awk -v what="$1" -v secs="$2" -v n="$n" '
		/"requests":/ { gsub(/[^0-9]/, ""); requests = $0 }
		/"bytes":/ { gsub(/[^0-9]/, ""); bytes = $0 }
		END { printf "gcp %-34s %6d models %8.2f s %6d requests %9d bytes\n", what, n, secs, requests, bytes }'
}
measure() { # WHAT
	curl -sf -X DELETE "$url/_control/stats"
	begun=$(date +%s%N)
	sf schedule run ingest >/dev/null
	await is_over
	over=$(date +%s%N)
	if grep -q '"phase":"Error"' run; then
		cat run >&2
		exit 1
	fi
	counted "$1" "$(echo "$begun $over" | awk '{ printf "%.3f", ($2 - $1) / 1e9 }')"
}

/usr/bin/python3 "$src/tests/stand-in/gcp.py" --page 100 --folder "$tmp" >url 2>err &
stand_in=$!
await test -s url
url=$(cat url)
curl -sf "$url/_control/seed" -d @- <<END
{"count": $n, "labels": {"spiralfed": "embed"}, "manifest":
 "{\"provider\":\"gcp\",\"artifacts\":[{\"id\":\"s/embed-v%d\",\"role\":\"embed\",\"uri\":\"gs://models/seed/%d\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,\"latency_ms_p95\":35,\"cost_per_1k_tokens\":0.05}}]}"}
END
cat >daemon.conf <<END
[provider.gcp]
connector = gcp
project = proj
location = europe-west4
credentials = $tmp/key.json
endpoint = $url
storage_endpoint = $url
timeout = 3600
END
start
measure 'all of them new'
measure 'unchanged'
stop
start
measure 'unchanged, after a restart'
stop

clients=$src/tests/clients
if command -v node >/dev/null && [ -d "$clients/node_modules" ]; then
	cat >"$tmp/list.mjs" <<'END'
import { createRequire } from "node:module";
const [url, folder, clients] = process.argv.slice(2);
const from = createRequire(clients + "/gcp.mjs");
const { v1 } = from("@google-cloud/aiplatform");
const gax = createRequire(createRequire(from.resolve("@google-cloud/aiplatform")).resolve("google-gax"));
const { ExternalAccountClient } = gax("google-auth-library");
const { readFileSync } = await import("node:fs");
const authClient = ExternalAccountClient.fromJSON({ ...JSON.parse(readFileSync(folder + "/federation.json")),
	scopes: ["https://www.googleapis.com/auth/cloud-platform"] });
const { hostname, port } = new URL(url);
const models = new v1.ModelServiceClient({ fallback: true, apiEndpoint: hostname, port: Number(port), protocol: "http", authClient });
const begun = process.hrtime.bigint();
const [all] = await models.listModels({ parent: "projects/proj/locations/europe-west4", filter: "labels.spiralfed:*", pageSize: 100 });
console.error(all.length + " models");
console.log(Number(process.hrtime.bigint() - begun) / 1e9);
END
	curl -sf -X DELETE "$url/_control/stats"
	secs=$(node "$tmp/list.mjs" "$url" "$tmp" "$clients" 2>client.err)
	grep -q "^$n models" client.err
	counted 'listed by @google-cloud/aiplatform' "$secs"
else
	echo "gcp: node or tests/clients/node_modules is missing: no official client to compare with"
fi
