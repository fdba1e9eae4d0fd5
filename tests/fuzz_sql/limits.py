"""Random nests of LIMIT and OFFSET without a total order, of which only the number of rows is determined."""

from dataclasses import replace

from sql_types import BIGINT
from syntax import Column, Derived, Item, Literal, OrderKey, Select, SetOperation

MAX_LEVELS = 3
LIMITS = (None, None, 0, 1, 3, 6, 10, 40)
OFFSETS = (None, None, 0, 1, 4, 9)


class LimitGenerator:
    """Makes nests of LIMIT and OFFSET."""

    def __init__(self, generator):
        self.generator = generator
        self.random = generator.random

    def select(self):
        """A constant for each row of a nest."""
        query = self.base()
        for _ in range(self.random.choice([1, 2, MAX_LEVELS])):
            query = self.level(query)
        alias = self.generator.name("t")
        columns = self.columns(query, alias)
        select = Select((Item("c0", Literal(BIGINT, "1", "1")),), Derived(query, alias))
        if self.chance(0.5):
            select = replace(select, order=self.keys(columns))
        return select

    def base(self):
        """Rows of a source, or of two."""
        query = self.rows_of_source()
        if self.chance(0.3):
            query = SetOperation("UNION", True, query, self.rows_of_source([item.expr.type for item in query.items]))
        return query

    def rows_of_source(self, kinds=None):
        """Some columns of a source, of these types where they are given."""
        source, scope = self.generator.sources.source(1)
        columns = [leaf for leaf in scope.leaves if leaf.type.is_orderable]
        if kinds is None:
            exprs = self.random.sample(columns, min(2, len(columns))) or [Literal(BIGINT, "1", "1")]
        else:
            exprs = [
                self.random.choice(scope.of_type(kind) or [self.generator.expressions.constant(kind, scope)])
                for kind in kinds
            ]
        items = tuple(Item(self.generator.name("x"), expr) for expr in exprs)
        query = Select(items, source)
        if self.chance(0.2) and kinds is None:
            query = replace(query, is_distinct=True)
        return query

    def level(self, query):
        """A SELECT over a query, with LIMIT or OFFSET, or ORDER BY alone."""
        alias = self.generator.name("t")
        columns = self.columns(query, alias)
        kept = [column for column in columns if self.chance(0.7)] or columns
        items = tuple(Item(column.name, column) for column in kept)
        order = self.keys(columns) if self.chance(0.4) else ()
        limit, offset = self.random.choice(LIMITS), self.random.choice(OFFSETS)
        return Select(items, Derived(query, alias), order=order, limit=limit, offset=offset)

    def columns(self, query, alias):
        first = query.left if isinstance(query, SetOperation) else query
        return [Column(item.expr.type, alias, item.name) for item in first.items]

    def keys(self, columns):
        """One sort key: ties are left to the engine."""
        column = self.random.choice(columns)
        return (OrderKey(column, self.chance(0.5), self.chance(0.5)),)

    def chance(self, share):
        return self.random.random() < share
