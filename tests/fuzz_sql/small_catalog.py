"""A catalog of two tables for tests of the generator, the renderer and the shrinker."""

import literals
from sql_types import BIGINT, BOOLEAN, DATE, DECIMAL, DOUBLE, INSTANT, TEXT, TIMESTAMP, list_of, struct_of
from tables import LAKE_KEYS, Catalog, ColumnInfo, SummaryInfo, TableInfo

ENTRY = struct_of([("queue_id", TEXT), ("queue_name", TEXT)])


def column(name, kind, *values):
    """Returns a column with samples."""
    return ColumnInfo(name, kind, tuple(literals.literal(kind, value) for value in values))


def table(name, key):
    """Returns a table with a column of each type."""
    columns = (
        column("engagement_id", TEXT, "a", "b"),
        column("direction", TEXT, "inbound", "outbound"),
        column("result", TEXT, "completed"),
        column("start_time", INSTANT),
        column("stamp", TIMESTAMP),
        column("date", DATE),
        column("total_duration", BIGINT, 1, 60),
        column("agent_count", BIGINT),
        column("charge_amount", DECIMAL),
        column("ratio", DOUBLE),
        column("recorded", BOOLEAN),
        column("tags", list_of(TEXT)),
        column("queues", list_of(ENTRY)),
    )
    return TableInfo(name, columns, key, 50, name in LAKE_KEYS)


def catalog():
    """Returns the catalog."""
    tables = (table("voice_calls", ("engagement_id",)), table("calls", ("engagement_id",)))
    summary = SummaryInfo(
        "call_summary", (column("result", TEXT, "completed"),), (("calls", BIGINT),), ("2026-11-02", "2026-11-03")
    )
    return Catalog(tables, (summary,), ())
