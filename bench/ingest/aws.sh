#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# N model packages of SageMaker's registry (N=10000): brought in, looked at again unchanged, also after a
# restart, and listed by the official client. They were approved a month ago. Prints one line for each: seconds, requests, bytes of
# answers. Needs BUILD; python3; node with tests/clients/node_modules for the client.
# shellcheck source=bench/ingest/common.sh
. "$(dirname "$0")/common.sh"
label=aws

/usr/bin/python3 "$src/tests/stand-in/aws.py" --folder "$tmp" >url 2>err &
stand_in=$!
await test -s url
url=$(cat url)
curl -sf "$url/_control/seed" -d @- <<END
{"count": $n, "group": "runtime", "bucket": "models", "age": 2592000, "manifest":
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
measure 'all of them new' new
measure 'unchanged' unchanged
stop
start
measure 'unchanged, after a restart' unchanged
stop

if has_client; then
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
	listed @aws-sdk/client-sagemaker node "$tmp/list.mjs" "$url" "$clients"
fi
