#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# N model packages of SageMaker's registry (N=10000): brought in, looked at again unchanged, also after a
# restart, and listed by the official client. Prints one line for each: seconds, requests, bytes of
# answers. Needs BUILD; python3; node with tests/clients/node_modules for the client.
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
	curl -sf "$url/_control/stats" | tr ',' '\n' | awk -v what="$1" -v secs="$2" -v n="$n" '
		/"requests":/ { gsub(/[^0-9]/, ""); requests = $0 }
		/"bytes":/ { gsub(/[^0-9]/, ""); bytes = $0 }
		END { printf "aws %-34s %6d models %8.2f s %6d requests %9d bytes\n", what, n, secs, requests, bytes }'
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

/usr/bin/python3 "$src/tests/stand-in/aws.py" --folder "$tmp" >url 2>err &
stand_in=$!
await test -s url
url=$(cat url)
curl -sf "$url/_control/seed" -d @- <<END
{"count": $n, "group": "runtime", "bucket": "models", "manifest":
 "{\"provider\":\"aws\",\"artifacts\":[{\"id\":\"s/runtime-v%d\",\"role\":\"runtime\",\"uri\":\"s3://models/runtime/%d/model.tar.gz\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,\"latency_ms_p95\":90,\"cost_per_1k_tokens\":0.4}}]}"}
END
cat >daemon.conf <<END
[provider.aws]
connector = aws
region = eu-west-1
credentials = $tmp/credentials
endpoint = $url
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
const [url, clients] = process.argv.slice(2);
const SM = createRequire(clients + "/aws.mjs")("@aws-sdk/client-sagemaker");
const client = new SM.SageMakerClient({ endpoint: url, region: "eu-west-1",
	credentials: { accessKeyId: "AKIDSTANDIN", secretAccessKey: "stand-in/secret" } });
const begun = process.hrtime.bigint();
let n = 0;
for await (const page of SM.paginateListModelPackages({ client, pageSize: 100 },
	{ ModelPackageType: "Versioned", ModelApprovalStatus: "Approved", SortBy: "CreationTime" }))
	n += page.ModelPackageSummaryList.length;
console.error(n + " models");
console.log(Number(process.hrtime.bigint() - begun) / 1e9);
END
	curl -sf -X DELETE "$url/_control/stats"
	secs=$(node "$tmp/list.mjs" "$url" "$clients" 2>client.err)
	grep -q "^$n models" client.err
	counted 'listed by @aws-sdk/client-sagemaker' "$secs"
else
	echo "aws: node or tests/clients/node_modules is missing: no official client to compare with"
fi
