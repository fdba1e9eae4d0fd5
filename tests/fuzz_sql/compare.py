"""Compares two answers, by the types that the statement's outputs have.

Doubles are the same within a relative tolerance, all else exactly. NULL, NaN and zero differ.
"""

import math
from datetime import date, datetime, timedelta, timezone
from decimal import Context, Decimal

import pyarrow as pa

RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-7
NANOSECONDS = 1000
# Keeps all digits of DECIMAL(38).
CONTEXT = Context(prec=80)


def difference(kinds, mine, theirs, is_ordered):
    """Returns what differs between two lists of rows, or None. `kinds` are the types of the columns."""
    if len(mine) != len(theirs):
        return f"{len(mine)} rows and {len(theirs)} rows"
    ours = [tuple(map(normal, row)) for row in mine]
    others = [tuple(map(normal, row)) for row in theirs]
    floating = [place for place, kind in enumerate(kinds) if kind.name in ("DOUBLE", "ESTIMATE")]
    if not is_ordered:
        ours, others = by_exact_cells(ours, floating), by_exact_cells(others, floating)
    for place, (row, other) in enumerate(zip(ours, others, strict=True)):
        if not same_row(row, other):
            return f"row {place}: {shown(row)} and {shown(other)}"
    return None


def by_exact_cells(rows, floating):
    """The rows in an order in which doubles come last, and are rounded."""

    def key(row):
        exact = [repr(cell) for place, cell in enumerate(row) if place not in floating]
        return exact, [rank(row[place]) for place in floating]

    return sorted(rows, key=key)


def rank(value):
    """A place for a double in an order: NULL, numbers by their first digits, NaN."""
    if value is None:
        return (0, 0.0)
    if isinstance(value, float) and math.isnan(value):
        return (2, 0.0)
    return (1, float(f"{float(value):.6g}"))


def same_row(row, other):
    """Whether two rows have the same cells."""
    return len(row) == len(other) and all(map(same_cell, row, other))


def same_cell(mine, other):
    """Whether two cells are the same; doubles within a tolerance."""
    if isinstance(mine, float) or isinstance(other, float):
        return same_number(mine, other)
    if isinstance(mine, tuple) and isinstance(other, tuple):
        return len(mine) == len(other) and all(map(same_cell, mine, other))
    if isinstance(mine, bool) != isinstance(other, bool):
        return False
    return mine == other


def same_number(mine, other):
    """Whether two numbers, one of them a double, are the same within a tolerance."""
    if mine is None or other is None or isinstance(mine, (bool, str, tuple)) or isinstance(other, (bool, str, tuple)):
        return False
    mine, other = float(mine), float(other)
    if math.isnan(mine) or math.isnan(other):
        return math.isnan(mine) and math.isnan(other)
    return math.isclose(mine, other, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)


def normal(value):
    """A value in a form that does not depend on the engine's width, scale or unit."""
    if isinstance(value, bool) or value is None or isinstance(value, (float, str)):
        return value
    if isinstance(value, (int, Decimal)):
        return Decimal(value).normalize(CONTEXT) if value else Decimal(0)
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (timedelta, pa.MonthDayNano)):
        return interval(value)
    if isinstance(value, dict):
        return tuple((name, normal(entry)) for name, entry in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(normal(entry) for entry in value)
    return str(value)


def interval(value):
    """An interval as months and microseconds."""
    if isinstance(value, timedelta):
        return ("interval", 0, value // timedelta(microseconds=1))
    micros = value.nanoseconds // NANOSECONDS + value.days * 86_400_000_000
    return ("interval", value.months, micros)


def shown(row):
    """A row in short."""
    text = ", ".join(str(cell) for cell in row)
    return f"({text[:300]})"
