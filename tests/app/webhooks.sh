#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Webhooks of a daemon: what is killed loses none, who is slow delays nobody, who is gone is left alone.
# shellcheck disable=SC2317 # check calls functions
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"

python=/usr/bin/python3
[ -x "$python" ] || python=python3
command -v "$python" >/dev/null || {
	echo "skipped: python3 is needed"
	exit 77
}

secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
echo "$secret" >secret
echo whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= >secret2
receiver=
trap 'kill -KILL $pid $receiver 2>/dev/null' EXIT

listen() { # a receiver that writes to heard
	"$python" "$SRC/tests/stand-in/receiver.py" --secret secret --secret secret2 --down down >heard 2>>err &
	receiver=$!
	await grep -q port heard
	port=$(sed -n 's/.*"port": \([0-9]*\).*/\1/p' heard)
}
serve() { # OPTION...
	: >log
	"$BUILD/spiralfedd" -o listen="unix:$PWD/sock" -o state=state -o auth=off "$@" 2>log &
	pid=$!
	await ready
	export SPIRALFED_URL="unix:$PWD/sock"
}
private() { serve -o webhook_private=on; }
stop() { # SIGNAL
	kill "-$1" "$pid"
	wait "$pid" 2>/dev/null
}
created() { sed -n 's/^webhook \([^ ]*\) is made.*/\1/p' err; }
heard() { [ "$(grep -c "$1" heard)" = "$2" ]; }
phase() { # WEBHOOK PHASE COUNT
	sf webhooks deliveries "$1" --phase "$2"
	[ "$(grep -c '^msg_' out)" = "$3" ]
}
event() { sf freeze create --until 2099-01-01T00:00:00Z --reason "$1" --as me; }

# ---- what may be called ----
serve
sf webhooks create --url http://127.0.0.1:1/ --types '*'
check "plain http is refused" exits 1
check "... with the reason" says 'is not https'
sf webhooks create --url https://127.0.0.1:1/ --types '*'
check "an address of this machine is refused" says 'not on the open internet'
sf webhooks create --url https://hooks.example/ --types 'release.actived'
check "an unknown type is refused with the near one" says 'is it release.activated?'
echo whsec_c2hvcnQ= >short
sf webhooks create --url https://hooks.example/ --types '*' --secret-file short
check "a short secret is refused" says 'too short'
# A name that the form does not give away: the address it resolves to is looked at when it is called.
inside=
for name in ip6-localhost "$(hostname)"; do
	getent hosts "$name" | grep -qE '^(127\.|::1 )' && inside=$name && break
done
if [ -n "$inside" ]; then
	sf webhooks create --url "https://$inside:1/" --types 'policy.*'
	id=$(created)
	sf webhooks test "$id"
	check "a name that leads inside is not called" says 'not on the open internet'
	sf webhooks delete "$id"
else
	echo "ok - a name that leads inside is not called # skip no name here resolves to this machine"
fi
stop TERM

# ---- the way of an event ----
listen
private
sf webhooks create --url "http://127.0.0.1:$port/ok" --types 'freeze.*' --secret-file secret
check "a webhook is made" exits 0
id=$(created)
check "... and its secret goes to standard output" prints "$secret"
sf webhooks test "$id"
check "a test is taken" prints 'was taken: ok'
event one
check "an event arrives" await heard '"freeze.created"' 1
check "... signed with the secret, as CloudEvents" \
	grep -q '"content_type": "application/cloudevents+json", "signed_by": \[0\]' heard
check "... and is recorded" await phase "$id" Succeeded 2
sf webhooks rotate "$id" --secret-file secret2
event two
await heard '"freeze.created"' 2
check "in the overlap both secrets sign" grep -q '"signed_by": \[0, 1\]' heard
sf webhooks rotate "$id" --secret-file secret2 --overlap PT0S
event three
await heard '"freeze.created"' 3
check "after it the new one alone" grep -q '"signed_by": \[1\]' heard
message=$(sed -n 's/.*"id": "\(msg_[^"]*\)".*freeze.created.*/\1/p' heard | head -n 1)
sf webhooks redeliver "$id" "$message"
check "one is sent once more" prints 'was taken'
check "... under the same id" heard "$message" 2

# ---- receivers of all kinds ----
sf webhooks create --url "http://127.0.0.1:$port/hold/slow" --types 'freeze.*'
slow=$(created)
sf webhooks create --url "http://127.0.0.1:$port/gone" --types 'freeze.*'
gone=$(created)
sf webhooks create --url "http://127.0.0.1:$port/big" --types 'freeze.*' --format slack
big=$(created)
sf webhooks create --url "http://127.0.0.1:$port/move" --types 'freeze.*'
move=$(created)
sf webhooks create --url "http://127.0.0.1:$port/echo?a-very-long-secret-in-a-path" --types 'freeze.*'
echo_=$(created)
event four
check "the others are told" await phase "$id" Succeeded 5
# The slow one is given up after 15 s: nobody was told after that.
check "... and who is slow or gone delays nobody" \
	[ "$(grep -e '"left": "/hold/slow"' -e '"/ok".*"four"' heard | head -n 1 | grep -c '"/ok"')" = 1 ]
check "an answer of any length is one" await phase "$big" Succeeded 1
check "a chat gets a sentence" grep -q '"body": {"text": "Freeze [^"]* created by local: four"}' heard
disabled() {
	sf webhooks show "$gone"
	grep -q '^disabled_cause *gone' out
}
check "410 disables" await disabled
sf events --max-results 20
check "... which is an event" prints 'webhook.disabled'
check "a redirect is a failure" await phase "$move" Pending 1
check "... and not followed" [ "$(grep -c '"path": "/ok"' heard)" = "$(grep -c '"signed_by": \[[0-9]' heard)" ]
await phase "$echo_" Succeeded 1
counted() { # what was refused is tried again after 5 s
	curl -fsS --unix-socket sock http://localhost/metrics >out
	grep -qx "spiralfed_webhook_attempts_total{result=\"refused\"} $(grep -c -e '"/gone"' -e '"/move"' heard)" out
}
check "all of it is counted" await counted
check "... and whoever is disabled" grep -qx 'spiralfed_webhooks{status="DISABLED"} 1' out
sf webhooks deliveries "$echo_" --json
check "an answer that shows the signature is not kept" [ "$(grep -c '"response"' out)" = 0 ]

# ---- killed while a receiver holds the message ----
sf webhooks create --url "http://127.0.0.1:$port/hold/on" --types 'freeze.*'
held=$(created)
event held
check "one holds the message" await heard '"path": "/hold/on"' 1
stop KILL
private
check "what was under way is sent again" await heard '"path": "/hold/on"' 2
check "... under the same id" [ "$(sed -n '/"path": "\/hold\/on"/s/.*"\(msg_[^"]*\)".*/\1/p' heard | uniq | wc -l)" = 1 ]
stop TERM
ended() { # no attempt of its own end is recorded
	await grep -q 'tag=daemon.stopped' log && ! grep -q "webhook=$held" log
}
check "a stop waits for no receiver" ended

# ---- killed between commit and delivery ----
touch down
private
for n in 1 2 3 4 5; do event "lost $n"; done
stop KILL
rm down
private
all_five() { [ "$(grep '"/ok"' heard | grep -o '"reason": "lost [1-5]"' | sort -u | wc -l)" = 5 ]; }
check "nothing that was committed is lost" await all_five
sf webhooks delete "$slow"
sf webhooks delete "$held"
for n in 1 2 3 4 5 6; do
	(for k in 1 2 3 4 5; do "$BUILD/spiralfed" freeze create --until 2099-01-01T00:00:00Z \
		--reason "round $n $k" --as me >/dev/null 2>&1; done) &
	burst=$!
	sleep "0.$((n * 37 % 20 + 5))"
	stop KILL
	wait "$burst"
	private
done
curl -fsS --unix-socket sock "http://localhost/v1/events?type=freeze.created&max_results=1000" |
	grep -o '"reason":"round [0-9 ]*' | sed 's/.*"round/round/' | sort >committed
delivered() {
	grep '"/ok"' heard | grep -o '"reason": "round [0-9 ]*' | sed 's/.*"round/round/' | sort -u >arrived
	cmp -s committed arrived
}
check "whenever it is killed, what is in the history arrives" await delivered
check "... which is something" [ -s committed ]
sf webhooks disable "$id"
check "one is disabled" prints 'is DISABLED'
event six
sf webhooks enable "$id"
six() { grep -q '"/ok".*six' heard; }
check "... and goes on where it stopped" await six
# ---- what anybody is told afterwards ----
: >told
for path in webhooks "webhooks/$id" "webhooks/$id/deliveries?max_results=1000" 'events?max_results=1000' \
	'audit?max_results=1000' status "webhooks/$id/deliveries/$message"; do
	curl -s --unix-socket sock "http://localhost/v1/$path" >>told
done
curl -s --unix-socket sock http://localhost/metrics >>told
for what in list "show $id" "deliveries $id" "deliveries $id $message" "test $id" "rotate $id --secret-file secret" \
	"create --url http://127.0.0.1:1/ --types freeze.* --secret-file short" \
	"create --url nonsense --types freeze.* --secret-file secret"; do
	# shellcheck disable=SC2086 # words
	sf webhooks $what
	cat out err >>told
done
# A secret that was given is answered to who gave it, and to nobody else.
check "a rotation answers its own secret alone" [ "$(grep -o MfKQ9r8G told | wc -l)" = 1 ]
check "no answer and no output holds another" [ -z "$(grep -e AAAAAAAAAAAAAAAAAAAA= -e c2hvcnQ told)" ]
check "... though there is one of each webhook" [ "$(grep -o '"id":"'"$id"'"' told | wc -l)" -ge 2 ]
stop TERM

check "no secret is in the log" [ -z "$(grep -e whsec_ -e MfKQ9r8G -e a-very-long log)" ]
exit "$bad"
