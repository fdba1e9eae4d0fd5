"""Compares the results of the named queries in voxlake and DuckDB.

Usage: judge.py VOXLAKE LAKE. Needs duckdb from PyPI (with the ICU extension, which the wheels have).

DuckDB runs its own SQL over the raw Parquet files, in `reference.py`, which uses no view, function
or query of voxlake. Every row has to be the same, decimals to the last digit. LAKE is written by
`voxlake demo` or by `hostile.py`.

Prints one line per comparison; the exit code is 1 if results differ.
"""

import json
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import duckdb

from reference import CASES, prepare

# A time zone with a clock change in a period that ends in November, and one with half hours.
ZONES = ["Europe/Berlin", "Asia/Kolkata"]
SHOWN = 3


# The queries that daily summaries serve: they run both ways.
SUMMARIZED = {"abandonment_rate", "call_volume", "charges", "duration_percentiles", "queue_charges", "result_mix"}


# Queries with a queue filter: the default cases, and those that show other queues.
CHOOSABLE = [case for case in CASES if case[0] != "containment" and set(case[1].values()) <= {"all", "queue", "auto", "legs", "call"}]


def ways(name):
    """Returns the option sets with which a query runs."""
    return [[], ["--no-summaries"]] if name in SUMMARIZED else [[]]


def ours(voxlake, lake, name, period, zone, params, flags=(), queues=()):
    chosen = [*flags, *(text for param, value in params.items() for text in ("-p", f"{param}={value}"))]
    chosen += [f"--queue={queue}" for queue in queues]
    command = [voxlake, "query", name, "--lake", lake, "--from", period[0], "--to", period[1], "--timezone", zone]
    done = subprocess.run([*command, *chosen, "--format", "ndjson"], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command + chosen)} failed:\n{done.stderr}")
    # Names may contain characters that other functions treat as line ends.
    rows = (json.loads(line, parse_float=Decimal) for line in done.stdout.split("\n") if line)
    return [tuple(text(value) for value in row.values()) for row in rows]


def text(value):
    if isinstance(value, datetime):
        part = "milliseconds" if value.microsecond else "seconds"
        return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec=part) + "Z"
    return None if value is None else str(value)


def period_of(connection):
    """Returns most of the lake, from the middle of an hour to the middle of another."""
    first, last = connection.execute("SELECT min(start_time), max(start_time) FROM raw").fetchone()
    first, last = first.astimezone(timezone.utc), last.astimezone(timezone.utc)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    bounds = midnight + timedelta(days=1, hours=5, minutes=20), last - timedelta(days=1, minutes=7)
    return [bound.strftime("%Y-%m-%dT%H:%M:%SZ") for bound in bounds]


def queues_of(connection):
    """Returns texts that select queues: a shared name, and a name of a renamed queue."""
    named = "SELECT {} FROM queue_uses WHERE name IS NOT NULL AND gid IS NOT NULL GROUP BY {} ORDER BY count(DISTINCT {}) DESC, {} LIMIT 1"
    [(name,)] = connection.execute(named.format("name", "name", "gid", "name")).fetchall()
    [(renamed,)] = connection.execute(named.format("gid", "gid", "name", "gid")).fetchall()
    [(former,)] = connection.execute("SELECT min(name) FROM queue_uses WHERE gid = ?", [renamed]).fetchall()
    return [[name], [former, name]]


def compare(question, mine, theirs):
    """Compares the rows of two results and prints the differences."""
    same = Counter(mine) == Counter(theirs)
    print(f"{'same' if same else 'DIFFERENT'}: {question}, {len(mine)} rows", flush=True)
    if not same:
        only_mine, only_theirs = Counter(mine) - Counter(theirs), Counter(theirs) - Counter(mine)
        for whose, rows in (("voxlake", only_mine), ("duckdb", only_theirs)):
            for row in sorted(rows, key=str)[:SHOWN]:
                print(f"  {whose} alone: {row}")
    return same


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    voxlake, lake = sys.argv[1:]
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE VIEW raw AS SELECT * FROM read_parquet('{lake}/voice_calls/*/*.parquet')")
    period = period_of(connection)
    passed = failed = 0
    for zone in ZONES:
        prepare(connection, period, zone)
        # All cases for all queues; a few cases for some queues, in one time zone.
        choices = [[], *(queues_of(connection) if zone == ZONES[0] else [])]
        for queues in choices:
            prepare(connection, period, zone, queues)
            for name, params, sql in CASES if not queues else CHOOSABLE:
                theirs = [tuple(text(value) for value in row) for row in connection.execute(sql).fetchall()]
                for flags in ways(name):
                    mine = ours(voxlake, lake, name, period, zone, params, flags, queues)
                    asked = [name, *(f"{p}={v}" for p, v in params.items()), zone, *flags, *map(repr, queues)]
                    same = compare(" ".join(asked), mine, theirs)
                    passed, failed = passed + same, failed + (not same)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
