"""Classes of outcomes, and the errors that count as findings."""

import re
from dataclasses import dataclass

SAME, DIFFERENT, BOTH_ERROR = "same", "different", "both error"
VOXLAKE_ERROR, DUCKDB_ERROR = "only voxlake refuses", "only DuckDB errors"
UNEXPLAINED_ERROR = "unexplained error"
INTERNAL_ERROR, CRASH, TIMEOUT = "internal error", "crash", "timeout"
MISSED_OVERFLOW = "overflow missed"
UNNEEDED_OVERFLOW = "overflow of no consequence"
NOT_DETERMINED = "answer not determined"
CLUSTER_REFUSED, SESSION_ERROR = "refused by the cluster", "only the session errors"
# Outcomes that are bugs.
FINDINGS = (DIFFERENT, INTERNAL_ERROR, UNEXPLAINED_ERROR, CRASH, TIMEOUT, MISSED_OVERFLOW)

# Words of errors that users should never see.
INTERNAL = re.compile(
    r"panicked|internal error|caused by a bug|Physical input schema|ArrowError|Assertion failed|PhysicalExpr Column|"
    r"\w+ \{ \w+: |unreadable answer|join error|External: ",
    re.IGNORECASE,
)
# Words of refusals, some of which end with a dump of the expression that cannot be planned.
NOT_IMPLEMENTED = "This feature is not implemented: "
# Known refusals, with reasons in known_differences.md. Other errors of voxlake only are findings.
REFUSALS = re.compile(
    rf"{NOT_IMPLEMENTED}|is not supported|are supported only as|cannot have|out of (the )?range of|overflow happened on|"
    r"the subquery may return more than one row|has to compare columns by = and return an aggregate|"
    r"HAVING clause references|is ambiguous|needs more memory than is allowed|does not take|"
    r"bitwise operators take integers|two expressions have the same name here|GROUPS requires an ORDER BY|takes a number with a sign|cannot cast .* exceeds|overflow converting|expected \), found ,",
    re.IGNORECASE,
)
# Beginning of the errors of statements that a cluster refuses by name.
CLUSTER_REFUSAL = "the cluster cannot run "
DEADLINE = "the query was cancelled: it took longer than"
OVERFLOW = re.compile(r"overflow|out of range", re.IGNORECASE)
MAX_MESSAGE = 160


@dataclass(frozen=True)
class Outcome:
    """The class of the results of two engines for a statement, with details."""

    kind: str
    detail: str = ""


def classify(mine, theirs, difference):
    """Returns the outcome of voxlake's and DuckDB's answers; `difference` compares two lists of rows."""
    if mine.status == "crash":
        return Outcome(CRASH, mine.error)
    if mine.status == "too large":
        return Outcome(NOT_DETERMINED, mine.error)
    if mine.status == "timeout" and theirs.status == "rows":
        return Outcome(TIMEOUT, mine.error)
    if mine.status == "error" and INTERNAL.search(mine.error) and NOT_IMPLEMENTED not in mine.error:
        return Outcome(INTERNAL_ERROR, mine.error)
    if mine.status == "rows" and theirs.status == "rows":
        found = difference(mine.rows, theirs.rows)
        return Outcome(SAME) if found is None else Outcome(DIFFERENT, found)
    if mine.status == "rows":
        kind = MISSED_OVERFLOW if OVERFLOW.search(theirs.error) else DUCKDB_ERROR
        return Outcome(kind, theirs.error)
    if theirs.status != "rows":
        return Outcome(BOTH_ERROR, mine.error)
    return Outcome(VOXLAKE_ERROR if REFUSALS.search(mine.error) else UNEXPLAINED_ERROR, mine.error)


def classify_cluster(mine, theirs, difference):
    """Returns the outcome of the answers of a cluster and of a session without one."""
    if mine.status == "crash":
        return Outcome(CRASH, mine.error)
    if "too large" in (mine.status, theirs.status):
        return Outcome(NOT_DETERMINED, mine.error)
    if mine.status == "error" and CLUSTER_REFUSAL in mine.error:
        return Outcome(CLUSTER_REFUSED, mine.error)
    if theirs.status != "rows":
        return Outcome(SESSION_ERROR if mine.status == "rows" else BOTH_ERROR, theirs.error)
    if mine.status == "timeout" or DEADLINE in mine.error:
        return Outcome(TIMEOUT, mine.error)
    if mine.status == "error":
        return Outcome(UNEXPLAINED_ERROR, mine.error)
    found = difference(mine.rows, theirs.rows)
    return Outcome(SAME) if found is None else Outcome(DIFFERENT, found)


def message(error):
    """An error without names, numbers and quotations, by which errors are counted."""
    line = next((line for line in error.split("\n") if line.strip()), "")
    line = re.sub(r"(not support logical expression \w+).*", r"\1", line)
    line = re.sub(r"<stdin>:\d+: ?", "", line)
    line = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", line)
    line = re.sub(r"\b(t|x|e|c|w)\d+\b", "_", line)
    line = re.sub(r"-?\d+", "0", line)
    return line[:MAX_MESSAGE]
