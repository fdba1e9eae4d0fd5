"""Constants of each type, as each engine writes them."""

import math
from datetime import datetime, timezone

from sql_types import (
    BIGINT,
    BOOLEAN,
    CAST_NAMES,
    DATE,
    DECIMAL,
    DOUBLE,
    INSTANT,
    TEXT,
    TIMESTAMP,
    WIDE_BIGINT,
    WIDE_DECIMAL,
)
from syntax import Literal

MAX_PLAIN_BIGINT = 2**31 - 1


def quoted(text):
    """Returns a text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def literal(kind, value):
    """Returns the constant of a Python value."""
    if kind == BOOLEAN:
        return same(kind, "true" if value else "false")
    if kind in (BIGINT, WIDE_BIGINT):
        # Constants of more digits have other types in each engine.
        plain = abs(value) <= MAX_PLAIN_BIGINT
        return same(kind, str(value) if plain else f"CAST('{value}' AS BIGINT)")
    if kind in (DECIMAL, WIDE_DECIMAL):
        return same(kind, f"CAST('{value:f}' AS {CAST_NAMES[kind]})")
    if kind == DOUBLE:
        return double(value)
    if kind == TEXT:
        return same(kind, quoted(value))
    if kind == DATE:
        return same(kind, f"DATE '{value.isoformat()}'")
    if kind == TIMESTAMP:
        return same(kind, f"TIMESTAMP '{value.isoformat(sep=' ')}'")
    if kind == INSTANT:
        return instant(value)
    raise TypeError(f"no literal of {kind}")


def same(kind, text):
    """Returns a constant that both engines write the same."""
    return Literal(kind, text, text)


def double(value):
    """Returns a constant that is a double to both engines."""
    if math.isnan(value) or math.isinf(value) or abs(value) > 1e15:
        return same(DOUBLE, f"CAST('{value}' AS DOUBLE)")
    text = f"{value!r}"
    return Literal(DOUBLE, text, f"CAST({text} AS DOUBLE)")


def instant(value):
    """Returns a timestamp with time zone. DataFusion's cast to that type drops the zone."""
    text = value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    ours = f"arrow_cast('{text}Z', 'Timestamp(Millisecond, Some(\"UTC\"))')"
    return Literal(INSTANT, ours, f"TIMESTAMPTZ '{text}Z'")


def null(kind, is_bare=False):
    """Returns NULL; a bare one leaves its type to voxlake."""
    typed = f"CAST(NULL AS {CAST_NAMES[kind]})"
    ours = "arrow_cast(NULL, 'Timestamp(Millisecond, Some(\"UTC\"))')" if kind == INSTANT else typed
    return Literal(kind, "NULL" if is_bare else ours, typed)


# Small constants that any expression of the type may use.
COMMON = {
    BOOLEAN: (same(BOOLEAN, "true"), same(BOOLEAN, "false")),
    BIGINT: tuple(same(BIGINT, str(value)) for value in (0, 1, 2, 3, -1, 10, 100, -7)),
    WIDE_BIGINT: tuple(
        literal(WIDE_BIGINT, value) for value in (0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1, 2**31, -(2**31))
    ),
    DECIMAL: tuple(same(DECIMAL, f"CAST('{value}' AS DECIMAL(18, 6))") for value in ("0", "1.5", "-0.000001", "0.019")),
    WIDE_DECIMAL: tuple(
        same(WIDE_DECIMAL, f"CAST('{value}' AS DECIMAL(38, 0))") for value in ("0", "1", "9" * 38, "-" + "9" * 38)
    ),
    DOUBLE: tuple(double(value) for value in (0.0, 0.5, -1.25, 1e10)),
    TEXT: tuple(same(TEXT, quoted(value)) for value in ("", "a", "Billing", "inbound", "%", "é", "O'Brien", " x ")),
    DATE: tuple(same(DATE, f"DATE '{value}'") for value in ("2026-11-04", "1969-12-31", "2024-02-29")),
    TIMESTAMP: tuple(
        same(TIMESTAMP, f"TIMESTAMP '{value}'")
        for value in ("2026-11-04 12:00:00", "1969-12-31 23:59:59.999", "2024-02-29 00:00:00")
    ),
    INSTANT: tuple(
        instant(datetime.fromisoformat(value)) for value in ("2026-11-04T12:00:00Z", "1969-12-31T23:59:59.999Z")
    ),
}
