"""Tables that statements are generated over, and their copies in DuckDB.

The lake's tables and views are exported by voxlake once, without summaries, and loaded into DuckDB.
Users' tables are written by `user_tables` and attached by both engines.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

import literals
import sql_types
import user_tables

# Columns that identify a row of each table of the lake.
LAKE_KEYS = {
    "voice_calls": ("engagement_id",),
    "calls": ("engagement_id",),
    "queue_calls": ("engagement_id", "queue_ordinal"),
    "agent_calls": ("engagement_id", "agent_ordinal"),
    "flow_calls": ("engagement_id", "flow_ordinal"),
    "call_legs": ("engagement_id", "leg_ordinal"),
    "result_classes": ("result",),
    "days": ("date",),
}
# A copy of voice_calls as a user's file: the same rows without voxlake's own scan.
COPY = "copied_calls"
# Summary functions with their additive columns; the others are dimensions.
SUMMARIES = {
    "call_summary": ("calls", "calls_with_charge", "calls_with_unreadable_charge", "charge"),
    "country_summary": ("calls", "calls_with_charge", "calls_with_unreadable_charge", "charge"),
    "duration_summary": ("calls",),
    "queue_duration_summary": ("calls",),
    "queue_summary": (
        "calls",
        "calls_with_charge",
        "calls_with_unreadable_charge",
        "charge",
        "charge_auto",
        "charge_legs",
        "charge_split",
    ),
}
# `seconds` has 38 digits, which DuckDB cannot mix with fractions.
NOT_DIMENSIONS = ("start_time", "last_start", "largest_charge", "seconds")
MAX_SAMPLES = 12
# What a session makes before its first statement: rows in memory and a view, with their keys.
SESSION_KEYS = {"session_rows": ("engagement_id",), "session_view": ("queue_name", "result")}
SETUP = (
    "CREATE TABLE session_rows AS SELECT engagement_id, direction, result, consumer_number, start_time, date, "
    "total_duration, charge_amount, recorded, queues FROM voice_calls WHERE total_duration > 60",
    "CREATE VIEW session_view AS SELECT queue_name, result, count(*) AS tiny, min(date) AS date, sum(charge_split) AS "
    "charge_split, max(total_duration) AS total_duration FROM queue_calls GROUP BY queue_name, result",
)


@dataclass(frozen=True)
class ColumnInfo:
    """A column and some of its values as literals."""

    name: str
    type: sql_types.SqlType
    samples: tuple


@dataclass(frozen=True)
class TableInfo:
    """A table; `key` names columns that identify its rows, `rows` is how many it has."""

    name: str
    columns: tuple[ColumnInfo, ...]
    key: tuple[str, ...]
    rows: int
    is_lake: bool


@dataclass(frozen=True)
class SummaryInfo:
    """A summary function. Its rows add up to the calls of a period of whole days."""

    name: str
    dimensions: tuple[ColumnInfo, ...]
    measures: tuple[tuple[str, sql_types.SqlType], ...]
    days: tuple[str, ...]


@dataclass(frozen=True)
class Catalog:
    """All tables and summaries, and the files that hold them."""

    tables: tuple[TableInfo, ...]
    summaries: tuple[SummaryInfo, ...]
    attached: tuple[tuple[str, Path], ...]


def export(voxlake, lake, sql, file):
    """Writes the answer of `sql` as Parquet."""
    command = [voxlake, "query", "--lake", lake, "--no-summaries", "-c", sql, "--format", "parquet", "-o", file]
    subprocess.run(command, check=True, capture_output=True)


def prepare(voxlake, lake, folder):
    """Writes all tables as Parquet files into `folder`, once."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in LAKE_KEYS:
        if not (folder / f"{name}.parquet").exists():
            export(voxlake, lake, f"SELECT * FROM {name}", folder / f"{name}.parquet")
    days = pa.parquet.read_table(folder / "days.parquet")["date"].to_pylist()
    for name in SUMMARIES:
        file = folder / f"{name}.parquet"
        if not file.exists():
            parts = [summary_of_day(voxlake, lake, folder, name, str(day)) for day in sorted(days)]
            pa.parquet.write_table(pa.concat_tables(parts), file)
    user_tables.write(folder)
    copy = folder / f"{COPY}.parquet"
    if not copy.exists():
        pa.parquet.write_table(pa.parquet.read_table(folder / "voice_calls.parquet"), copy, row_group_size=200)


def summary_of_day(voxlake, lake, folder, name, day):
    """The rows of a summary function over one day, with the day as a column."""
    file = folder / "summary_of_day.parquet"
    call = f"{name}('{day}T00:00:00Z', TIMESTAMP '{day}' + INTERVAL '1 day')"
    export(voxlake, lake, f"SELECT DATE '{day}' AS summary_day, * FROM {call}", file)
    table = pa.parquet.read_table(file)
    file.unlink()
    return table


def load(connection, folder, is_reversed=False):
    """Loads the files into DuckDB, perhaps with their rows in reverse, and returns the catalog of them."""
    keys = {**LAKE_KEYS, COPY: LAKE_KEYS["voice_calls"], **user_tables.KEYS}
    for name in keys:
        connection.sql(f"CREATE TABLE {name} AS {rows_of(folder / f'{name}.parquet', is_reversed)}")
    for statement in SETUP:
        connection.sql(statement)
    tables = [table_of(connection, name, key) for name, key in {**keys, **SESSION_KEYS}.items()]
    summaries = tuple(load_summary(connection, folder, name, is_reversed) for name in SUMMARIES)
    attached = tuple((name, folder / f"{name}.parquet") for name in (COPY, *user_tables.KEYS))
    return Catalog(tuple(tables), summaries, attached)


def rows_of(file, is_reversed):
    """A query for the rows of a file."""
    if not is_reversed:
        return f"SELECT * FROM read_parquet('{file}')"
    rows = f"read_parquet('{file}', file_row_number = true)"
    return f"SELECT * EXCLUDE (file_row_number) FROM {rows} ORDER BY file_row_number DESC"


def table_of(connection, name, key):
    """A table with its columns, as DuckDB has it."""
    schema = connection.sql(f"SELECT * FROM {name} LIMIT 0").to_arrow_table().schema
    columns = tuple(column_of(connection, name, field) for field in schema)
    rows = connection.sql(f"SELECT count(*) FROM {name}").fetchall()[0][0]
    return TableInfo(name, columns, key, rows, name in LAKE_KEYS)


def load_summary(connection, folder, name, is_reversed):
    """Makes a table macro that stands for a summary function over whole days."""
    file = folder / f"{name}.parquet"
    connection.sql(f"CREATE TABLE {name}_days AS {rows_of(file, is_reversed)}")
    connection.sql(
        f"CREATE MACRO {name}(first, past) AS TABLE SELECT * EXCLUDE (summary_day) FROM {name}_days "
        "WHERE summary_day >= CAST(first AS DATE) AND summary_day < CAST(past AS DATE)"
    )
    measures, dimensions = [], []
    for field in pa.parquet.read_schema(file):
        if field.name in SUMMARIES[name]:
            measures.append((field.name, type_of(field.name, field.type)))
        elif field.name not in (*NOT_DIMENSIONS, "summary_day") and not field.name.startswith(
            ("charge_f", "charge_l", "outside")
        ):
            dimensions.append(column_of(connection, f"{name}_days", field))
    days = connection.sql(f"SELECT DISTINCT CAST(summary_day AS VARCHAR) FROM {name}_days ORDER BY 1").fetchall()
    return SummaryInfo(name, tuple(dimensions), tuple(measures), tuple(day for (day,) in days))


def column_of(connection, table, field):
    """A column with samples of its values, spread over their order."""
    kind = type_of(field.name, field.type)
    samples = ()
    if kind.is_orderable:
        values = (
            connection.sql(f"SELECT DISTINCT {field.name} FROM {table} WHERE {field.name} IS NOT NULL ORDER BY 1")
            .to_arrow_table()[0]
            .to_pylist()
        )
        step = max(1, len(values) // MAX_SAMPLES)
        samples = tuple(literals.literal(kind, value) for value in values[::step][:MAX_SAMPLES])
    return ColumnInfo(field.name, kind, samples)


def type_of(name, kind):
    """The type of a column of an Arrow schema."""
    if pa.types.is_boolean(kind):
        return sql_types.BOOLEAN
    if pa.types.is_integer(kind):
        return sql_types.WIDE_BIGINT if name in user_tables.WIDE_COLUMNS else sql_types.BIGINT
    if pa.types.is_decimal(kind):
        return sql_types.WIDE_DECIMAL if name in user_tables.WIDE_COLUMNS else sql_types.DECIMAL
    if pa.types.is_floating(kind):
        return sql_types.DOUBLE
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return sql_types.TEXT
    if pa.types.is_date(kind):
        return sql_types.DATE
    if pa.types.is_timestamp(kind):
        return sql_types.INSTANT if kind.tz else sql_types.TIMESTAMP
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return sql_types.list_of(type_of("", kind.value_type))
    if pa.types.is_struct(kind):
        return sql_types.struct_of((field.name, type_of("", field.type)) for field in kind)
    raise TypeError(f"no SQL type for {kind} of {name}")
