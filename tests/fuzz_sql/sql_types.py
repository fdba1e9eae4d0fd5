"""SQL types of generated expressions.

A type here says more than SQL does: `ESTIMATE` is a DOUBLE that may differ in its last digits between
two correct evaluations, so it is never compared, grouped or sorted by. `WIDE_BIGINT` and
`WIDE_DECIMAL` hold values near the limits of their types, on which arithmetic may overflow.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class SqlType:
    """A type; `element` is that of a list, `fields` are (name, type) of a struct."""

    name: str
    element: "SqlType | None" = None
    fields: tuple[tuple[str, "SqlType"], ...] = ()

    @property
    def is_orderable(self):
        """Whether statements may sort, group and compare by such values."""
        return self.name not in ("ESTIMATE", "INTERVAL", "LIST", "STRUCT")


BOOLEAN = SqlType("BOOLEAN")
BIGINT = SqlType("BIGINT")
WIDE_BIGINT = SqlType("WIDE_BIGINT")
DECIMAL = SqlType("DECIMAL")
WIDE_DECIMAL = SqlType("WIDE_DECIMAL")
DOUBLE = SqlType("DOUBLE")
ESTIMATE = SqlType("ESTIMATE")
TEXT = SqlType("TEXT")
DATE = SqlType("DATE")
TIMESTAMP = SqlType("TIMESTAMP")
INSTANT = SqlType("INSTANT")
INTERVAL = SqlType("INTERVAL")

SCALARS = (BOOLEAN, BIGINT, DECIMAL, DOUBLE, TEXT, DATE, TIMESTAMP, INSTANT)
ORDERABLE = (*SCALARS, WIDE_BIGINT, WIDE_DECIMAL)

# The name of each type in a cast. Both engines read these.
CAST_NAMES = {
    BOOLEAN: "BOOLEAN",
    BIGINT: "BIGINT",
    WIDE_BIGINT: "BIGINT",
    DECIMAL: "DECIMAL(18, 6)",
    WIDE_DECIMAL: "DECIMAL(38, 0)",
    DOUBLE: "DOUBLE",
    ESTIMATE: "DOUBLE",
    TEXT: "VARCHAR",
    DATE: "DATE",
    TIMESTAMP: "TIMESTAMP",
    INSTANT: "TIMESTAMP WITH TIME ZONE",
}


def list_of(element):
    """Returns the type of lists of `element`."""
    return SqlType("LIST", element=element)


def struct_of(fields):
    """Returns the type of structs with these (name, type) pairs."""
    return SqlType("STRUCT", fields=tuple(fields))
