"""Runs blocks of statements on both engines, compares the results and shrinks differences."""

import json
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import compare
import outcomes
import tables
from engines import DuckDb, Voxlake
from generator import StatementFactory
from profiles import PROFILES, profile_of
from render import DUCKDB, TOLERANT, VOXLAKE, render
from shrink import shrink
from syntax import Column, With, output_columns

BLOCK = 100
# Time to shrink one finding: some candidates are slow, as a join that lost its condition.
SHRINK_SECONDS = 120
# Blocks between two notes of a worker's progress.
BLOCKS_PER_NOTE = 20


@dataclass(frozen=True)
class Options:
    """How to run."""

    voxlake: str
    lake: str
    folder: str
    seed: int
    statements: int
    first: int
    deadline: float
    avoid: tuple[str, ...]
    workers: int
    max_shrinks: int
    profiles: tuple = PROFILES
    journal: str = ""
    engine: str = ""


@dataclass
class Tally:
    """Counts of outcomes and errors, examples of errors, and findings."""

    kinds: Counter = field(default_factory=Counter)
    errors: Counter = field(default_factory=Counter)
    examples: dict = field(default_factory=dict)
    findings: list = field(default_factory=list)
    refused: set = field(default_factory=set)

    def add(self, other):
        """Adds the counts of another tally."""
        self.kinds += other.kinds
        self.errors += other.errors
        self.refused |= other.refused
        self.findings += other.findings
        for key, example in other.examples.items():
            self.examples.setdefault(key, example)


@dataclass(frozen=True)
class Finding:
    """A fault: a statement, its smallest form, and what each engine says of that."""

    place: int
    profile: str
    outcome: outcomes.Outcome
    statement: str
    smallest: str
    duckdb: str
    detail: str
    plans: str


class Worker:
    """Answers statements with both engines."""

    def __init__(self, options):
        self.options = options
        self.judge = DuckDb()
        self.catalog = tables.load(self.judge.connection, Path(options.folder))
        # The same rows in another order: answers that differ there are not determined.
        self.reversed = DuckDb()
        tables.load(self.reversed.connection, Path(options.folder), is_reversed=True)
        self.factory = StatementFactory(self.catalog, options.avoid)
        self.tally = Tally()
        self.shrinks_left = options.max_shrinks

    def block(self, block, places):
        """Runs the statements of a block, which share a profile."""
        self.places(profile_of(block, self.options.profiles), places)

    def opened(self, profile):
        """A session of a profile."""
        return Voxlake(self.options.voxlake, self.options.lake, profile, self.catalog.attached, tables.SETUP)

    def places(self, profile, places):
        """Runs the statements at these places in a session of a profile."""
        voxlake = self.opened(profile)
        try:
            for place in places:
                if time.monotonic() > self.options.deadline:
                    return
                self.statement(place, voxlake, profile)
        finally:
            self.tally.refused |= voxlake.refused
            voxlake.close()

    def statement(self, place, voxlake, profile):
        """Runs one statement."""
        statement = self.factory.statement(f"{self.options.seed}:{place}")
        outcome = self.outcome(statement, voxlake)
        if outcome.kind == outcomes.DIFFERENT and not self.is_determined(statement):
            outcome = outcomes.Outcome(outcomes.NOT_DETERMINED, outcome.detail)
        self.tally.kinds[outcome.kind] += 1
        if outcome.kind != outcomes.SAME:
            key = (outcome.kind, outcomes.message(outcome.detail) if outcome.kind != outcomes.DIFFERENT else "")
            self.tally.errors[key] += 1
            self.tally.examples.setdefault(key, (place, profile.name, render(statement, VOXLAKE), outcome.detail))
        if outcome.kind in outcomes.FINDINGS:
            self.tally.findings.append(self.finding(place, statement, outcome, voxlake, profile))
            self.note(self.tally.findings[-1])

    def note(self, finding):
        """Appends a finding to the journal, so that a run that is ended has not been in vain."""
        if self.options.journal:
            with open(self.options.journal, "a", encoding="utf-8") as journal:
                found = (
                    finding.place,
                    finding.profile,
                    finding.outcome.kind,
                    finding.smallest,
                    finding.duckdb,
                    finding.detail,
                )
                journal.write(json.dumps(found) + "\n")

    def outcome(self, statement, voxlake):
        """The class of what the engines answer."""
        return self.classified(statement, voxlake, self.other(statement))

    def other(self, statement):
        """What DuckDB answers."""
        return self.judge.ask(render(statement, DUCKDB))

    def classified(self, statement, voxlake, theirs):
        """The class of voxlake's answer beside DuckDB's."""
        mine = voxlake.ask(render(statement, VOXLAKE))

        def difference(ours, others):
            return self.difference(statement, ours, others)

        found = outcomes.classify(mine, theirs, difference)
        if found.kind == outcomes.MISSED_OVERFLOW:
            # SQL does not define whether an expression is evaluated that no row needs, such as
            # after a false condition.
            tolerant = self.judge.ask(render(statement, TOLERANT))
            if tolerant.status == "rows" and difference(mine.rows, tolerant.rows) is None:
                return outcomes.Outcome(outcomes.UNNEEDED_OVERFLOW, theirs.error)
        return found

    def difference(self, statement, mine, theirs):
        kinds = [kind for _, kind in output_columns(statement)]
        return compare.difference(kinds, mine, theirs, is_ordered(statement))

    def is_determined(self, statement):
        """Whether the answer does not depend on the order of the tables' rows."""
        return self.judge_doubts(statement) is None

    def judge_doubts(self, statement):
        """What differs between DuckDB's answers over rows in both orders, or why there is none; None where nothing does."""
        sql = render(statement, DUCKDB)
        one, other = self.judge.ask(sql), self.reversed.ask(sql)
        for answer in (one, other):
            if answer.status != "rows":
                return answer.status
        return self.difference(statement, one.rows, other.rows)

    def finding(self, place, statement, outcome, voxlake, profile):
        """A finding with its smallest statement, while the number of shrinks lasts."""
        smallest = statement
        if self.shrinks_left > 0:
            self.shrinks_left -= 1
            until = time.monotonic() + SHRINK_SECONDS
            smallest = shrink(
                statement,
                lambda candidate: time.monotonic() < until and self.is_like(candidate, outcome, voxlake),
            )
            outcome = self.outcome(smallest, voxlake)
        ours, theirs = render(smallest, VOXLAKE), render(smallest, DUCKDB)
        plans = ""
        if outcome.kind == outcomes.DIFFERENT:
            name, plan = self.other_plan(smallest)
            plans = f"voxlake:\n{voxlake.explain(ours)}\n\n{name}:\n{plan}"
        return Finding(place, profile.name, outcome, render(statement, VOXLAKE), ours, theirs, outcome.detail, plans)

    def other_plan(self, statement):
        """DuckDB's plan, with its name."""
        return "DuckDB", self.judge.explain(render(statement, DUCKDB))

    def is_like(self, candidate, outcome, voxlake):
        """Whether a smaller statement has the same kind of fault."""
        if outcome.kind == outcomes.DIFFERENT and not self.is_determined(candidate):
            return False
        theirs = self.other(candidate)
        if theirs.status != "rows" and outcome.kind != outcomes.MISSED_OVERFLOW:
            # Most candidates are no valid SQL, and DuckDB says so in no time.
            return False
        found = self.classified(candidate, voxlake, theirs)
        if outcome.kind in (outcomes.INTERNAL_ERROR, outcomes.UNEXPLAINED_ERROR):
            return found.kind == outcome.kind and alike(found.detail, outcome.detail)
        return found.kind == outcome.kind


def alike(error, other):
    """Whether two errors begin alike."""
    return outcomes.message(error)[:40] == outcomes.message(other)[:40]


def is_ordered(statement):
    """Whether the statement's ORDER BY names all outputs, so that the order of its rows is determined."""
    body = statement.body if isinstance(statement, With) else statement
    named = {key.expr.name for key in body.order if isinstance(key.expr, Column) and key.expr.relation is None}
    return bool(body.order) and named >= {name for name, _ in output_columns(statement)}


def run(options, number, kind=Worker):
    """Runs the blocks of one worker and returns its tally."""
    warnings.simplefilter("ignore")
    own = kind(options)
    blocks = (options.statements + BLOCK - 1) // BLOCK
    for block in range(number, blocks, options.workers):
        if block < options.first // BLOCK:
            continue
        if time.monotonic() > options.deadline:
            break
        if block // options.workers % BLOCKS_PER_NOTE == 0 and block >= options.workers:
            print(f"block {block} of {blocks}: {dict(own.tally.kinds)}", file=sys.stderr, flush=True)
        first = block * BLOCK
        own.block(block, range(first, min(first + BLOCK, options.statements)))
    return own.tally
