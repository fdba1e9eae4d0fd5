"""Compares Voxlake with other engines: same day files, same queries, results checked before timing.

Usage: compare.py [--voxlake BINARY] [--check] LAKE

Each engine has a process of its own, which stays warm. Every query runs on each engine once, and
every row has to be the same (see `answers.py`); a difference is reported, and nothing is timed. In
the rounds that follow, the engines run each query in turn. Each round starts with another engine, so
that load on the machine affects all of them. Writes RESULTS.md and results.svg next to this file.
`--check` ends after the comparison of the results.

Needs Linux, and the wheels of requirements.txt for the compared engines.
"""

import argparse
import sys
from pathlib import Path

import chart
import child
import machine
import report
from answers import differences
from results import SUMMARIES, Measure, Results

HERE = Path(__file__).parent
PEERS = ["duckdb", "polars", "chdb"]
VOXLAKE, FROM_SUMMARIES = "Voxlake", "Voxlake, from summaries"


class Contest:
    """The engines, and their results and times."""

    def __init__(self, voxlake, lake, threads, peers):
        self.ours = child.voxlake(voxlake, lake, threads)
        self.questions = {question["name"]: question for question in self.ours.greeting["questions"]}
        self.peers = {}
        for name in peers:
            peer = child.peer(name, lake, threads, self.ours.greeting["params"])
            self.peers[peer.greeting["name"]] = peer
        self.measures = {}
        self.faults = 0

    def entries(self, question):
        """Returns the engines that run a query: display name, engine, name of the query there."""
        engines = [(VOXLAKE, self.ours, question)]
        if question + SUMMARIES in self.questions:
            engines.append((FROM_SUMMARIES, self.ours, question + SUMMARIES))
        asked = [(name, peer, question) for name, peer in self.peers.items()]
        return engines + [entry for entry in asked if question in entry[1].greeting["questions"]]

    def check(self, question):
        """Runs the query on every engine once and compares the results with those of voxlake."""
        columns = self.questions[question]["columns"]
        mine = None
        for name, engine, asked in self.entries(question):
            reply = engine.ask(asked)
            if "error" in reply:
                self.tell_fault(f"FAILED: {question}, {name}: {reply['error']}")
                continue
            mine = reply["answer"] if mine is None else mine
            found = differences(mine, reply["answer"], columns)
            if found:
                self.tell_fault(f"DIFFERENT: {question}, {VOXLAKE} and {name}", *found)
            elif name != VOXLAKE:
                print(f"same: {question}, {name}, {len(mine)} rows", flush=True)
            self.measures[question, name] = Measure(reply["answer"])

    def time(self, question, first):
        """Runs the query on every engine once, starting with the one at `first`, and records the time."""
        entries = self.entries(question)
        first %= len(entries)
        for name, engine, asked in entries[first:] + entries[:first]:
            reply = engine.ask(asked)
            measure = self.measures[question, name]
            # Only the first result was compared with voxlake's: later ones have to be the same.
            if "error" in reply or differences(measure.answer, reply["answer"], self.questions[question]["columns"]):
                self.tell_fault(f"DIFFERENT: {question}, {name}, when it was asked again")
            else:
                measure.seconds.append(float(reply["seconds"]))
                measure.peak_bytes = max(measure.peak_bytes, reply["peak_memory_bytes"])

    def tell_fault(self, *lines):
        self.faults += 1
        print("\n  ".join(lines), flush=True)

    def close(self):
        for engine in [self.ours, *self.peers.values()]:
            engine.close()

    def lake(self):
        greeting = self.ours.greeting
        return f"{greeting['calls']:,} calls on {greeting['days']} days, {greeting['bytes'] / 1e6:,.0f} MB of Parquet"

    def versions(self):
        theirs = {name: peer.greeting for name, peer in self.peers.items()}
        return {
            name: (greeting["version"], float(greeting["opening_seconds"]))
            for name, greeting in {VOXLAKE: self.ours.greeting, **theirs}.items()
        }


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lake", metavar="LAKE", type=Path)
    parser.add_argument("--voxlake", default=HERE / "../../target/release/voxlake", type=Path, help="the binary")
    parser.add_argument("--peers", default=",".join(PEERS), help="engines beside it [default: %(default)s]")
    parser.add_argument("--questions", help="names, with commas between them [default: all]")
    parser.add_argument("--rounds", type=int, default=7, help="[default: %(default)s]")
    parser.add_argument("--threads", type=int, default=2, help="of each engine [default: %(default)s]")
    parser.add_argument("--check", action="store_true", help="compare answers and time nothing")
    parser.add_argument("--out", default=HERE, type=Path, help="folder of the table and the chart")
    return parser.parse_args()


def main():
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    lake = args.lake.resolve()
    contest = Contest(args.voxlake, str(lake), args.threads, [name for name in args.peers.split(",") if name])
    questions = [name for name in contest.questions if not name.endswith(SUMMARIES)]
    if args.questions:
        unknown = set(args.questions.split(",")) - set(questions)
        if unknown:
            raise SystemExit(f"there is no question {', '.join(sorted(unknown))}; there is {', '.join(questions)}")
        questions = args.questions.split(",")
    for question in questions:
        contest.check(question)
    if contest.faults or args.check:
        contest.close()
        print(f"{contest.faults} faults")
        sys.exit(1 if contest.faults else 0)
    for round_ in range(args.rounds):
        for question in questions:
            contest.time(question, round_)
        print(f"round {round_ + 1} of {args.rounds}", flush=True)
    contest.close()
    if contest.faults:
        sys.exit(1)
    results = Results(
        measures=contest.measures,
        titles={name: contest.questions[name]["title"] for name in questions},
        ours=VOXLAKE,
        from_summaries=FROM_SUMMARIES,
        peers=list(contest.peers),
        threads=args.threads,
        rounds=args.rounds,
        versions=contest.versions(),
        lake=contest.lake(),
        machine=machine.note(),
    )
    (args.out / "RESULTS.md").write_text(report.markdown(results))
    (args.out / "results.svg").write_text(chart.svg(results))
    print(report.markdown(results))


if __name__ == "__main__":
    main()
