#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# a running daemon stepped through a year with libfaketime: exactly the runs that a second opinion expects
#
# The second opinion is Python's zoneinfo. The year has both changes of clocks, a leap day, an outage of six
# days, a SIGKILL, and a clock that is set back and forth.
set -u
: "${BUILD:?}" "${SRC:?}" "${TEST_TMP:?}"
cd "$TEST_TMP" || exit 2
skip() {
	echo "$1"
	exit 77
}
faketime=
for one in /usr/lib/*/faketime/libfaketimeMT.so.1; do
	[ ! -e "$one" ] || faketime=$one
done
[ -n "$faketime" ] || skip "libfaketime is not installed"
python3 -c 'import zoneinfo; zoneinfo.ZoneInfo("America/New_York")' 2>/dev/null ||
	skip "python3 with zoneinfo is not installed"
case $BUILD in *asan* | *tsan* | *ubsan*) skip "libfaketime does not go with sanitizers" ;; esac
{
	printf '%s' '{"cadence":{"ingest":"daily 02:30 America/New_York","merge":"Sun,Tue,Fri 01:30 America/New_York",
"promote":{"rrule":"Wed 10:00","tz":"Europe/London","duration":"PT4H"}},'
	awk -f "$SRC/scripts/calm-policy.awk" "$SRC/etc/policy.json" | sed '1s/{//'
} >policy.json
FAKETIME_LIB=$faketime exec python3 - <<'END'
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from http.client import HTTPConnection
from zoneinfo import ZoneInfo

utc = timezone.utc
NEW_YORK, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Europe/London")
START, END = datetime(2027, 6, 1, 3, 7, tzinfo=utc), datetime(2028, 6, 1, 3, 7, tzinfo=utc)
OUTAGE = datetime(2027, 9, 6, 13, 11, tzinfo=utc), datetime(2027, 9, 12, 13, 11, tzinfo=utc)
KILL = datetime(2028, 1, 11, 6, 30, tzinfo=utc)  # a merge is due at this second
bad = 0


def check(what, held, *more):
    global bad
    print(("ok - " if held else "not ok - ") + what, *(() if held else more))
    bad += not held


def instants(zone, times, days):
    day, found = START.astimezone(zone).date() - timedelta(days=2), set()
    while day <= END.date() + timedelta(days=2):
        for hour, minute in times:
            if day.weekday() in days:
                local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                found.add(local.astimezone(utc))
        day += timedelta(days=1)
    return sorted(t for t in found if START < t <= END)


ingest = instants(NEW_YORK, [(2, 30)], range(7))
merge = instants(NEW_YORK, [(1, 30)], (1, 4, 6))
promote = instants(LONDON, [(10, 0)], (2,))
WINDOW = timedelta(hours=4)


def expected(job, times):
    """(instant, what became of it): run, or missed."""
    out = {}
    in_outage = [t for t in times if OUTAGE[0] < t <= OUTAGE[1]]
    for t in times:
        out[t] = "run"
    for t in in_outage:
        if job == "promote":
            out[t] = "run" if t + WINDOW > OUTAGE[1] else "missed"
        else:
            newest = t == in_outage[-1] and OUTAGE[1] - t <= timedelta(days=1)
            out[t] = "run" if newest else "missed"
    return out


# ---- The daemon, its clock and a word with it ----

daemon = None
# Some two thousand commits, which no disk has to see.
memory = tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
state = memory.name + "/state"
connection = None


def set_clock(at):
    with open("clock.new", "w") as f:
        f.write("%+.3f" % (at - datetime.now(utc)).total_seconds())
    os.rename("clock.new", "clock")


def start():
    global daemon, connection
    env = dict(os.environ, LD_PRELOAD=os.environ["FAKETIME_LIB"], FAKETIME_TIMESTAMP_FILE=os.path.abspath("clock"),
               FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1")
    with open("log", "a") as log:
        at = log.tell()
        daemon = subprocess.Popen([os.environ["BUILD"] + "/spiralfedd", "-o", "listen=127.0.0.1:0", "-o", "state=" + state,
                                   "-o", "auth=off", "-o", "policy=policy.json"], env=env, stderr=log)
    for _ in range(12000):
        with open("log") as log:
            log.seek(at)
            ready = re.search(r"daemon\.ready.* port=(\d+)", log.read())
        if ready:
            connection = HTTPConnection("127.0.0.1", int(ready[1]), timeout=20)
            return
        if daemon.poll() is not None:
            break
        time.sleep(0.005)
    print(open("log").read()[-2000:])
    print("not ok - the daemon starts")
    sys.exit(1)


def stop(sig):
    daemon.send_signal(sig)
    daemon.wait()


def ask(method, path, body=None):
    connection.request(method, path, json.dumps(body) if body is not None else None,
                       {"Content-Type": "application/json"} if body is not None else {})
    answer = connection.getresponse()
    return answer.status, json.load(answer)


def settle():
    """A command goes through the thread that looks after the calendar: when it is answered, all is done
    that fell due before."""
    for _ in range(3):
        ask("POST", "/v1/freezes?dry_run=true", {"to": "2099-01-01T00:00:00Z", "reason": "look", "created_by": "test"})


def go(at):
    set_clock(at)
    settle()


def submit(number, quality):
    for provider, role, name in (("hf", "textgen", "textgen-lora"), ("gcp", "embed", "embedder"),
                                 ("aws", "runtime", "runtime")):
        status, answer = ask("POST", "/v1/manifests", {"provider": provider, "artifacts": [{
            "id": "s/%s-v%d" % (name, number), "role": role, "uri": "s3://b/x", "metrics": {
                "quality": quality, "safety": 0.98, "latency_ms_p95": 120, "cost_per_1k_tokens": 0.7}}]})
        assert status == 201, answer


# ---- The year ----

set_clock(START)
start()
submit(1, 0.80)
steps = sorted(set(ingest + merge + promote + [t + WINDOW for t in promote] + [KILL]))
steps = [t for t in steps if not OUTAGE[0] < t <= OUTAGE[1]]
down, killed, second, turned = False, False, False, False
for t in steps:
    if t > OUTAGE[0] and not down:
        down = True
        set_clock(OUTAGE[0])
        stop(signal.SIGTERM)
        set_clock(OUTAGE[1])
        start()
        settle()
    if t > datetime(2027, 11, 3, 12, tzinfo=utc) and not second:
        second = True
        submit(2, 0.90)
    if t == KILL and not killed:
        killed = True
        set_clock(t)
        stop(signal.SIGKILL)
        start()
    go(t + timedelta(milliseconds=1))
    if t > datetime(2028, 3, 1, tzinfo=utc) and not turned:
        turned = True  # set by an hour back and forth, and by a day
        for by in (-1, 0, -25, -24, -2, 0):
            go(t + timedelta(hours=by, milliseconds=1))
go(END)

# ---- What became of it ----


def runs(job):
    found, path = [], "/v1/schedule/%s/runs?max_results=1000" % job
    token = ""
    while True:
        status, page = ask("GET", path + token)
        found += page["runs"]
        if "next_page_token" not in page:
            return found
        token = "&page_token=" + page["next_page_token"]


def at(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


for job, times in (("ingest", ingest), ("merge", merge), ("promote", promote)):
    rows = runs(job)
    found = {}
    for r in rows:
        found.setdefault(at(r["scheduled_for"]), []).append(
            "missed" if r.get("outcome") == "missed" else "run")
    want = {t: [what] for t, what in expected(job, times).items()}
    wrong = sorted((str(t), want.get(t), found.get(t)) for t in set(want) | set(found) if want.get(t) != found.get(t))
    check("%s: the %d expected runs, none twice" % (job, len(want)), not wrong, wrong[:5])
    check("... all of them are over", all("outcome" in r for r in rows))
    late = [r["due"] for r in rows if "started_at" in r and r["outcome"] != "missed" and
            at(r["started_at"]) - at(r["due"]) > timedelta(seconds=30) and
            not OUTAGE[0] < at(r["due"]) <= OUTAGE[1]]
    check("... at their times, but for those made up for", not late, late[:5])
check("both changes of clocks, and the leap day, are among them",
      datetime(2028, 3, 12, 7, 30, tzinfo=utc) in ingest and  # 02:30 is skipped
      datetime(2027, 11, 7, 5, 30, tzinfo=utc) in merge and  # 01:30 comes twice
      datetime(2028, 2, 29, 6, 30, tzinfo=utc) in merge)
events = []
token = ""
while True:
    status, page = ask("GET", "/v1/events?type=promotion.succeeded&max_results=1000" + token)
    events += page["events"]
    if "next_page_token" not in page:
        break
    token = "&page_token=" + page["next_page_token"]
check("two releases went out", [e["subject"] for e in reversed(events)] == ["1.0.0", "1.0.1"], events)
check("... each in a window", all(any(t <= at(e["at"]) < t + WINDOW for t in promote) for e in events))
stop(signal.SIGTERM)
sys.exit(bad != 0)
END
