#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The example node against a daemon: it follows, keeps, reports, and is not fooled; and its library.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
node=$BUILD/examples/node
nodes=

start_node() { # NAME KEY [OPTION...]
	name=$1
	key=$2
	shift 2
	"$node" -n "$name" -u "$url" -k "$key" -s "$name.state" -t state/admin.token "$@" >>"$name.log" 2>&1 &
	nodes="$nodes $!"
}
once() { # NAME KEY [OPTION...]
	status=0
	name=$1
	key=$2
	shift 2
	"$node" -n "$name" -u "$url" -k "$key" -s "$name.state" -t state/admin.token -1 "$@" >out 2>err || status=$?
}
follows() { # SERIAL VERSION: every node does
	for n in 1 2 3; do
		tail -n 20 "node-$n.log" | grep -q "serial=$1 release=$2" || return 1
	done
}
unit() { # QUALITY NUMBER
	printf '{"provider":"hf","artifacts":[{"id":"s/textgen-v%s","role":"textgen","metrics":{"quality":%s,"safety":0.98,"latency_ms_p95":90,"cost_per_1k_tokens":0.4},"uri":"hf://s/x"}]}' "$2" "$1" >hf.json
	sf submit hf.json
}

# Only what the header names can be seen, and nothing is asked of the system but memory's contents.
nm "$BUILD/libspiralfed.a" >names 2>/dev/null
check "the library shows spiralfed_* alone" \
	test -z "$(awk '$2 ~ /[TDBRV]/ && $3 !~ /^spiralfed_/' names)"
if ! grep -q __asan names && ! grep -q __ubsan names; then
	check "... and takes no memory, opens no file, no connection" test -z \
		"$(awk '$1 == "U" && $2 ~ /^(malloc|calloc|realloc|free|open|openat|read|write|socket|connect|fopen|pthread_create)$/' names)"
fi

daemon_on_socket
url=unix:$PWD/sock
export SPIRALFED_TOKEN_FILE=state/admin.token
sf key show
cp out key.pem

once lone key.pem
check "nothing to follow yet: exit 1" exits 1
unit 0.81 1
sf submit "$data/gcp_manifest.json" "$data/aws_manifest.json"
sf merge
sf promote 1.0.0-rc.1 --reason first --override
check "a release" exits 0

once lone key.pem
check "one look: exit 0" exits 0
check "... moved" prints 'moved serial=1 release=1.0.0'
check "... kept" grep -q '"serial":1,' lone.state
once lone key.pem
check "after a restart it loads again, and nothing is new" prints 'unchanged serial=1 release=1.0.0'

# Without a provider the node goes where the daemon says, and each kind of plan is met.
agrees() { # PROVIDER: both by the same target, or both by none
	once lone key.pem -x "$1"
	ours=$(sed -n "s/.*without $1 sends chat to //p" out)
	sf route --without "$1" --json prompt_type=chat
	theirs=$(grep -o '"to":"[^"]*"' out | head -n 1 | cut -d '"' -f 4)
	echo "# without $1: ${ours:-none}" >&2
	[ "$ours" = "$theirs" ]
}
for p in hf gcp aws nobody; do
	check "without $p the node and the daemon go the same way" agrees $p
done
sf token create --name reader --scopes read
grep -o 'sfd_[A-Za-z0-9_]*' out | head -n 1 >reader.token
once lone key.pem -t reader.token
check "a report that is refused: exit 1" exits 1
check "... is said" prints 'the report was answered 403'

for n in 1 2 3; do start_node "node-$n" key.pem -w 5; done
check "three nodes follow" await follows 1 1.0.0
unit 0.86 2
sf merge
sf promote 1.0.1-rc.1 --reason second --override
check "... a promotion" await follows 2 1.0.1
three_of_four() { sf status && grep -Eq '^fleet\.live +4$' out && grep -Eq '^fleet\.current +3$' out; }
check "... which the status says, and that the lone one is behind" await three_of_four
sf rollback --drill --dry-run --reason try
check "a drill that is only tried has no number" prints 'dry run: 4 nodes would be asked for 1.0.0'
sf rollback --drill --reason try
check "... one that begins has" prints 'drill 1: 4 nodes are to have 1.0.0 ready'
sf drills 1
check "... and it names who is ready and who is missing" grep -Eq '^missing .*lone' out
sf rollback --reason worse
check "... and the way back" await follows 3 1.0.0
sf key rotate --reason test --overlap P1D
check "... and keys that change" await grep -q 'renewed serial=3' node-1.log
check "none was refused anything" test -z "$(cat node-?.log | grep -E 'REFUSED|answered')"

# Another daemon, with a key of its own, in the place of the first.
kill -TERM "$pid"
wait "$pid"
pid=
mv state real
SPIRALFED_TOKEN_FILE=real/admin.token
daemon_on_socket
SPIRALFED_TOKEN_FILE=state/admin.token
unit 0.81 1
sf submit "$data/gcp_manifest.json" "$data/aws_manifest.json"
sf merge
sf promote 1.0.0-rc.1 --reason forged --override
once lone key.pem
check "another daemon's key: refused" prints 'REFUSED bad_signature'
check "... and what was known stays" grep -q '"serial":1,' lone.state
check "the three, whose token it does not know, stay where they are" await \
	grep -q 'the channel was answered 401' node-1.log

for p in $nodes; do kill -TERM "$p" 2>/dev/null; done
for p in $nodes; do wait "$p"; done
exit $bad
