"""Differential fuzzing of SQL: voxlake and DuckDB answer random statements over the same tables.

Usage: fuzz.py --voxlake BIN --lake DIR [--statements N] [--seed S] [--seconds MAX]. Needs duckdb and
pyarrow from PyPI. The same seed makes the same statements. Ends with 1 where a fault was found.

With --executors N, statements run on a cluster of a scheduler and N executors, which are started on
this machine, and are compared with the answers of a session without a cluster.
"""

import argparse
import contextlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cluster
import outcomes
import report
import tables
import worker
from cluster_worker import ClusterWorker

SHOWN_ERRORS = 25


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--voxlake", required=True, metavar="BIN", help="voxlake binary")
    parser.add_argument("--lake", required=True, metavar="DIR", help="lake to copy, such as data/sample")
    parser.add_argument("--statements", type=int, default=3000, metavar="N", help="statements to run [default: 3000]")
    parser.add_argument("--first", type=int, default=0, metavar="PLACE", help="begin at the block of this place")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed of the statements [default: 1]")
    parser.add_argument("--seconds", type=float, default=1e9, metavar="MAX", help="time limit [default: none]")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes [default: cores]"
    )
    parser.add_argument("--avoid", default="", metavar="LIST", help="features that no statement has, by comma")
    parser.add_argument("--only", type=int, metavar="PLACE", help="run one statement of the seed, and show it")
    parser.add_argument("--profile", metavar="NAME", help="use one session profile for all statements")
    parser.add_argument("--shrinks", type=int, default=40, metavar="N", help="findings that are shrunk [default: 40]")
    parser.add_argument("--report", metavar="FILE", help="write findings and errors to a Markdown file")
    parser.add_argument("--executors", type=int, metavar="N", help="test a cluster with this many executors")
    parser.add_argument("--keep", metavar="DIR", help="keep the lake's copy and the tables in this folder")
    return parser.parse_args()


def copied_lake(args, folder):
    """A copy of the lake with summaries."""
    lake = folder / "lake"
    if not lake.exists():
        shutil.copytree(args.lake, lake)
        subprocess.run([args.voxlake, "summarize", "--lake", lake], check=True, capture_output=True)
    return lake


def options_of(args, lake, folder, engine):
    """The options of the workers."""
    profiles = worker.PROFILES
    if args.profile:
        profiles = tuple(profile for profile in profiles if profile.name == args.profile)
    return worker.Options(
        voxlake=args.voxlake,
        lake=str(lake),
        folder=str(folder / "tables"),
        seed=args.seed,
        statements=args.statements,
        first=args.first,
        deadline=time.monotonic() + args.seconds,
        avoid=tuple(name for name in args.avoid.split(",") if name),
        workers=args.workers,
        max_shrinks=args.shrinks,
        profiles=profiles,
        journal=f"{args.report}.journal" if args.report else "",
        engine=engine,
    )


def kind_of(options):
    """The class of the workers."""
    return ClusterWorker if options.engine else worker.Worker


def run_all(options):
    """Runs all workers and returns the sum of their tallies."""
    total = worker.Tally()
    context = multiprocessing.get_context("spawn")
    with context.Pool(options.workers) as pool:
        kind = kind_of(options)
        jobs = [pool.apply_async(worker.run, (options, number, kind)) for number in range(options.workers)]
        for job in jobs:
            total.add(job.get())
    return total


def main():
    args = arguments()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(args.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        lake = copied_lake(args, folder)
        tables.prepare(args.voxlake, lake, folder / "tables")
        engine = contextlib.nullcontext("")
        if args.executors:
            engine = cluster.started(args.voxlake, Path(temporary), args.executors)
        started = time.monotonic()
        with engine as url:
            options = options_of(args, lake, folder, url)
            if args.only is not None:
                own = kind_of(options)(options)
                own.block(args.only // worker.BLOCK, [args.only])
                total = own.tally
            else:
                total = run_all(options)
        seconds = time.monotonic() - started
    print(report.summary(total, seconds, SHOWN_ERRORS))
    if args.report:
        Path(args.report).write_text(report.details(total), encoding="utf-8")
    sys.exit(1 if any(total.kinds[kind] for kind in outcomes.FINDINGS) else 0)


if __name__ == "__main__":
    main()
