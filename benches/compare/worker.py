"""One engine in a process of its own, which runs queries from standard input.

Usage: worker.py ENGINE LAKE THREADS. The first line of standard input has the parameters; the first
line of standard output has the engine's name, its version and its queries. Then each input line is
the name of a query, and each output line has the rows and the seconds until they were complete.
`voxlake bench --serve` has the same protocol.
"""

import importlib
import json
import sys
import time
from datetime import datetime, timezone
from decimal import Decimal


def cell(value):
    """Returns a value for JSON; decimals become text."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    return str(value) if isinstance(value, Decimal) else value


def say(what):
    print(json.dumps(what), flush=True)


def main():
    name, lake, threads = sys.argv[1:]
    module = importlib.import_module(f"engines.{name}")
    params = json.loads(sys.stdin.readline())
    begun = time.perf_counter()
    engine = module.Engine(lake, int(threads), params)
    opening = time.perf_counter() - begun
    say(
        {
            "name": module.NAME,
            "version": module.version(),
            "opening_seconds": opening,
            "questions": list(engine.questions),
        }
    )
    for line in sys.stdin:
        try:
            begun = time.perf_counter()
            rows = engine.answer(line.strip())
            seconds = time.perf_counter() - begun
            say({"seconds": seconds, "answer": [[cell(value) for value in row] for row in rows]})
        except Exception as error:  # noqa: BLE001 - whatever an engine throws is told, and the others go on
            say({"error": f"{type(error).__name__}: {error}"})


main()
