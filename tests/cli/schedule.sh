#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spiralfed schedule and freeze against a daemon; python3-icalendar reads the feed that it serves
# shellcheck disable=SC2317 # check calls them
# shellcheck source=tests/support/command.sh
. "$SRC/tests/support/command.sh"

{
	printf '%s' '{"cadence":{"ingest":"daily 02:30 America/New_York",
 "merge":{"rrule":"Tue,Fri 09:00","tz":"Europe/London"},
 "promote":{"rrule":"Wed 10:00","tz":"Europe/London","duration":"PT4H"},
 "deny":{"books":{"rrule":"FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=0;BYMINUTE=0","duration":"P1D",
  "jobs":["merge","promote"],"reason":"the books, closed; “all of them”, so that this line is long enough to be folded"}}},'
	awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" | sed '1s/{//'
} >policy.json
"$BUILD/spiralfedd" -o listen=127.0.0.1:0 -o state=state -o auth=off -o policy=policy.json 2>log &
pid=$!
await ready
url=http://127.0.0.1:$(sed -n 's/.*daemon\.ready.* port=\([0-9]*\).*/\1/p' log)
export SPIRALFED_URL="$url"

sf schedule
check "schedule shows the jobs" exits 0
check "... each with its zone" prints America/New_York
check "... and the window" prints BYHOUR=10
sf schedule preview --days 40
check "schedule preview" exits 0
check "... shows local times" prints T02:30:00-0
check "... and denies" prints books
sf schedule preview --days many
check "... --days many is refused" exits 1
sf freeze create --until 2098-01-01T00:00:00Z --reason audit
check "freeze create wants to know who, without authentication" says 'say who you are'
sf freeze create --until 2098-01-01T00:00:00Z --reason audit --as alice --jobs promote,merge --dry-run
check "freeze create --dry-run" prints 'would hold from'
sf freeze list
check "... makes none" test ! -s out -o "$(wc -l <out)" = 1
sf freeze create --until 2098-01-01T00:00:00Z --reason audit --as alice --jobs promote,merge
check "freeze create" prints 'holds from'
id=$(sed -n 's/^freeze \([a-z0-9]*\) .*/\1/p' out)
sf freeze create --reason audit
check "freeze create without --until: exit 2" exits 2
sf freeze create --until 2001-01-01T00:00:00Z --reason audit --as alice
check "one that is over is refused" says 'would end'
sf freeze list
check "freeze list" prints "$id"
sf schedule run merge
check "a job that is held is not run" says 'holds merge'
sf promote 1.0.0-rc.1 --reason x
check "promote: there is no such merge" exits 1
sf freeze end "$id" --reason over
check "freeze end" prints 'is over'
sf freeze end
check "freeze end without the ID: exit 2" exits 2
sf schedule run merge --dry-run
check "schedule run --dry-run" prints 'merge: no unit for the slots'
sf schedule run merge --reason 'by hand'
check "schedule run" prints 'run 1 of merge'
ran() {
	sf schedule runs merge
	prints nothing
}
check "... and what became of it" await ran
sf schedule run deploy
check "no such job" says 'there is no job deploy'
sf schedule runs
check "runs without the job: exit 2" exits 2
sf schedule sometimes
check "schedule sometimes: exit 2" exits 2

# Another freeze, so that the feed has one.
sf freeze create --from 2098-01-01T00:00:00Z --until 2098-01-02T00:00:00Z --reason audit --as alice
python=
for one in python3 /usr/bin/python3; do
	"$one" -c 'import icalendar' 2>/dev/null && python=$one
done
curl -s "$url/v1/schedule.ics" >feed.ics
curl -s "$url/v1/schedule/preview?days=89" >preview.json
check "each line of the feed ends in CRLF" test "$(grep -c "$(printf '\r')$" feed.ics)" = "$(wc -l <feed.ics)"
check "... and has at most 75 octets" test -z "$(LC_ALL=C awk 'length($0) > 76' feed.ics)"
if [ -z "$python" ]; then
	echo "ok - the feed through icalendar # skip python3-icalendar is not installed"
	exit "$bad"
fi
"$python" - <<'END' || bad=1
import json
import sys
from datetime import datetime, timezone
from icalendar import Calendar

bad = 0


def check(what, held, *more):
    global bad
    print(("ok - " if held else "not ok - ") + what, *(() if held else more))
    bad += not held


def utc(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


calendar = Calendar.from_ical(open("feed.ics", "rb").read())
events = calendar.walk("VEVENT")
ids = [str(e["UID"]) for e in events]
check("icalendar reads the feed", len(events) > 100)
check("... its ids are unique", len(ids) == len(set(ids)))
check("... its times are UTC", all(e["DTSTART"].dt.tzinfo == timezone.utc or
                                   e["DTSTART"].dt.utcoffset().total_seconds() == 0 for e in events))
preview = json.load(open("preview.json"))
start, end = utc(preview["from"]), utc(preview["to"])
shown = set()
for e in preview["entries"]:
    if e["kind"] == "clock_change" or utc(e["at"]) < start:
        continue
    what = e["kind"] + "-" + e["name"] if e["kind"] in ("deny", "freeze") else e["job"]
    shown.add((what, utc(e["at"]), utc(e["until"]) if "until" in e else None))
fed = set()
for e in events:
    at = e["DTSTART"].dt
    if start <= at < end:
        fed.add((str(e["UID"]).rsplit("-", 1)[0], at, e["DTEND"].dt if "DTEND" in e else None))
check("... and finds the preview's instants in it, no more and no less", shown == fed,
      sorted(map(str, shown ^ fed))[:6])
check("... texts come out whole", any("“all of them”, so that this line is long enough to be folded"
                                      in str(e.get("DESCRIPTION", "")) for e in events))
sys.exit(bad)
END
exit "$bad"
