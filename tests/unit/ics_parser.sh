#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# python3-icalendar reads the calendar feed and finds in it what was put in; skipped without it.
set -u
: "${BUILD:?}" "${TEST_TMP:?}"
# The packaged module belongs to the packaged interpreter, which another may hide.
python=
for one in python3 /usr/bin/python3; do
	"$one" -c 'import icalendar' 2>/dev/null && python=$one
done
[ -n "$python" ] || {
	echo "python3-icalendar is not installed"
	exit 77
}
ICS_OUT=$TEST_TMP/feed.ics "$BUILD/tests/unit/policy/test_ics" >"$TEST_TMP/said" || {
	cat "$TEST_TMP/said"
	echo "not ok - the feed is written"
	exit 1
}
"$python" - "$TEST_TMP/feed.ics" <<'END'
import sys
from datetime import datetime, timezone
from icalendar import Calendar

calendar = Calendar.from_ical(open(sys.argv[1], "rb").read())
events = calendar.walk("VEVENT")
bad = 0


def check(what, held):
	global bad
	print(("ok - " if held else "not ok - ") + what)
	bad += not held


def at(day, hour):
	return datetime(2026, 6, day, hour, tzinfo=timezone.utc)


check("its name", str(calendar["X-WR-CALNAME"]) == "spiralfed, all jobs")
check("no property it could not read", not any(c.errors for c in calendar.walk()))
check("three events with ids of their own", len({str(e["UID"]) for e in events}) == 3)
check("a moment", events[0]["DTSTART"].dt == at(1, 2) and "DTEND" not in events[0])
check("a window", (events[1]["DTSTART"].dt, events[1]["DTEND"].dt) == (at(3, 10), at(3, 14)))
check("escapes", str(events[1]["SUMMARY"]) == "Promotion; a window, of 4 h \\ or less")
check("folded characters", str(events[2]["SUMMARY"]) ==
	"Zusammenf\u00fchrung \u2014 \u0441\u043b\u0438\u044f\u043d\u0438\u0435 " + "\U0001f680" * 9 +
	", twice a week; \\o/")
check("lines of text", str(events[2]["DESCRIPTION"]) ==
	"first line\nsecond, with a comma; and a semicolon")
sys.exit(bad > 0)
END
