"""Compares the results of two engines.

Rows have to be the same in the same order; each query has a total order. Times, texts, integers and
decimals have to be equal after normalisation. Floating-point numbers may differ by a factor of
10^-9, because engines may sum in another order.
"""

from datetime import datetime, timezone
from decimal import Decimal
from math import isclose

RELATIVE_TOLERANCE = 1e-9
SHOWN = 3


def normal(value, kind):
    """Returns a normalised cell; `kind` is the type that the header of the query declares."""
    if value is None:
        return None
    if kind == "integer":
        number = Decimal(str(value))
        if number != int(number):
            raise ValueError(f"{value!r} is no whole number")
        return int(number)
    if kind == "decimal":
        return Decimal(str(value))
    if kind == "number":
        return float(value)
    if kind == "timestamp":
        moment = datetime.fromisoformat(str(value))
        # ClickHouse writes times in the session's time zone, UTC, without an offset.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc)
    return str(value)


def same(mine, theirs):
    if isinstance(mine, float) and isinstance(theirs, float):
        return isclose(mine, theirs, rel_tol=RELATIVE_TOLERANCE, abs_tol=RELATIVE_TOLERANCE)
    return mine == theirs


def rows(answer, columns):
    """Returns the normalised rows. Rows are lists in column order, or objects by name."""
    names, kinds = [column["name"] for column in columns], [column["kind"] for column in columns]
    normalised = []
    for row in answer:
        cells = [row[name] for name in names] if isinstance(row, dict) else row
        if len(cells) != len(kinds):
            raise ValueError(f"{len(cells)} cells in a row of {len(kinds)} columns")
        normalised.append([normal(cell, kind) for cell, kind in zip(cells, kinds)])
    return normalised


def differences(mine, theirs, columns):
    """Returns a few lines on the differences, or none. Texts may be personal data and are not shown."""
    try:
        mine, theirs = rows(mine, columns), rows(theirs, columns)
    except (ValueError, ArithmeticError, KeyError, TypeError) as error:
        return [f"an answer has not the columns that it should have ({type(error).__name__})"]
    found = [] if len(mine) == len(theirs) else [f"{len(mine)} rows and {len(theirs)}"]
    for place, (left, right) in enumerate(zip(mine, theirs)):
        cells = [
            column["name"] if column["kind"] == "text" else f"{column['name']} {cells[0]} and {cells[1]}"
            for column, cells in zip(columns, zip(left, right))
            if not same(*cells)
        ]
        if cells:
            found.append(f"row {place}: {', '.join(cells)}")
    return found[:SHOWN] + ([f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else [])
