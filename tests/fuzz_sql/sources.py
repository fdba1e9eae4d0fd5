"""Random sources of rows: tables, subqueries, joins, unnested lists and summaries."""

from aggregates import AGGREGATES
from forms_logic import conjunction, equality
from scope import Scope
from sql_types import BOOLEAN
from syntax import (
    Aggregate,
    Call,
    Column,
    Derived,
    Form,
    Grouping,
    Item,
    Join,
    Literal,
    Select,
    Table,
)

# Rows that a join without an equality may make at most.
MAX_PRODUCT = 30_000
# Rows that a join with one may make at most, by estimate.
MAX_JOINED = 8_000
SMALL = 60
MAX_COLUMNS = 9
JOIN_KINDS = (("INNER", 5), ("LEFT", 5), ("RIGHT", 4), ("FULL", 4), ("CROSS", 1), ("LEFT SEMI", 2), ("LEFT ANTI", 2))
LAKE_WEIGHT = 3
UNNEST = "unnest({0})"
KEY_NAMES = ("engagement_id", "queue_id", "queue_name", "result", "date", "k", "id", "v", "consumer_number", "tiny")


class SourceGenerator:
    """Makes random FROM clauses with their scopes."""

    def __init__(self, generator):
        self.generator = generator
        self.random = generator.random
        self.common = []

    def source(self, depth):
        """A source and its scope."""
        roll = self.random.random()
        if depth > 0 and roll < 0.38:
            return self.join(depth)
        if depth > 0 and roll < 0.52:
            return self.derived(depth)
        if depth > 0 and roll < 0.60 and "unnest" not in self.generator.avoid:
            return self.unnested(depth)
        if roll < 0.64 and "summaries" not in self.generator.avoid:
            return self.summary()
        return self.table()

    def small(self, depth):
        """A source of a subquery: a table, now and then a join of two."""
        if depth > 1 and self.chance(0.2):
            return self.join(1)
        return self.table()

    def alias(self):
        return self.generator.name("t")

    def table(self, is_small=False):
        """A table or a common table of the statement."""
        if self.common and self.chance(0.5):
            return self.common_table(self.random.choice(self.common))
        tables = [table for table in self.generator.catalog.tables if not is_small or table.rows <= SMALL]
        weights = [LAKE_WEIGHT if table.is_lake else 0.3 if table.rows == 0 else 1.5 for table in tables]
        table = self.random.choices(tables, weights=weights)[0]
        alias = self.alias()
        others = [column for column in table.columns if column.name not in table.key]
        count = min(MAX_COLUMNS - len(table.key), len(others))
        chosen = [column for column in table.columns if column.name in table.key]
        chosen += self.random.sample(others, count)
        leaves = [Column(column.type, alias, column.name) for column in chosen]
        samples = {leaf: column.samples for leaf, column in zip(leaves, chosen, strict=True)}
        key = [leaf for leaf in leaves if leaf.name in table.key]
        names = tuple(column.name for column in table.columns)
        return Table(table.name, alias), Scope(leaves, key, table.rows, samples, names)

    def common_table(self, table):
        scope_of = self.generator.selects.scope_of
        alias = self.alias()
        return Table(table.name, alias), scope_of(table.query, alias)

    def derived(self, depth):
        """A subquery in FROM."""
        query = self.generator.selects.query(depth - 1)
        alias = self.alias()
        return Derived(query, alias), self.generator.selects.scope_of(query, alias)

    def join(self, depth):
        """A join of two sources."""
        left, left_scope = self.source(depth - 1)
        right, right_scope = self.source(depth - 1) if self.chance(0.5) else self.table(is_small=self.chance(0.5))
        kinds, weights = zip(*JOIN_KINDS, strict=True)
        kind = self.random.choices(kinds, weights=weights)[0]
        if kind == "CROSS":
            if left_scope.rows * right_scope.rows > MAX_PRODUCT:
                kind = "INNER"
            else:
                rows = left_scope.rows * right_scope.rows
                return Join(kind, left, right), left_scope.joined(right_scope, rows)
        if "SEMI" not in kind and "ANTI" not in kind and self.chance(0.35):
            found = self.named_join(kind, left, left_scope, right, right_scope)
            if found is not None:
                return found
        return self.conditional_join(kind, left, left_scope, right, right_scope)

    def named_join(self, kind, left, left_scope, right, right_scope):
        """A join with USING or NATURAL; None where names or avoided features forbid it."""
        avoid = self.generator.avoid
        if "using" in avoid or (kind in ("RIGHT", "FULL") and "outer_using" in avoid):
            return None
        ours = {(leaf.name, leaf.type) for leaf in left_scope.leaves}
        common = [
            leaf.name
            for leaf in right_scope.leaves
            if leaf.type.is_orderable
            and (leaf.name, leaf.type) in ours
            and left_scope.names.count(leaf.name) == right_scope.names.count(leaf.name) == 1
        ]
        if not common:
            return None
        shared = set(left_scope.names) & set(right_scope.names)
        is_natural = shared == set(common) and self.chance(0.4) and "natural" not in avoid
        if not is_natural:
            common = self.random.sample(common, self.random.choice([1, 1, min(2, len(common))]))
        rows = self.joined_rows(left_scope, right_scope, common)
        if rows > MAX_JOINED:
            return None
        scope = left_scope.joined(right_scope, rows, common)
        if is_natural:
            return Join(kind, left, right, is_natural=True), scope
        return Join(kind, left, right, using=tuple(common)), scope

    def joined_rows(self, left_scope, right_scope, names):
        """An estimate of the rows of an equality join; keys make it small."""
        most, least = max(left_scope.rows, right_scope.rows), min(left_scope.rows, right_scope.rows)
        if "engagement_id" in names:
            return most * 2
        return most * max(1, least // 6)

    def conditional_join(self, kind, left, left_scope, right, right_scope):
        """A join with ON: equalities of columns, filters of either side, comparisons of both."""
        product = left_scope.rows * right_scope.rows
        pairs = [
            (mine, other)
            for mine in left_scope.leaves
            for other in right_scope.leaves
            if mine.type == other.type and mine.type.is_orderable
        ]
        named = [(mine, other) for mine, other in pairs if mine.name == other.name and mine.name in KEY_NAMES]
        conditions, names = [], []
        if pairs and (product > MAX_PRODUCT or self.chance(0.8)):
            fitting = [
                pair for pair in named if self.joined_rows(left_scope, right_scope, [pair[0].name]) <= MAX_JOINED
            ]
            if fitting and self.chance(0.9):
                pair = self.random.choice(fitting)
            elif product <= MAX_PRODUCT:
                pair = self.random.choice(pairs)
            else:
                pair = None
            if pair is not None:
                conditions.append(equality(*pair))
                names.append(pair[0].name)
        if not conditions and product > MAX_PRODUCT:
            return left, left_scope
        both = left_scope.joined(right_scope, product)
        for scope, share in ((left_scope, 0.2), (right_scope, 0.25), (both, 0.2)):
            if self.chance(share):
                conditions.append(self.generator.expressions.expr(BOOLEAN, scope.without_key(), 2))
        if not conditions:
            conditions.append(Literal(BOOLEAN, "true", "true"))
        rows = self.joined_rows(left_scope, right_scope, names) if names else product
        node = Join(kind, left, right, condition=conjunction(conditions))
        if kind in ("LEFT SEMI", "LEFT ANTI"):
            return node, left_scope
        return node, left_scope.joined(right_scope, min(rows, product))

    def unnested(self, depth):
        """A subquery that unnests a list of a table."""
        tables = [
            table
            for table in self.generator.catalog.tables
            if any(column.type.name == "LIST" for column in table.columns)
        ]
        table = self.random.choice(tables)
        inner = self.alias()
        lists = [column for column in table.columns if column.type.name == "LIST"]
        column = self.random.choice(lists)
        kept = [other for other in table.columns if other.name in table.key]
        rest = [other for other in table.columns if other.name not in table.key and other.type.is_orderable]
        kept += self.random.sample(rest, min(3, len(rest)))
        items = [Item(other.name, Column(other.type, inner, other.name)) for other in kept]
        element = column.type.element
        form = Form("unnest", element, (column.type,), UNNEST, UNNEST)
        name = self.generator.name("e")
        items.append(Item(name, Call(element, form, (Column(column.type, inner, column.name),))))
        condition = None
        if self.chance(0.4):
            leaves = [Column(other.type, inner, other.name) for other in table.columns[:12]]
            samples = {leaf: other.samples for leaf, other in zip(leaves, table.columns, strict=False)}
            condition = self.generator.expressions.expr(
                BOOLEAN, Scope(leaves, None, table.rows, samples), min(depth, 2)
            )
        alias = self.alias()
        leaves = [Column(item.expr.type, alias, item.name) for item in items]
        samples = {leaf: other.samples for leaf, other in zip(leaves, kept, strict=False)}
        # Equal entries of one list make identical rows, and structs cannot be sorted by.
        key = leaves if element.is_orderable else None
        query = Select(tuple(items), Table(table.name, inner), condition)
        names = tuple(leaf.name for leaf in leaves)
        return Derived(query, alias), Scope(leaves, key, table.rows * 2, samples, names, is_unique=False)

    def summary(self):
        """What a summary function adds up to, by some of its dimensions."""
        info = self.random.choice(self.generator.catalog.summaries)
        first = self.random.randrange(len(info.days))
        last = self.random.randrange(first, len(info.days))
        call = f"('{info.days[first]}', '{info.days[last]}')"
        inner, alias = self.alias(), self.alias()
        chosen = self.random.sample(info.dimensions, self.random.randrange(1, min(3, len(info.dimensions)) + 1))
        dimensions = [Column(column.type, inner, column.name) for column in chosen]
        samples = {leaf: column.samples for leaf, column in zip(dimensions, chosen, strict=True)}
        items = [Item(column.name, column) for column in dimensions]
        for name, kind in self.random.sample(info.measures, min(2, len(info.measures))):
            form = next(form.form for form in AGGREGATES if form.form.name == "sum" and form.form.result == kind)
            items.append(Item(name, Aggregate(kind, form, (Column(kind, inner, name),))))
        condition = None
        if self.chance(0.4):
            condition = self.generator.expressions.expr(BOOLEAN, Scope(dimensions, None, 100, samples), 2)
        query = Select(tuple(items), Table(info.name, inner, call), condition, Grouping("PLAIN", tuple(dimensions)))
        leaves = [Column(item.expr.type, alias, item.name) for item in items]
        found = {leaf: column.samples for leaf, column in zip(leaves, chosen, strict=False)}
        return Derived(query, alias), Scope(
            leaves, leaves[: len(chosen)], 40, found, tuple(leaf.name for leaf in leaves)
        )

    def chance(self, share):
        return self.random.random() < share
