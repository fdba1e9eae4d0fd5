"""Times and memory of each engine for each query."""

from dataclasses import dataclass, field
from statistics import median

# Suffix of queries that run from summaries.
SUMMARIES = ".summaries"


@dataclass
class Measure:
    """Measurements of an engine for a query."""

    answer: list
    seconds: list = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def median(self):
        return median(self.seconds)


@dataclass
class Results:
    """`measures` are by query and engine; `versions` has each engine's version and opening time."""

    measures: dict
    titles: dict
    ours: str
    from_summaries: str
    peers: list
    threads: int
    rounds: int
    versions: dict
    lake: str
    machine: str

    @property
    def engines(self):
        """Returns the engines that ran a query, Voxlake first."""
        answered = {engine for _, engine in self.measures}
        return [name for name in [self.ours, self.from_summaries, *self.peers] if name in answered]

    def ratio(self, question, engine):
        """Returns the ratio of an engine's median to the best peer's; None if one of them is missing."""
        peers = [self.measures[question, peer].median for peer in self.peers if (question, peer) in self.measures]
        if not peers or (question, engine) not in self.measures:
            return None
        return self.measures[question, engine].median / min(peers)
