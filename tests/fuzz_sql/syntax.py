"""Syntax tree of generated statements: what the generator builds, the shrinker cuts and `render` writes.

Nodes are immutable; the shrinker makes new trees with `dataclasses.replace`.
"""

from dataclasses import dataclass

from sql_types import SqlType

# Levels of precedence in PostgreSQL, the lowest first. An operand below the level that its operator
# needs is put in parentheses.
ANY, OR, AND, NOT, IS, COMPARISON, MEMBERSHIP, OTHER, SUM, PRODUCT, SIGN, ATOM = range(12)


@dataclass(frozen=True)
class Form:
    """A function or operator as each engine writes it. `{0}` in a template is the first argument.

    `level` is the precedence of the whole, `operands` the level that each argument has to have.
    """

    name: str
    result: SqlType
    args: tuple[SqlType, ...]
    voxlake: str
    duckdb: str
    level: int = ATOM
    operands: tuple[int, ...] = ()
    feature: str = ""
    weight: int = 1


@dataclass(frozen=True)
class Literal:
    """A constant, as each engine writes it."""

    type: SqlType
    voxlake: str
    duckdb: str


@dataclass(frozen=True)
class Column:
    """A column of a relation in scope; without `relation`, of a USING or NATURAL join or an output column."""

    type: SqlType
    relation: str | None
    name: str


@dataclass(frozen=True)
class Call:
    """A form with its arguments."""

    type: SqlType
    form: Form
    args: tuple


@dataclass(frozen=True)
class OrderKey:
    """One key of an ORDER BY."""

    expr: object
    is_descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True)
class Aggregate:
    """A form used as an aggregate function."""

    type: SqlType
    form: Form
    args: tuple
    is_distinct: bool = False
    order: tuple[OrderKey, ...] = ()
    condition: object = None


@dataclass(frozen=True)
class Frame:
    """A window frame. A bound is text such as `1 PRECEDING`."""

    unit: str
    start: str
    end: str


@dataclass(frozen=True)
class Window:
    """A form over a window. `respect` is `IGNORE NULLS`, `RESPECT NULLS` or empty."""

    type: SqlType
    form: Form
    args: tuple
    partition: tuple = ()
    order: tuple[OrderKey, ...] = ()
    frame: Frame | None = None
    respect: str = ""
    condition: object = None


@dataclass(frozen=True)
class ScalarQuery:
    """A subquery of one row and one column."""

    type: SqlType
    query: object


@dataclass(frozen=True)
class Exists:
    """EXISTS or NOT EXISTS."""

    type: SqlType
    query: object
    is_negated: bool


@dataclass(frozen=True)
class InQuery:
    """IN or NOT IN over a subquery; with `operator`, a comparison with ANY or ALL of its rows."""

    type: SqlType
    expr: object
    query: object
    is_negated: bool = False
    operator: str = ""


@dataclass(frozen=True)
class Item:
    """One output column."""

    name: str
    expr: object


@dataclass(frozen=True)
class Table:
    """A named table. `call` is the argument list of a table function."""

    name: str
    alias: str
    call: str = ""


@dataclass(frozen=True)
class Derived:
    """A subquery in FROM."""

    query: object
    alias: str


@dataclass(frozen=True)
class UnnestedList:
    """`CROSS JOIN UNNEST(list) AS alias (column)`, as the right side of a join."""

    expr: object
    alias: str
    column: str


@dataclass(frozen=True)
class Join:
    """A join. `kind` is the text before JOIN; one of `condition`, `using` and `is_natural` says how."""

    kind: str
    left: object
    right: object
    condition: object = None
    using: tuple[str, ...] = ()
    is_natural: bool = False


@dataclass(frozen=True)
class Grouping:
    """GROUP BY. `kind` is PLAIN, ROLLUP, CUBE or SETS; `sets` are places in `exprs`."""

    kind: str
    exprs: tuple
    sets: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Select:
    """A SELECT. `distinct_on` excludes `is_distinct`."""

    items: tuple[Item, ...]
    source: object = None
    condition: object = None
    grouping: Grouping | None = None
    having: object = None
    qualify: object = None
    is_distinct: bool = False
    distinct_on: tuple = ()
    order: tuple[OrderKey, ...] = ()
    limit: int | None = None
    offset: int | None = None


@dataclass(frozen=True)
class SetOperation:
    """UNION, INTERSECT or EXCEPT of two queries."""

    operator: str
    is_all: bool
    left: object
    right: object
    order: tuple[OrderKey, ...] = ()
    limit: int | None = None
    offset: int | None = None


@dataclass(frozen=True)
class CommonTable:
    """A query with a name in a WITH clause."""

    name: str
    query: object


@dataclass(frozen=True)
class With:
    """Common table expressions and the query that uses them."""

    tables: tuple[CommonTable, ...]
    body: object


def output_columns(query):
    """Returns (name, type) of each output column of a query."""
    match query:
        case Select(items=items):
            return [(item.name, item.expr.type) for item in items]
        case SetOperation(left=left):
            return output_columns(left)
        case With(body=body):
            return output_columns(body)
    raise TypeError(f"no query: {query!r}")
