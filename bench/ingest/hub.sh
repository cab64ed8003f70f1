#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# N repositories of the Hub (N=10000), each with a manifest: brought in, looked at again unchanged (with
# ETags of listings and without), by a daemon that remembers them and by one that was started anew, and
# listed by the official client. Prints one line for each: seconds, requests, bytes of answers. Needs
# BUILD; python3; node with tests/clients/node_modules for the client.
# shellcheck source=bench/ingest/common.sh
. "$(dirname "$0")/common.sh"
label=hf own='1 2'
export HF_TOKEN=hf_read

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
if has_client; then
	listed @huggingface/hub node list.mjs "$url" "$clients"
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
