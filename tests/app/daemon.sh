#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spiralfedd's life: options, first start, the lock, the admin token, reload and drain.
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"
url=

daemon() { # runs to its end
	status=0
	timeout 120 "$BUILD/spiralfedd" "$@" >out 2>err || status=$?
}
logged() { grep -qF -- "$1" log; }
mode() { [ "$(stat -c %a "$1")" = "$2" ]; }
start() {
	: >log
	"$BUILD/spiralfedd" -o listen=127.0.0.1:0 -o state=state "$@" 2>>log &
	pid=$!
	await ready || return 1
	url=http://127.0.0.1:$(sed -n 's/.*daemon\.ready.* port=\([0-9]*\).*/\1/p' log)
}
stop() { # SIGNAL
	kill -"$1" "$pid"
	status=0
	wait "$pid" || status=$?
	pid=
}
answers() { # STATUS PATH [CURL OPTION...]
	want=$1
	path=$2
	shift 2
	[ "$(curl -s -o body -w '%{http_code}' "$@" "$url$path")" = "$want" ]
}
with_token() { answers 200 /v1/status -H "Authorization: Bearer $(cat "$1")"; }

daemon --version
check "--version" exits 0
check "... names it" grep -q '^spiralfedd [0-9]' out
daemon --help
check "--help" exits 0
check "... lists the options" grep -q '^  queue_max' out
daemon --check-config -c "$SRC/etc/spiralfedd.conf"
check "the sample file is good" exits 0
printf 'auth = on\nlisen = 127.0.0.1:1\n' >bad.conf
daemon -c "$SRC/etc/spiralfedd.conf" -c bad.conf
check "two -c: exit 2" exits 2
printf '[provider.hf]\nconnector = hf\nauthor = nobody\ntoken_file = /nonexistent/t\n' >late.conf
daemon --check-config -c late.conf
check "a token that is not there yet: exit 0" exits 0
check "... is told with its place" says 'late.conf:4: [provider.hf] token_file = /nonexistent/t: cannot open'
check "... and stops no start" start -c late.conf -o state=late
check "... which says so" grep -q 'config.file .*late.conf:4: ' log
stop TERM
mkdir damaged
head -c 8192 /dev/zero | tr '\0' x >damaged/registry.sqlite
cp damaged/registry.sqlite before
daemon -o state=damaged -o listen=127.0.0.1:0
check "a damaged registry: exit 1" exits 1
check "... names the file" says damaged/registry.sqlite
check "... says what to do" says 'registry.sqlite.before-NNNN'
check "... and leaves it alone" cmp -s before damaged/registry.sqlite
rm -r damaged
start -o state=damaged
stop TERM
tr '\0' x </dev/zero | dd of=damaged/registry.sqlite bs=4096 seek=1 count=40 conv=notrunc iflag=fullblock 2>out
daemon -o state=damaged -o listen=127.0.0.1:0
check "a registry damaged further in: exit 1" exits 1
check "... says what to do" says 'the registry is damaged'
daemon -c bad.conf
check "a wrong option: exit 2" exits 2
check "... file, line and the nearest name" says 'bad.conf:2: no option is called lisen; did you mean listen?'
daemon -o queue_max=many
check "a wrong -o: exit 2" exits 2
check "... says so" says '-o: queue_max = many'
daemon --frob
check "an unknown flag: exit 2" exits 2
daemon surplus
check "an argument: exit 2" exits 2
daemon -o auth=off -o listen=0.0.0.0:0 -o state=open
check "auth = off for the world: exit 2" exits 2
check "... says why" says 'auth = off, but 0.0.0.0:0 can be reached from other machines'
check "... and made nothing" test ! -e open
echo '{"schema":"spiralfed.policy/v1"}' >policy.json
daemon --check-config -o policy=policy.json
check "a broken policy file: exit 2" exits 2
check "... is named" says 'policy = policy.json'

check "it starts" start
check "the folder is private" mode state 700
check "the token file is private" mode state/admin.token 600
check "the registry is private" mode state/registry.sqlite 600
check "the first start says where the token is" logged state/admin.token
check "the log keeps the secret" test -z "$(grep -F "$(cat state/admin.token)" log)"
check "no token: 401" answers 401 /v1/status
check "the token opens" with_token state/admin.token
daemon -o listen=127.0.0.1:0 -o state=state
check "a second one on the same state: exit 1" exits 1
check "... names the first" says "(process $pid) holds the state folder state"
check "... which goes on" answers 200 /livez

cp state/admin.token old.token
daemon --new-admin-token -o state=state
check "a new admin token while it runs" exits 0
check "... is another one" test "$(cat old.token)" != "$(cat state/admin.token)"
check "... opens" with_token state/admin.token
check "... as does the old one" with_token old.token
check "... and is private" mode state/admin.token 600

stop TERM
check "SIGTERM: exit 0" exits 0
check "... says so" logged daemon.stopped
cp state/admin.token old.token
check "it starts again" start
check "... with the same token" cmp -s old.token state/admin.token
check "... which still opens" with_token state/admin.token
stop INT
check "SIGINT: exit 0" exits 0
daemon --new-admin-token -o state=elsewhere
check "a new admin token where no daemon ever ran: exit 1" exits 1
check "... names the folder" grep -qF 'no registry in elsewhere' err
check "... and makes none" test ! -e elsewhere
daemon --new-admin-token -o state=state
check "a new admin token while it does not run" exits 0
check "... is another one" test "$(cat old.token)" != "$(cat state/admin.token)"

printf 'log_level = info\nloops = 1\n' >some.conf
check "it starts from a file" start -c some.conf
check "the newest token opens" with_token state/admin.token
printf 'log_level = debug\nloops = 2\n' >some.conf
kill -HUP "$pid"
check "SIGHUP reloads" await logged 'config.reloaded'
check "... counts what changed" logged 'changed=1'
check "... names what waits" await logged 'option=loops'
echo 'log_level = loud' >some.conf
kill -HUP "$pid"
check "a wrong file keeps the old values" await logged 'config.refused'
check "... and serving" answers 200 /livez
stop KILL
check "it starts after SIGKILL" start -o auth=off
check "... auth = off is loud" logged auth.off
check "... and opens" answers 200 /v1/status
stop TERM

sed 's/"p95_ms": 250/"p95_ms": 200/' "$SRC/etc/policy.json" >policy.json
check "it starts with a differing policy file" start -o policy=policy.json
check "... and warns" logged policy.file_differs
check "... naming the difference" logged '/gates/latency/p95_ms 250 -> 200'
stop TERM
check "it serves a Unix socket" start -o listen="unix:$PWD/sock" -o auth=off
check "... which answers to any name" test "$(curl -s -o body -w '%{http_code}' --unix-socket sock http://x/v1/status)" = 200
stop TERM
check "the wish file is gone" test ! -e state/new-admin-token
exit $bad
