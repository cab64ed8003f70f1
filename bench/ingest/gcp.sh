#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# N models of Vertex AI (N=10000): brought in, looked at again unchanged, by a daemon that remembers them
# and by one that was started anew, and listed by the official client. Prints one line for each: seconds,
# requests, bytes of answers. Needs BUILD; python3; node with tests/clients/node_modules for the client.
# shellcheck source=bench/ingest/common.sh
. "$(dirname "$0")/common.sh"
label=gcp

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
measure 'all of them new' new
measure 'unchanged' unchanged
stop
start
measure 'unchanged, after a restart' unchanged
stop

if has_client; then
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
	listed @google-cloud/aiplatform node "$tmp/list.mjs" "$url" "$tmp" "$clients"
fi
