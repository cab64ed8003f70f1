#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Random rules in many zones fire when python3-dateutil and zoneinfo say. SEED and N in the
# environment choose others; skipped where dateutil is not installed.
set -u
: "${BUILD:?}" "${TEST_TMP:?}"
# The packaged module belongs to the packaged interpreter, which another may hide.
python=
for one in python3 /usr/bin/python3; do
	"$one" -c 'import dateutil.rrule, zoneinfo' 2>/dev/null && python=$one
done
[ -n "$python" ] || {
	echo "python3-dateutil is not installed"
	exit 77
}
seed=${SEED:-20251109}

"$python" - "$seed" "${N:-200}" >"$TEST_TMP/dateutil.json" <<'END'
import json, random, sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo
from dateutil.rrule import rrulestr

rnd = random.Random(int(sys.argv[1]))
ZONES = ["UTC", "America/New_York", "Europe/London", "Europe/Dublin", "Australia/Lord_Howe",
	"Antarctica/Troll", "Pacific/Chatham", "Asia/Kathmandu", "Asia/Kolkata", "Africa/Casablanca",
	"Africa/Cairo", "Asia/Beirut", "America/Santiago", "Pacific/Apia", "America/Sao_Paulo",
	"Asia/Tehran", "America/St_Johns", "Europe/Berlin", "Asia/Amman", "Pacific/Kiritimati"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def some(low, high, most):
	return ",".join(map(str, rnd.sample(range(low, high + 1), rnd.randint(1, most))))


def one_rule():
	freq = rnd.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
	parts = ["FREQ=" + freq]
	if rnd.random() < .4:
		parts.append("INTERVAL=%d" % rnd.randint(1, 4))
	weeks = freq == "YEARLY" and rnd.random() < .15
	if weeks:
		parts.append("BYWEEKNO=" + some(2, 51, 4))
		# dateutil counts the weeks around New Year wrongly; the tables of the unit tests have those.
	if weeks or rnd.random() < .5:
		days = rnd.sample(DAYS, rnd.randint(1, 3))
		if freq in ("MONTHLY", "YEARLY") and not weeks and rnd.random() < .5:
			days = [rnd.choice(["1", "2", "-1", "-2", "4", "5"]) + d for d in days]
		parts.append("BYDAY=" + ",".join(days))
	if rnd.random() < .25:
		parts.append("BYMONTH=" + some(1, 12, 4))
	if freq != "WEEKLY" and not weeks and rnd.random() < .3:
		parts.append("BYMONTHDAY=" + rnd.choice([some(1, 31, 3), some(-5, -1, 2), "31", "-1"]))
	if freq == "YEARLY" and not weeks and rnd.random() < .15:
		parts.append("BYYEARDAY=" + rnd.choice([some(1, 366, 3), some(-30, -1, 2), "366"]))
	if rnd.random() < .8:
		parts.append("BYHOUR=" + rnd.choice([some(0, 23, 3), some(0, 4, 4), "2,3"]))
	if rnd.random() < .8:
		parts.append("BYMINUTE=" + rnd.choice([some(0, 59, 2), "0,30", "0,15,30,45"]))
	if rnd.random() < .3:
		parts.append("WKST=" + rnd.choice(DAYS))
	if len(parts) > 2 and any(p.startswith("BY") for p in parts) and rnd.random() < .25:
		parts.append("BYSETPOS=" + rnd.choice(["1", "-1", "2", "-2", "1,-1", "3,1"]))
	if rnd.random() < .1:
		parts.append("COUNT=%d" % rnd.randint(1, 40))
	rnd.shuffle(parts)
	return ";".join(parts)


# PEP 495: fold 0 takes the offset before the change, in a gap and in an overlap.
def instant(local, zone):
	return local.replace(tzinfo=zone).astimezone(timezone.utc)


def z(t):
	return t.strftime("%Y-%m-%dT%H:%M:%SZ")


cases = []
while len(cases) < int(sys.argv[2]):
	rule, name = one_rule(), rnd.choice(ZONES)
	zone = ZoneInfo(name)
	anchor = datetime(rnd.randint(2024, 2030), rnd.randint(1, 12), rnd.randint(1, 28),
		rnd.randint(0, 23), rnd.choice([0, 15, 30]))
	start = anchor + timedelta(days=rnd.randint(-2, 1500), hours=rnd.randint(0, 23))
	# Often just before the clocks change.
	if rnd.random() < .6:
		for _ in range(400):
			if zone.utcoffset(start) != zone.utcoffset(start + timedelta(days=2)):
				break
			start += timedelta(days=1)
	start = start.replace(tzinfo=timezone.utc)
	found, far = set(), False
	for local in rrulestr(rule, dtstart=anchor):
		far = local > start.replace(tzinfo=None) + timedelta(days=365 * 40)
		if far:
			break
		if instant(local, zone) > start:
			found.add(instant(local, zone))
		if len(found) >= 10:
			break
	if far and len(found) < 5:
		continue
	cases.append({"id": "%s from %s in %s" % (rule, anchor.isoformat(), name), "rrule": rule, "tz": name,
		"anchor": anchor.isoformat(), "from": z(start), "expect": [z(t) for t in sorted(found)[:5]]})
json.dump({"format": "spiralfedd-schedule/1", "occurrences": cases}, sys.stdout, indent=1)
END
"$BUILD/vectors" "$TEST_TMP/dateutil.json" >"$TEST_TMP/said"
status=$?
grep -v ' passed, ' "$TEST_TMP/said" | head -n 20
if [ "$status" -eq 0 ]; then
	echo "ok - seed $seed: $(tail -n 1 "$TEST_TMP/said")"
else
	echo "not ok - seed $seed: $(tail -n 1 "$TEST_TMP/said")"
	exit 1
fi
