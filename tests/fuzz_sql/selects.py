"""Random queries: SELECT, set operations, and the scopes of their outputs."""

from dataclasses import replace

from forms_logic import infix
from grouped import unique
from scope import Scope
from sql_types import BIGINT, BOOLEAN, DATE, DECIMAL, INSTANT, TEXT
from syntax import Call, Column, Item, Literal, OrderKey, Select, SetOperation, With, output_columns

ITEM_TYPES = (TEXT, TEXT, BIGINT, BIGINT, BOOLEAN, DATE, DECIMAL, INSTANT)
LIMITS = (0, 1, 2, 3, 5, 8, 20)
OFFSETS = (1, 2, 4, 7)
SHAPES = (
    ("plain", 10),
    ("grouped", 9),
    ("windows", 5),
    ("distinct", 2),
    ("distinct on", 2),
    ("set operation", 4),
    ("rule", 3),
)
MAX_ITEMS = 4


class SelectGenerator:
    """Makes random queries whose answers are determined up to the order of rows."""

    def __init__(self, generator):
        self.generator = generator
        self.random = generator.random

    def query(self, depth, is_top=False):
        """A query; its outputs are named after their columns, or numbered at the top."""
        shapes, weights = zip(*SHAPES, strict=True)
        shape = self.random.choices(shapes, weights=weights)[0]
        if shape in self.generator.avoid:
            shape = "plain"
        if shape == "set operation" and depth > 0:
            return self.set_operation(depth, is_top)
        if shape == "rule":
            query, after = self.generator.rule_shapes.select()
            if is_top:
                query = replace(
                    query, items=tuple(Item(f"c{place}", item.expr) for place, item in enumerate(query.items))
                )
            return self.limited(query, after, is_top)
        source, scope = self.generator.sources.source(depth)
        condition = self.generator.expressions.expr(BOOLEAN, scope, min(depth + 1, 3)) if self.chance(0.65) else None
        if shape == "grouped":
            query, after = self.generator.aggregates.select(
                scope, source, condition, lambda after: self.items(after, is_top, True)
            )
            return self.limited(query, after, is_top)
        if shape == "windows":
            return self.windowed(scope, source, condition, is_top)
        items = self.items(scope, is_top, False)
        query = Select(items, source, condition)
        if shape == "distinct on" and scope.key is not None:
            return self.distinct_on(query, scope)
        if shape == "distinct" and all(item.expr.type.is_orderable for item in items):
            query = replace(query, is_distinct=True)
            scope = Scope([], None, scope.rows)
        return self.limited(query, scope, is_top)

    def items(self, scope, is_top, is_grouped):
        """Output columns: columns of the scope, and expressions over them."""
        exprs = []
        for _ in range(self.random.randrange(1, MAX_ITEMS + 1)):
            leaves = scope.leaves
            is_plain = is_grouped and not scope.key and "constant_outputs" in self.generator.avoid
            if leaves and (is_plain or self.chance(0.6 if not is_grouped else 0.75)):
                exprs.append(self.random.choice(leaves))
            else:
                own = scope if not is_grouped else scope.without_key()
                kind = self.random.choice(ITEM_TYPES)
                exprs.append(self.generator.expressions.expr(kind, own, self.random.choice([1, 1, 2])))
        exprs = [expr for expr in exprs if is_output(expr)] or [
            scope.leaves[0] if scope.leaves else Literal(BIGINT, "1", "1")
        ]
        return self.named(unique(exprs), is_top)

    def named(self, exprs, is_top):
        """The expressions with names that are unique in their SELECT."""
        items, taken = [], set()
        for place, expr in enumerate(exprs):
            name = expr.name if isinstance(expr, Column) and not is_top else ""
            if not name or name in taken:
                name = f"c{place}" if is_top else self.generator.name("x")
            taken.add(name)
            items.append(Item(name, expr))
        return tuple(items)

    def windowed(self, scope, source, condition, is_top):
        """A SELECT with window functions, perhaps after grouping, perhaps with QUALIFY."""
        if self.chance(0.2):
            query, scope = self.generator.aggregates.select(
                scope, source, condition, lambda after: (Item("c0", after.leaves[0]),)
            )
        else:
            query = Select((), source, condition)
        exprs = self.random.sample(scope.leaves, min(2, len(scope.leaves)))
        # Which of two identical rows has which values of two functions is open.
        count = self.random.choice([1, 1, 2]) if scope.is_unique else 1
        windows = [self.generator.windows.window(scope) for _ in range(count)]
        windows = [window for window in windows if window is not None]
        if self.chance(0.25) and scope.key is not None:
            exprs += scope.key
        query = replace(query, items=self.named(unique([*exprs, *windows]) or [Literal(BIGINT, "1", "1")], is_top))
        if windows and self.chance(0.2) and "qualify" not in self.generator.avoid:
            window = windows[0]
            if window.type == BIGINT:
                qualify = Call(BOOLEAN, infix("<=", BIGINT, BIGINT), (window, Literal(BIGINT, "2", "2")))
                query = replace(query, qualify=qualify)
        return self.limited(query, scope, is_top)

    def distinct_on(self, query, scope):
        """DISTINCT ON with an order that decides which row stays."""
        columns = [leaf for leaf in scope.leaves if leaf.type.is_orderable and isinstance(leaf, Column)]
        if not columns:
            return query
        chosen = tuple(self.random.sample(columns, min(self.random.choice([1, 1, 2]), len(columns))))
        order = self.generator.aggregates.keys([*chosen, *scope.key])
        return replace(query, distinct_on=chosen, order=order)

    def limited(self, query, scope, is_top):
        """The query in a total order, with LIMIT or OFFSET; or as it is."""
        if not self.chance(0.35):
            return query
        exprs = [item.expr for item in query.items]
        order = [
            Column(expr.type, None, item.name)
            for item, expr in zip(query.items, exprs, strict=True)
            if expr.type.is_orderable
        ]
        self.random.shuffle(order)
        if len(order) < len(exprs):
            if scope.key is None or query.is_distinct:
                return query
            order = [*order, *scope.key]
        hidden = [leaf for leaf in scope.leaves if leaf.type.is_orderable]
        if hidden and not query.is_distinct and self.chance(0.3):
            order = [self.random.choice(hidden), *order]
        if not order:
            return query
        limit = self.random.choice(LIMITS) if self.chance(0.7) else None
        offset = self.random.choice(OFFSETS) if self.chance(0.35) else None
        if limit is None and offset is None and not is_top:
            return query
        return replace(query, order=self.generator.aggregates.keys(order), limit=limit, offset=offset)

    def set_operation(self, depth, is_top):
        """UNION, INTERSECT or EXCEPT of SELECTs of the same types."""
        kinds = [self.random.choice(ITEM_TYPES) for _ in range(self.random.choice([1, 1, 2, 3]))]
        names = [f"c{place}" if is_top else self.generator.name("x") for place in range(len(kinds))]
        query = self.branch(kinds, names, depth)
        for _ in range(self.random.choice([1, 1, 2])):
            operator = self.random.choice(["UNION", "UNION", "INTERSECT", "EXCEPT"])
            is_all = self.chance(0.5)
            if operator != "UNION" and "set_operations_all" in self.generator.avoid:
                is_all = False
            query = SetOperation(operator, is_all, query, self.branch(kinds, names, depth))
        if self.chance(0.3):
            order = [Column(kind, None, name) for kind, name in zip(kinds, names, strict=True)]
            self.random.shuffle(order)
            query = replace(query, order=self.generator.aggregates.keys(order), limit=self.random.choice(LIMITS))
            if self.chance(0.4):
                query = replace(query, offset=self.random.choice(OFFSETS))
        return query

    def branch(self, kinds, names, depth):
        """One SELECT of a set operation."""
        source, scope = self.generator.sources.source(min(depth - 1, 1))
        items = []
        for kind, name in zip(kinds, names, strict=True):
            columns = scope.of_type(kind)
            expr = (
                self.random.choice(columns)
                if columns and self.chance(0.75)
                else self.generator.expressions.expr(kind, scope, 1)
            )
            items.append(Item(name, expr))
        condition = self.generator.expressions.expr(BOOLEAN, scope, 2) if self.chance(0.6) else None
        query = Select(tuple(items), source, condition)
        if self.chance(0.2):
            order = [OrderKey(Column(kind, None, name)) for kind, name in zip(kinds, names, strict=True)]
            query = replace(query, order=tuple(order), limit=self.random.choice(LIMITS))
        return query

    def scope_of(self, query, alias):
        """The scope of a query's outputs under an alias."""
        outputs = output_columns(query)
        leaves = [Column(kind, alias, name) for name, kind in outputs]
        key = leaves if all(kind.is_orderable for _, kind in outputs) else None
        names = tuple(leaf.name for leaf in leaves)
        return Scope(leaves, key, self.rows(query), names=names, is_unique=False)

    def rows(self, query):
        """An estimate of a query's rows."""
        if query_limit(query) is not None:
            return max(1, query_limit(query))
        match query:
            case Select(grouping=grouping, source=source):
                return 150 if grouping is not None else self.generator.rows_of(source)
            case SetOperation(left=left, right=right):
                return self.rows(left) + self.rows(right)
            case With(body=body):
                return self.rows(body)
        raise TypeError(f"no query: {query!r}")

    def chance(self, share):
        return self.random.random() < share


def query_limit(query):
    """The LIMIT of a query, if it has one."""
    return getattr(query, "limit", None)


def is_output(expr):
    """Whether both engines show values of the type alike."""
    return expr is not None
