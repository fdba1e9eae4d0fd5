"""Random statements. The same seed gives the same statements over the same tables."""

import random

from expressions import ExpressionGenerator, group_forms
from grouped import AggregateGenerator
from limits import LimitGenerator
from rule_shapes import RuleShapeGenerator
from selects import SelectGenerator
from sources import SourceGenerator
from subqueries import SubqueryGenerator
from syntax import CommonTable, Derived, Join, Table, UnnestedList, With
from windows import WindowGenerator

MAX_DEPTH = 2
UNKNOWN_ROWS = 1000


class StatementFactory:
    """Makes the statement of any seed. `avoid` names features that all go without."""

    def __init__(self, catalog, avoid=()):
        self.catalog = catalog
        self.avoid = frozenset(avoid)
        self.groups = group_forms(catalog, self.avoid)

    def statement(self, seed):
        """Returns the statement of a seed."""
        return StatementGenerator(self, seed).statement()


class StatementGenerator:
    """Makes one statement."""

    def __init__(self, factory, seed):
        self.catalog = factory.catalog
        self.avoid = factory.avoid
        self.groups = factory.groups
        self.random = random.Random(seed)
        self.counter = 0
        self.rows_by_name = {table.name: table.rows for table in self.catalog.tables}
        self.expressions = ExpressionGenerator(self)
        self.aggregates = AggregateGenerator(self)
        self.windows = WindowGenerator(self)
        self.subqueries = SubqueryGenerator(self)
        self.selects = SelectGenerator(self)
        self.sources = SourceGenerator(self)
        self.limits = LimitGenerator(self)
        self.rule_shapes = RuleShapeGenerator(self)

    def statement(self):
        """A query with outputs c0, c1 and so on."""
        depth = self.random.choice([0, 1, 1, 2, MAX_DEPTH])
        if self.random.random() < 0.03 and "limits" not in self.avoid:
            return self.limits.select()
        if self.random.random() < 0.1 and "with" not in self.avoid:
            tables = []
            for place in range(self.random.choice([1, 1, 2])):
                table = CommonTable(f"w{place}", self.selects.query(1))
                tables.append(table)
                self.rows_by_name[table.name] = self.selects.rows(table.query)
                self.sources.common.append(table)
            return With(tuple(tables), self.selects.query(depth, is_top=True))
        return self.selects.query(depth, is_top=True)

    def name(self, prefix):
        """A name that the statement has not used yet."""
        self.counter += 1
        return f"{prefix}{self.counter}"

    def rows_of(self, source):
        """An estimate of the rows of a source."""
        match source:
            case Table(name=name):
                return self.rows_by_name.get(name, UNKNOWN_ROWS)
            case Derived(query=query):
                return self.selects.rows(query)
            case Join(left=left, right=right):
                return max(self.rows_of(left), self.rows_of(right)) * 2
            case UnnestedList():
                return UNKNOWN_ROWS
        return 1
