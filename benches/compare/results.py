"""What a contest found: times and memory of each engine at each question."""

from dataclasses import dataclass, field
from statistics import median

# How the names of questions end that are answered a second way.
SUMMARIES = ".summaries"


@dataclass
class Measure:
    """An engine at a question."""

    answer: list
    seconds: list = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def median(self):
        return median(self.seconds)


@dataclass
class Results:
    """`measures` are by question and engine; `versions` has each engine's version and its seconds to open the lake."""

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
        """Those that have answered something, ours first."""
        answered = {engine for _, engine in self.measures}
        return [name for name in [self.ours, self.from_summaries, *self.peers] if name in answered]

    def ratio(self, question, engine):
        """An engine's median to that of the best peer; none where one of them did not answer."""
        peers = [self.measures[question, peer].median for peer in self.peers if (question, peer) in self.measures]
        if not peers or (question, engine) not in self.measures:
            return None
        return self.measures[question, engine].median / min(peers)
