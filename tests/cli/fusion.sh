#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spiralfed route, vote and export: of files, and of a daemon's release.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
demo=$SRC/etc/demo
unset SPIRALFED_TOKEN SPIRALFED_TOKEN_FILE SPIRALFED_URL

cat >block.json <<'END'
{"models": {"general": {"artifact": "sha256:aa"}, "code": {"artifact": "sha256:aa", "adapter": "sha256:c0"},
  "large": {"artifact": "sha256:bb"}, "a": {"artifact": "sha256:g1"}, "b": {"artifact": "sha256:g2"}},
 "routes": [
  {"name": "safety", "when": {"field": "safety", "op": "eq", "value": "critical"}, "to": "ensemble:safe"},
  {"name": "big", "when": {"field": "tokens", "op": "gt", "value": 8000}, "to": "model:large", "fallback": ["model:general"]},
  {"name": "code", "when": {"field": "prompt_type", "op": "eq", "value": "code"}, "to": "model:code"},
  {"name": "trial", "when": {"field": "user", "op": "exists"}, "to": "split:trial"}],
 "default": {"to": "model:general"},
 "ensembles": {"safe": {"mode": "gate", "members": [{"model": "a"}, {"model": "b"}], "labels": ["allow", "refuse"],
   "quorum": 2, "then": {"allow": "model:general"}}},
 "splits": {"trial": {"salt": "r42", "key": "user", "branches": [
   {"to": "model:general", "weight": 5000}, {"to": "model:large", "weight": 5000}]}}}
END
sf route --file block.json prompt_type=chat
check "route: the default" prints 'route default  model:general'
sf route --file block.json prompt_type=code
check "route: by a text" prints 'with sha256:c0'
sf route --file block.json tokens=9000
check "route: by a number" prints 'route big  model:large  else model:general'
sf route --file block.json 'tokens="9000"'
check "route: a text is no number" prints 'route default'
sf route --file block.json safety=critical
check "route: an ensemble" prints 'route safety  ensemble:safe'
check "... asks its members" prints 'model:b'
sf route --file block.json user=user-1
check "route: a split says its bucket" prints 'split:trial  bucket 5408 of 10000  model:large'
sf route --file block.json --json prompt_type=code
check "route: --json" prints '"route":"code"'
sf route --file "$SRC/etc/policy.json"
check "route: by a policy" prints 'model:runtime'
sf route --file block.json tokens
check "route: no FIELD=VALUE: exit 1 or 2" test "$status" -gt 0
sf route --file block.json 1.0.0 tokens=1
check "route: a file or a release: exit 2" exits 2
sf route --file block.json --without hf
check "route: a block has no plans: exit 1" exits 1
sed 's/model:code/model:nosuch/' block.json >bad.json
sf route --file bad.json
check "route: a rule that names no model: exit 1" exits 1
check "... says where" says '/routes/2/to'

sf vote --file block.json safe allow allow
check "vote: quorum" prints 'allow  (quorum)  then model:general'
sf vote --file block.json safe allow -
check "vote: nothing in time" prints 'refuse  (no_quorum)'
sf vote --file block.json safe - - --json
check "vote: --json" prints '"reason":"min_votes"'
sf vote --file block.json safe allow alow
check "vote: what is no label counts as it must: exit 0" exits 0
check "... and is said to be none" says '"alow" is no label of safe'
sf vote --file block.json safe a b c
check "vote: more votes than members: exit 2" exits 2
sf vote --file block.json nosuch a
check "vote: no such ensemble: exit 1" exits 1

sf export --format kserve --file block.json --base-url http://m/ --graph g
check "export: a graph" prints '"kind":"InferenceGraph"'
check "... without a doubled slash" prints 'http://m/large'
check "... says what is lost" says 'note: '
sf export --format helm --file block.json
check "export: another format: exit 2" exits 2

daemon_on_socket
export SPIRALFED_TOKEN_FILE=state/admin.token
sf route
check "route: nothing promoted: exit 1" exits 1
sf submit "$demo/hf.json" "$demo/gcp.json" "$demo/aws.json"
sf merge
sf promote 1.0.0-rc.1 --reason first --override
check "a release to route by" exits 0
sf route prompt_type=chat
check "route: of the stable release" prints 'route default  model:textgen  else model:runtime'
check "... names the units" prints spiralverse/
sf route 1.0.0 --without hf
check "route: plan B" prints 'route default  model:runtime'
sf route v9.9.9
check "route: no such release: exit 1" exits 1
sf export --format kserve
check "export: of the stable release" prints '"name":"release-1-0-0"'
sf vote nosuch x
check "vote: asks the daemon's release" says 'there is no ensemble nosuch'
exit $bad
