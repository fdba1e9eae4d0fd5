"""Runs statements on a cluster and compares the answers with those of a session without one."""

import cluster
import outcomes
import tables
from engines import Voxlake
from render import VOXLAKE, render
from worker import Worker

# Prefix of the files behind tables that a session copies to its memory, from where they travel.
FILE = "file_"


class ClusterWorker(Worker):
    """Answers statements on a cluster and in a session. DuckDB only tells whether an answer is determined."""

    def __init__(self, options):
        super().__init__(options)
        self.local, self.doubtful = None, None

    def block(self, block, places):
        """Runs the statements of a block, which share a profile."""
        profile = cluster.PROFILES[block % len(cluster.PROFILES)]
        # The second session counts rows in another order.
        self.local = self.opened(cluster.local(profile))
        self.doubtful = self.opened(cluster.local(cluster.PROFILES[2]))
        try:
            self.places(cluster.session(profile, self.options.engine), places)
        finally:
            self.local.close()
            self.doubtful.close()

    def opened(self, profile):
        """A session of a profile, with the users' tables in memory."""
        attached = [(f"{FILE}{name}", file) for name, file in self.catalog.attached]
        copies = [f"CREATE TABLE {name} AS SELECT * FROM {FILE}{name}" for name, _ in self.catalog.attached]
        setup = (*tables.SETUP, *copies)
        return Voxlake(self.options.voxlake, self.options.lake, profile, attached, setup)

    def other(self, statement):
        """What the session without a cluster answers."""
        return self.local.ask(render(statement, VOXLAKE))

    def classified(self, statement, voxlake, theirs):
        """The class of the cluster's answer beside the session's."""
        mine = voxlake.ask(render(statement, VOXLAKE))
        return outcomes.classify_cluster(mine, theirs, lambda *rows: self.difference(statement, *rows))

    def is_determined(self, statement):
        """Whether neither DuckDB's answers nor the session's depend on the order of rows."""
        sql = render(statement, VOXLAKE)
        one, other = self.local.ask(sql), self.doubtful.ask(sql)
        if one.status != "rows" or other.status != "rows" or self.difference(statement, one.rows, other.rows):
            return False
        return self.judge_doubts(statement) is None

    def other_plan(self, statement):
        """The plan of the session without a cluster."""
        return "session", self.local.explain(render(statement, VOXLAKE))
