#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The connector dir over a listing: an array of names, and the indexes of nginx; what each ingest costs
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"

python=/usr/bin/python3
if ! "$python" -c 'import http.server' 2>/dev/null; then
	echo "skipped: $python is not installed (Debian: python3)"
	exit 77
fi
servers=
trap 'kill $servers $pid 2>/dev/null' EXIT
manifest() { # N
	printf '{"provider":"hf","artifacts":[{"id":"s/textgen-lora-v%s","role":"textgen","uri":"hf://s/t-%s",' "$1" "$1"
	printf '"metrics":{"quality":0.8,"safety":0.98,"latency_ms_p95":120,"cost_per_1k_tokens":0.7}}]}'
}
serve() { # FORM
	"$python" "$SRC/tests/stand-in/index.py" "$1" "$PWD/m" >"$1.url" 2>>err &
	servers="$servers $!"
	await test -s "$1.url"
}
start() { # URL
	[ -e calm.json ] || awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" >calm.json
	printf '[provider.hf]\nconnector = dir\nurl = %s\nprivate_network = on\ntimeout = 120\n' "$1" >daemon.conf
	: >log
	rm -rf state
	"$BUILD/spiralfedd" -c daemon.conf -o listen="unix:$PWD/sock" -o state=state -o auth=off \
		-o policy=calm.json 2>>log &
	pid=$!
	await ready
}
export SPIRALFED_URL="unix:$PWD/sock"
is_over() { sf schedule runs ingest --json --max-results 1 && grep -q '"finished_at":"' out; }
ingest() { sf schedule run ingest && await is_over; }
cost() { # FORM: "requests bytes not_modified" since the last look
	curl -s "$(sed 's|/m/|/_stats|' "$1.url")" | tr -dc '0-9,' | tr ',' ' '
}
costs() { cost "$1" >seen && [ "$(cat seen)" = "$2" ]; }

mkdir m
echo 'no manifest' >m/readme.txt
for form in names json html; do
	rm -f m/*.json
	for n in 1 2 3; do manifest $n >"m/$n.json"; done
	touch -d '1 hour ago' m/*.json
	serve $form
	check "$form: it starts" start "$(cat $form.url)"
	check "$form: an ingest" ingest
	check "$form: ... brings in what is listed" prints 'hf: 3 new'
	cost $form >seen
	check "$form: another" ingest
	if [ $form = names ]; then
		check "$form: ... asks for each file's ETag, for the listing tells nothing" costs $form "4 44 0"
	else
		check "$form: ... costs one request and no byte" costs $form "1 0 1"
	fi
	manifest 4 >m/4.json
	manifest 5 >m/1.json
	rm m/2.json
	check "$form: one more, one changed, one gone" ingest
	check "$form: ... is two new" prints 'hf: 2 new'
	curl -s --unix-socket sock http://localhost/v1/providers/hf >out
	check "$form: ... of three" prints '"listed":3,'
	check "$form: ... and its health is shown" prints '"breaker":"closed"'
	kill -TERM "$pid"
	wait "$pid"
	pid=
done
printf '[provider.hf]\nconnector = dir\nurl = %s\n' "$(cat html.url)" >plain.conf
"$BUILD/spiralfedd" -c plain.conf --check-config 2>err
check "plain http is refused, but where it is allowed" says 'is not https://'
exit "$bad"
