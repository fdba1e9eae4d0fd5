"""Runs the tests and the judges with the clock shifted to awkward dates.

Usage: run.py [--short] [--runs N] [--voxlake FILE] [--judges-only] [DATE ...]. Needs a C compiler; the judges need
DuckDB from PyPI.

Only the programs under test see the shifted clock, through a preloaded library (Linux), because
cargo would rebuild its files. A DATE is the UTC time at which each run starts, such as
2028-02-29T12:00:00.

Prints one line per run; the exit code is 1 if one failed.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Together they cover each weekday, first and last days of months and years, a leap day, both clock
# changes in Berlin, and a midnight during the run.
DATES = [
    "2026-11-30T23:59:50",  # Monday, the last day of a month, about to end
    "2026-12-01T12:00:00",  # Tuesday, the first day of a month
    "2026-12-02T12:00:00",  # Wednesday
    "2026-12-31T23:59:50",  # Thursday, the last day of a year, about to end
    "2027-01-01T00:10:00",  # Friday, the first day of a year
    "2026-12-05T12:00:00",  # Saturday
    "2026-11-29T12:00:00",  # Sunday, a day with few calls
    "2028-02-29T12:00:00",  # a leap day
    "2027-03-28T00:58:00",  # a Sunday; Berlin's clock goes forward at 01:00 UTC
    "2026-10-25T00:58:00",  # a Sunday; Berlin's clock goes back at 01:00 UTC
]
# One date before the times in the tests, one after them.
SHORT = ["2026-10-25T00:58:00", "2027-12-31T23:59:50"]
# Modules of the end-to-end tests in a short run: those that depend on the clock.
SHORT_TESTS = ["demo::", "query::periods", "schedule::", "service::", "lake::", "config::", "sync::"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("dates", nargs="*", metavar="DATE", help="UTC times [default: ten dates]")
    parser.add_argument("--short", action="store_true", help="two dates, and only the tests that look at the clock")
    parser.add_argument("--runs", type=int, default=1, help="runs for each date [default: 1]")
    parser.add_argument("--voxlake", type=Path, help="release binary; judges the named queries as well")
    parser.add_argument("--judges-only", action="store_true", help="leave out the tests")
    args = parser.parse_args()
    if args.judges_only and not args.voxlake:
        parser.error("--judges-only needs --voxlake")
    dates = args.dates or (SHORT if args.short else DATES)
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "shifted_clock.so")
        source = Path(__file__).with_name("shifted_clock.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
        if not args.judges_only:
            build_tests(args.short)
        passed = [run(date, library, Path(folder), args) for date in dates for _ in range(args.runs)]
    sys.exit(0 if all(passed) else 1)


def test_command(short):
    command = ["cargo", "test", "--locked"]
    # Documentation examples run outside of the runner and do not depend on the clock.
    return [*command, "--workspace", *(["--test", "it"] if short else ["--tests"])]


def build_tests(short):
    """Builds the tests first, so that a run starts at its date."""
    subprocess.run([*test_command(short), "--no-run"], check=True, cwd=ROOT)


def run(date, library, folder, args):
    """Runs the tests, and the judges if there is a binary for them, from `date` on. Returns whether all passed."""
    wanted = datetime.fromisoformat(date).replace(tzinfo=timezone.utc)
    began = time.monotonic()
    shift = lambda: f"CLOCK_SHIFT={round(wanted.timestamp() - time.time())}"
    results = {}
    if not args.judges_only:
        results["tests"] = run_tests(["env", f"LD_PRELOAD={library}", shift()], args.short)
    if args.voxlake:
        # They start at the date as well.
        preload = ["env", f"LD_PRELOAD={library}", shift()]
        for name, commands in judges(args.voxlake.resolve(), folder).items():
            results[name] = all(succeeds([*preload, *command]) for command in commands)
    failed = [name for name, passed in results.items() if not passed]
    outcome = f"FAILED: {', '.join(failed)}" if failed else f"passed: {', '.join(results)}"
    print(f"{wanted:%a %Y-%m-%d %H:%M:%S} {outcome} ({time.monotonic() - began:.0f} s)", flush=True)
    return not failed


def run_tests(runner, short):
    quoted = ", ".join(f'"{word}"' for word in runner)
    command = [*test_command(short), "--no-fail-fast", "--config", f"target.'cfg(unix)'.runner=[{quoted}]"]
    return succeeds([*command, "--", "--quiet", *(SHORT_TESTS if short else [])])


def judges(voxlake, folder):
    """Returns the commands of each judge, as in `just judge` and `.ci/run` but over smaller lakes."""
    here, python = ROOT / "tests/judge", sys.executable
    lakes = {"judge": ("60", "300"), "changes": ("30", "300")}
    first = [voxlake, "demo", "--lake", Path(tempfile.mkdtemp(dir=folder), "demo")]
    commands = {
        "demo": [first, first],
        "other_engines": [[python, ROOT / "tests/other_engines.py", voxlake, ROOT / "data/sample"]],
    }
    for name, (days, calls) in lakes.items():
        lake = Path(tempfile.mkdtemp(dir=folder), name)
        demo = [voxlake, "demo", "--lake", lake, "--until", "2026-11-20", "--days", days, "--calls-per-day", calls]
        commands[name] = [demo, [python, here / f"{name}.py", voxlake, lake]]
    return commands


def succeeds(command):
    """Runs a command in the project's folder; shows its output only if it fails."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout, flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    main()
