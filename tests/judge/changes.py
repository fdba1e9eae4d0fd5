"""Changes a lake repeatedly, and checks the results from summaries after each change.

Usage: changes.py VOXLAKE LAKE [SEED]. LAKE is written by `voxlake demo`; a copy of it is changed.
Days are deleted, restored and lose calls; summaries are deleted, damaged and built. After each
change, some queries run three times: from summaries, from the calls only, and on DuckDB. All three
results have to be the same.
"""

import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from judge import SUMMARIZED, ZONES, compare, ours, period_of, text, ways
from reference import CASES, prepare

STEPS = 12
QUESTIONS = 3


def files(lake, pattern):
    return sorted(path for path in lake.glob(pattern) if path.is_file())


def lose_calls(chance, original, lake):
    """Writes a day without some of its calls, as another tool would."""
    day = chance.choice(files(lake, "voice_calls/*/calls.parquet"))
    beside = day.with_suffix(".new")
    duckdb.sql(f"""COPY (
        SELECT * FROM read_parquet('{day}', hive_partitioning = false)
        WHERE hash(engagement_id) % 3 <> {chance.randrange(3)} ORDER BY start_time, engagement_id
    ) TO '{beside}' (FORMAT parquet)""")
    beside.rename(day)


def lose_day(chance, original, lake):
    shutil.rmtree(chance.choice(files(lake, "voice_calls/*/calls.parquet")).parent)


def bring_back(chance, original, lake):
    day = chance.choice(files(original, "voice_calls/*/calls.parquet"))
    place = lake / day.relative_to(original)
    place.parent.mkdir(exist_ok=True)
    shutil.copyfile(day, place)


def lose_summaries(chance, original, lake):
    for path in files(lake, "summaries/*/*/*.parquet"):
        if chance.random() < 0.2:
            path.unlink()


def damage_summaries(chance, original, lake):
    for path in files(lake, "summaries/*/*/*.parquet"):
        if chance.random() < 0.2:
            bytes_ = bytearray(path.read_bytes())
            bytes_[chance.randrange(len(bytes_))] ^= 1 << chance.randrange(8)
            path.write_bytes(bytes_)


CHANGES = [lose_calls, lose_day, bring_back, lose_summaries, damage_summaries]


def main():
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    voxlake, original = sys.argv[1], Path(sys.argv[2])
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) == 4 else 1)
    questions = [case for case in CASES if case[0] in SUMMARIZED]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder) / "lake"
        shutil.copytree(original, lake)
        for step in range(STEPS):
            change = chance.choice(CHANGES)
            change(chance, original, lake)
            # Not always: stale summaries have to be detected without it.
            if chance.random() < 0.6:
                subprocess.run([voxlake, "summarize", "--lake", lake], check=True, capture_output=True)
            connection = duckdb.connect()
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"CREATE VIEW raw AS SELECT * FROM read_parquet('{lake}/voice_calls/*/*.parquet')")
            period, zone = period_of(connection), chance.choice(["UTC", *ZONES])
            prepare(connection, period, zone)
            for name, params, sql in chance.sample(questions, QUESTIONS):
                theirs = [tuple(text(value) for value in row) for row in connection.execute(sql).fetchall()]
                for flags in ways(name):
                    mine = ours(voxlake, str(lake), name, period, zone, params, flags)
                    asked = [name, *(f"{p}={v}" for p, v in params.items()), zone, *flags]
                    failed += not compare(f"step {step}, {change.__name__}: {' '.join(asked)}", mine, theirs)
    print(f"{failed} different")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
