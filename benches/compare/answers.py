"""Whether two engines said the same.

Rows have to be the same in the same order: each question has an order for all of its rows. Times, texts, whole numbers
and decimals have to be equal, whatever form an engine gives them; floating-point numbers to a part in 10^9, as engines
may add up in another order.
"""

from datetime import datetime, timezone
from decimal import Decimal
from math import isclose

RELATIVE_TOLERANCE = 1e-9
SHOWN = 3


def normal(value, kind):
    """A cell in the one form of its kind; `kind` is what the question's header declares."""
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
        # ClickHouse writes times of its session's zone, which is UTC, without one.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc)
    return str(value)


def same(mine, theirs):
    if isinstance(mine, float) and isinstance(theirs, float):
        return isclose(mine, theirs, rel_tol=RELATIVE_TOLERANCE, abs_tol=RELATIVE_TOLERANCE)
    return mine == theirs


def rows(answer, columns):
    """An answer's rows in their one form. Rows are lists in the order of the columns, or objects by name."""
    names, kinds = [column["name"] for column in columns], [column["kind"] for column in columns]
    normalised = []
    for row in answer:
        cells = [row[name] for name in names] if isinstance(row, dict) else row
        if len(cells) != len(kinds):
            raise ValueError(f"{len(cells)} cells in a row of {len(kinds)} columns")
        normalised.append([normal(cell, kind) for cell, kind in zip(cells, kinds)])
    return normalised


def differences(mine, theirs, columns):
    """What differs, in a few lines; none where the answers are the same. Texts may be names and numbers of people, and so
    are not told."""
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
