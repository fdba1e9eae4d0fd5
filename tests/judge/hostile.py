"""Writes a lake of extreme calls for `judge.py`.

Usage: hostile.py VOXLAKE LAKE [CALLS [SEED]]. Queues are renamed, share names, and have ids without
names and names without ids. Texts are blank. Legs are out of order, without starts or queues.
Charges are invalid or have no currency. Durations are negative or huge. Calls start at the same
time, and appear with several start times.
"""

import json
import random
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone

BLANKS = ["", " ", "\t", None]
# Ids of both kinds with their successive names; some share a name.
QUEUES = [
    (f"q{i}" if i % 4 else None, f"old{i}" if i % 3 else None, names)
    for i, names in enumerate(
        [["Sales"], ["Sales", "Vertrieb", "Sales EMEA"], ["Care"], ["Care", ""], ["Claims"], ["Claims", "Late"], ["q1"], [" "],
         ["Desk"], ["Desk", "Sales"], ["O'Hara \"x\""], ["Ünïcode, \u2028"]]
    )
]
AGENTS = [(f"u{i}" if i % 3 else None, f"a{i}@x" if i % 2 else None, ["Ann", "Bob", "Ann New", " ", None][i % 5]) for i in range(12)]
TEAMS = [("t1", "North"), ("t2", "North"), (None, "North"), ("t3", None), ("t1", "Nord"), (None, " ")]
FLOWS = [("f1", "Menu"), ("f1", "Menu 2"), (None, "Menu"), ("f2", ""), (" ", "Hours"), (None, None)]
RESULTS = ["completed", "long_abandoned", "short_abandoned", "missed", "contained", "hold_abandoned", "overflowed", "new", *BLANKS]
CHARGES = ["$0.019", "$1.5", "€0.2", "-$0.000007", "0.019", "kr 12", "much", "$999999999999.999999", "£3", *BLANKS]
RATES = ["$0.019", "€0.02", "0.019", "much", "$0.000007", "", None]
DURATIONS = [0, 1, 59, 60, 61, 3600, -5, 86400, 2_000_000_000, 1 << 62, None]
NUMBERS = ["+1", "+2", " +2 ", "+3", "+4", "anonymous", "Private", "", None]


def queue(chance):
    """Returns a queue as a call names it, in one of several forms."""
    identity, older, names = chance.choice(QUEUES)
    return {
        "cc_queue_id": chance.choice([identity, identity, identity, None, ""]),
        "queue_id": chance.choice([older, None]),
        "queue_name": chance.choice([*names, *names, None, " "]),
    }


def duration(chance):
    return chance.choice(DURATIONS) if chance.random() < 0.2 else chance.randrange(1200)


def leg(chance, start):
    named = queue(chance)
    named.pop("queue_id")
    return {
        "start_time": chance.choice([stamp(start + timedelta(seconds=chance.randrange(-3, 200))), stamp(start), None]),
        "total_duration": duration(chance),
        "queue": chance.choice([named, named, named, {"queue_name": named["queue_name"]}, None]),
        "result": chance.choice(RESULTS),
        "charge": chance.choice([*CHARGES, None, None]),
        "rate": chance.choice(RATES),
        "charge_type": chance.choice(["per_minute", "per_minute", "flat", "", None]),
    }


def agent(chance):
    identity, email, name = chance.choice(AGENTS)
    teams = chance.choices(TEAMS, k=chance.randrange(3))
    return {
        "user_id": chance.choice([identity, identity, None]), "user_email": chance.choice([email, None, " "]), "display_name": name,
        "team_ids": [team for team, _ in teams], "team_names": [name for _, name in teams],
    }


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def some(chance, most, make):
    return chance.choice([None, *([make() for _ in range(chance.randrange(most))] for _ in range(5))])


def call(chance, at, number):
    seconds = duration(chance)
    ends = at + timedelta(seconds=chance.randrange(-5, 4000)) if chance.random() < 0.5 else None
    return {
        "engagement_id": f"e{number}",
        "direction": chance.choice(["inbound", "inbound", "inbound", "outbound", *BLANKS]),
        "distributions": chance.choice([["acd"], ["acd"], ["non_acd", "acd"], ["non_acd"], [], None]),
        "start_time": stamp(at),
        "end_time": ends and stamp(ends),
        "total_duration": seconds,
        "consumer_number": chance.choice(NUMBERS),
        "country_name": chance.choice(["France", "Chad", *BLANKS]),
        "caller_number_type": chance.choice(["byoc_number", "", None]),
        "callee_number_type": chance.choice(["toll_free_number", " ", None]),
        "queues": some(chance, 4, lambda: queue(chance)),
        "agents": some(chance, 4, lambda: agent(chance)),
        "flows": some(chance, 3, lambda: dict(zip(("flow_id", "flow_name"), chance.choice(FLOWS)))),
        "result": chance.choice(RESULTS),
        "charge": chance.choice(CHARGES),
        "rates": chance.choice([None, [], [chance.choice(RATES)], [chance.choice(RATES)], ["$1", "$2"]]),
        "charge_type": chance.choice(["per_minute", "per_minute", "flat", "", None]),
        "voice_call_details": some(chance, 5, lambda: leg(chance, at)),
    }


def calls(chance, count):
    first = datetime(2026, 10, 12, tzinfo=timezone.utc)
    at = first
    for number in range(count):
        # Some start at the same time, others after hours or days without calls.
        at = at if chance.random() < 0.1 else at + timedelta(milliseconds=chance.choice([1, 900_000, 7_200_000, 40_000_000]))
        made = call(chance, at, chance.randrange(100_000))
        yield made
        if chance.random() < 0.03:
            yield made | {"start_time": stamp(at + timedelta(seconds=chance.choice([1, 90_000])))}


def main():
    if not 3 <= len(sys.argv) <= 5:
        raise SystemExit(__doc__)
    voxlake, lake = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 700
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        for made in calls(random.Random(seed), count):
            file.write(json.dumps(made) + "\n")
        file.flush()
        subprocess.run([voxlake, "import", "--lake", lake, file.name], check=True)


if __name__ == "__main__":
    main()
