"""Reads a published lake with delta-rs, DuckDB and Polars, and compares the results with voxlake's.

Usage: table_formats.py VOXLAKE FOLDER. FOLDER is created, with a lake of made-up calls. Needs
deltalake, duckdb, polars and pyarrow from PyPI. The exit code is 1 at the first difference.

Checked are the newest and older versions, growth of the table with each write, deletion of old
versions, and readers that run while the lake changes.
"""

import csv
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
from random import Random

import duckdb
import polars
from deltalake import DeltaTable

voxlake, folder = sys.argv[1], pathlib.Path(sys.argv[2])
lake = folder / "lake"
table = lake / "published/delta/voice_calls"


def run(*arguments, now=None, records=None):
    command = [voxlake, *map(str, arguments), "--lake", str(lake)]
    environment = {**os.environ, **({"VOXLAKE_TEST_NOW": now} if now else {})}
    text = None if records is None else "\n".join(map(json.dumps, records))
    return subprocess.run(command, input=text, check=True, capture_output=True, text=True, env=environment).stdout


def calls(day, count):
    """Returns made-up calls of a day of October 2026; the same for the same arguments."""
    random = Random(day)
    for number in range(count):
        start = f"2026-10-{day:02}T{random.randrange(24):02}:{random.randrange(60):02}:{random.randrange(60):02}Z"
        charges = [f"${random.randrange(1000) / 100}" for _ in range(random.randrange(4))]
        yield {
            "engagement_id": f"{day}-{number}",
            "start_time": start,
            "total_duration": random.randrange(3600),
            "result": random.choice(["completed", "abandoned", None]),
            "charge": random.choice(["$1.25", "€0.5", None]),
            "queues": [{"queue_name": name} for name in random.sample(["Billing", "Claims", "Sales"], random.randrange(3))],
            "voice_call_details": [{"start_time": start, "charge": charge, "result": "handled"} for charge in charges],
        }


def import_days(days, count):
    run("import", "-", records=[call for day in days for call in calls(day, count)])


def ours(sql):
    answer = run("query", "--format", "csv", "-c", sql)
    return [tuple(row) for row in list(csv.reader(io.StringIO(answer)))[1:]]


def theirs(version, sql):
    """Runs SQL in DuckDB over a version of the table, which delta-rs opens."""
    voice_calls = DeltaTable(str(table), version=version).to_pyarrow_dataset()
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        database.register("voice_calls", voice_calls)
        rows = database.sql(sql).fetchall()
    return [tuple("" if value is None else str(value) for value in row) for row in rows]


# Counts, sums and keys of each day, nested columns, in SQL that both engines accept.
QUERIES = {
    "calls, keys and seconds per day": """
        SELECT date, count(*), count(DISTINCT engagement_id), min(engagement_id), max(engagement_id), sum(total_duration)
        FROM voice_calls GROUP BY date ORDER BY date""",
    "start times per day": """
        SELECT date, sum(date_part('hour', start_time) * 3600 + date_part('minute', start_time) * 60)
        FROM voice_calls GROUP BY date ORDER BY date""",
    "exact charges": """
        SELECT charge_currency, count(*), count(charge_amount), sum(charge_amount)
        FROM voice_calls GROUP BY charge_currency ORDER BY charge_currency NULLS LAST""",
    "charges of legs, decimals inside a list of structs": """
        SELECT leg.result, count(*), sum(leg.charge_amount) FROM (SELECT unnest(voice_call_details) AS leg FROM voice_calls)
        GROUP BY leg.result ORDER BY leg.result NULLS LAST""",
    "calls of an evening, with files pruned by their statistics": """
        SELECT count(*), min(engagement_id) FROM voice_calls
        WHERE start_time >= TIMESTAMP '2026-10-30 20:00:00' AND start_time < TIMESTAMP '2026-10-31 00:00:00'""",
    "calls per queue of one day, with pruned files": """
        SELECT q.queue_name, count(*) FROM (SELECT unnest(queues) AS q FROM voice_calls WHERE date = DATE '2026-10-30')
        GROUP BY q.queue_name ORDER BY q.queue_name""",
}


def without_decimals(rows):
    """Sums of integers are floats in one engine."""
    return [tuple(value.removesuffix(".0") for value in row) for row in rows]


def check(name, one, other):
    if one == other:
        print(f"same: {name}")
    else:
        print(f"DIFFERENT: {name}\n  {one[:5]}\n  {other[:5]}")
        sys.exit(1)


def check_queries(version, expected):
    for name, sql in QUERIES.items():
        check(f"version {version}, {name}", without_decimals(expected[name]), without_decimals(theirs(version, sql)))


def answers():
    return {name: ours(sql) for name, sql in QUERIES.items()}


def check_versions():
    """The table follows the lake, and the replaced version stays as it was."""
    import_days(range(27, 32), 400)
    run("publish")
    first = answers()
    check_queries(0, first)
    import_days(range(24, 29), 500)
    second = answers()
    check("newest version", DeltaTable(str(table)).version(), 1)
    check_queries(1, second)
    check_queries(0, first)

    rows = polars.scan_delta(str(table)).select(polars.len(), polars.col("charge_amount").sum()).collect().row(0)
    check("Polars, calls and charges", [tuple(map(str, rows))], ours("SELECT count(*), sum(charge_amount) FROM voice_calls"))
    old = polars.scan_delta(str(table), version=0).filter(polars.col("date") == polars.date(2026, 10, 30))
    count = [row[1] for row in first["calls, keys and seconds per day"] if row[0] == "2026-10-30"]
    check("Polars, one day of version 0", [str(old.select(polars.len()).collect().item())], count)

    schema = DeltaTable(str(table)).schema()
    comments = [field.metadata.get("comment") for field in schema.fields]
    check("every column has a comment", [comment for comment in comments if not comment], [])
    actions = DeltaTable(str(table)).get_add_actions(flatten=True)
    check("statistics count the calls", [(str(sum(actions["num_records"].to_pylist())),)], ours("SELECT count(*) FROM voice_calls"))


def check_concurrent_readers(writes=15):
    """Readers see whole versions: each adds one call to both of two days in one commit."""
    base = dict(theirs(None, "SELECT date, count(*) FROM voice_calls GROUP BY ALL"))
    stop, seen, failures = threading.Event(), set(), []

    def read():
        while not stop.is_set():
            try:
                counts = dict(theirs(None, "SELECT date, count(*) FROM voice_calls GROUP BY ALL"))
                more = {day: int(counts[day]) - int(base[day]) for day in ("2026-10-30", "2026-10-31")}
                seen.add(tuple(more.values()))
                if len(set(more.values())) != 1:
                    failures.append(more)
            except Exception as error:
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(writes):
        start = "2026-10-{}T12:00:00Z"
        extra = [{"engagement_id": f"extra-{number}", "start_time": start.format(day)} for day in (30, 31)]
        run("import", "-", records=extra)
    stop.set()
    reader.join()
    check("readers during writes see no mixture of versions", failures, [])
    print(f"  the reader saw {len(seen)} of {writes + 1} versions")
    check("the last write is published", DeltaTable(str(table)).version(), 1 + writes)
    check_queries(1 + writes, answers())
    check("a version before the last checkpoint", len(theirs(3, "SELECT DISTINCT date FROM voice_calls")), 8)


def check_retention():
    """After the time to keep, only the newest version has files; delta-rs agrees that none is unused."""
    newest = DeltaTable(str(table)).version()
    run("publish", "--keep", "1h", now="2100-01-01T00:00:00Z")
    files = {str(path.relative_to(table)) for path in table.glob("date=*/*.parquet")}
    current = DeltaTable(str(table))
    check("files of the newest version", sorted(files), sorted(current.get_add_actions()["path"].to_pylist()))
    check("version after a new time to keep", current.version(), newest + 1)
    check_queries(None, answers())


shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
check_versions()
check_concurrent_readers()
check_retention()
