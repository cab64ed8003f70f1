#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The offline half of judging: spiralfed gates recompute on a daemon's registry, and spiralfed policy.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
unset SPIRALFED_TOKEN SPIRALFED_TOKEN_FILE SPIRALFED_URL

printf '%s' '{"provider":"gcp","artifacts":[{"id":"s/embedder-v1","role":"embed","uri":"s3://b/e",' \
	'"metrics":{"quality":0.8,"safety":0.98,"latency_ms_p95":120,"cost_per_1k_tokens":0.7}}]}' >good.json
sf policy test --candidate good.json
check "policy test: a good manifest passes" exits 0
check "... names the gates" prints compatibility
sf policy test --candidate "$data/hf_manifest_full.json" --baseline "$data/hf_manifest.json"
check "policy test: what does not pass exits 1" exits 1
check "... against the unit of its slot" prints 'against spiralverse/textgen-lora-v1'
sf policy test --candidate "$data/nosuch.json"
check "policy test: no such file" says 'cannot open'
sf policy test
check "policy test: wants a candidate" exits 2
sf policy plan --metric task_accuracy --value 0.85 --gain 0.02
check "policy plan: says how many" prints 'each side, to show it better'
check "... of that metric alone" test "$(grep -c '^[a-z_]* (' out)" = 1
sf policy plan --metric nosuch
check "policy plan: no such metric" exits 1
better() { sed -n 's/^ *each side, to show it better *//p' out; }
no_worse() { sed -n 's/^ *each side, to show an equal one no worse *//p' out; }
sed 's/"metrics": {/&"error_rate": {"role": "success", "direction": "lower", "margin": 0.02, "alpha": 0.01},/' \
	"$SRC/etc/policy.json" >lower.json
sf policy plan --policy lower.json --metric task_accuracy --value 0.85 --gain 0.02
n=$(better) loose=$(no_worse)
sf policy plan --policy lower.json --metric error_rate --value 0.15 --gain 0.02
check "policy plan: lower is better mirrors higher" test "${n:-none}" = "$(better)"
check "policy plan: no worse by the metric's own alpha" test "$(no_worse)" -gt "$loose"
check "... which it names" prints 'an alpha of its own, 0.003333'
sf policy plan --gain x
check "policy plan: no number" exits 2
sf policy plan --slow 1.5
check "policy plan: a number out of range" exits 2
check "... says from where to where" says 'not from 0 to 1'
sf policy plan --gain -1
check "policy plan: a gain is not negative" says 'not at least 0'
sf policy plan --competing 0
check "policy plan: somebody competes" says 'not from 1 to 1000000'
sf policy plan --value 3
check "policy plan: no proportion is 3" prints 'task_accuracy (proportion; from 0 to 1, which a live value of 3 is not)'
check "... a mean may be" prints 'retrieval_score (mean; live value 3,'
check "... and nothing is planned with it" test "$(grep -c 'pairs of which' out)" = 0
sf policy plan
for kind in 'task_accuracy (proportion' 'retrieval_score (mean' 'latency_ms_p95 (95th' \
	'cost_per_1k_tokens (mean, lower' 'safety (proportion' 'policy (suite'; do
	check "policy plan: knows $kind" prints "$kind"
done
sf policy plan --metric policy --competing 4
check "policy plan: alpha of a merge with four" prints 'at alpha 0.004167 (0.05 over 3 looks and 4 that compete)'
sed 's/"p95_ms": 250/"p95_ms": 200/' "$SRC/etc/policy.json" >stricter.json
sf policy diff "$SRC/etc/policy.json" stricter.json
check "policy diff: one line" test "$(cat out)" = '/gates/latency/p95_ms: 250 -> 200'

daemon_on_socket
export SPIRALFED_URL="unix:$PWD/sock" SPIRALFED_TOKEN_FILE=state/admin.token
sf submit "$data/hf_manifest.json"
check "submitted" exits 0
sf gates hf/spiralverse/textgen-lora-v1 --json
digest=$(sed -n 's/.*"judgement": *"\(sha256:[0-9a-f]*\)".*/\1/p' out)
registry=state/registry.sqlite
sf gates recompute "$digest" --registry "$registry"
check "gates recompute, while the daemon runs" exits 0
check "... prints the bytes of the digest" test "sha256:$(sha256sum <out | cut -d' ' -f1)" = "$digest"
sf promotability hf/spiralverse/textgen-lora-v2
check "promotability of an artifact: says what is in the way" prints '1. safety 0.93 < floor 0.95'
check "... what it needs" prints 'needs a new version that passes safety'
check "... and when" prints 'Earliest promotion: not by time alone'
sf promotability hf/spiralverse/textgen-lora-v1
check "promotability: what passes is judged as a merge would" prints 'At a merge: no other competes'
check "... which waits for the other slots" prints 'the slot embed, which is required, is empty'
sf pareto textgen
check "pareto: marks what another beats" prints 'spiralverse/textgen-lora-v1  Succeeded'
sf pareto nosuch
check "pareto: no such slot" exits 1
sed 's/"p95_ms": 250/"p95_ms": 119/' "$SRC/etc/policy.json" >draft.json
sf policy simulate --policy draft.json
check "policy simulate: what turns, and why" prints 'Failed  latency pass -> fail: latency_ms_p95 120 > ceiling 119'
check "... and nothing else" test "$(grep -c -- '->' out)" = 1
sed 's/"alpha": 0.05/"alpha": 0/; s/"warm": 2/"warm": -2/' "$SRC/etc/policy.json" >draft.json
sf policy simulate --policy draft.json
check "policy simulate: a draft that is none" exits 1
check "... says what is wrong" says '/policy/gates/alpha'
check "... all of it" says '/policy/rollback/warm'
sf policy simulate
check "policy simulate: wants a draft" exits 2
for provider in gcp aws; do sf submit "$data/${provider}_manifest.json"; done
sf promotability hf/spiralverse/textgen-lora-v1
check "promotability: what passes may be merged, once all slots are filled" prints '(Succeeded) may be merged'
check "... and has a time" prints 'Earliest promotion: 20'
sf merge
sf promotability 1.0.0-rc.1
check "promotability of a merge" prints '1.0.0-rc.1 (open) may be promoted'
sf withdraw gcp/spiralverse/embedder-v3 --reason 'test'
sf promotability 1.0.0-rc.1
check "... that cannot go on any more" prints 'needs another merge'
sf promotability 9.9.9-rc.1
check "... of no merge" exits 1
sf promotability a/b
check "... of no artifact's name" exits 2
kill -TERM "$pid"
wait "$pid"
pid=
sf gates recompute "$digest" --registry "$registry"
check "gates recompute, offline" exits 0
sf gates recompute "sha256:$(printf x | sha256sum | cut -d' ' -f1)" --registry "$registry"
check "no such judgement: exit 1" exits 1
STATE_DIRECTORY=$PWD/state sf gates recompute "$digest"
check "gates recompute, from the usual folder" exits 0
check "... the same bytes" test "sha256:$(sha256sum <out | cut -d' ' -f1)" = "$digest"
STATE_DIRECTORY=$PWD/nosuch sf gates recompute "$digest"
check "no registry: exit 1" exits 1
sf gates recompute nonsense --registry "$registry"
check "no digest: exit 2" exits 2
exit $bad
