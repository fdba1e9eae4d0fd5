"""Random aggregates and grouped SELECTs."""

from aggregates import AGGREGATES
from scope import Scope
from sql_types import BIGINT, BOOLEAN, DATE, INSTANT, TEXT, TIMESTAMP
from syntax import Aggregate, Call, Column, Form, Grouping, Literal, OrderKey, Select

GROUPINGS = (("PLAIN", 12), ("ROLLUP", 2), ("CUBE", 2), ("SETS", 2))
GROUPED_TYPES = (TEXT, TEXT, BIGINT, BOOLEAN, DATE, INSTANT, TIMESTAMP)
# Distinct values of lists and text would make answers large.
MAX_COLLECTED_ROWS = 1500


class AggregateGenerator:
    """Makes random aggregates and GROUP BY."""

    def __init__(self, generator):
        self.generator = generator
        self.random = generator.random
        self.forms = [form for form in AGGREGATES if not form.form.feature or form.form.feature not in generator.avoid]

    def plain(self, form, scope):
        """An aggregate over columns, without DISTINCT or FILTER."""
        args = tuple(self.generator.expressions.expr(arg, scope.without_key(), 0) for arg in form.form.args)
        return Aggregate(form.form.result, form.form, args)

    def aggregate(self, scope):
        """An aggregate with all that may go with it."""
        forms = [form for form in self.forms if self.is_apt(form, scope)]
        form = self.random.choices(forms, weights=[form.form.weight for form in forms])[0]
        own = scope.without_key()
        args = tuple(self.generator.expressions.expr(arg, own, self.random.choice([0, 0, 1])) for arg in form.form.args)
        condition = self.generator.expressions.expr(BOOLEAN, own, 1) if self.chance(0.2) else None
        is_distinct = form.takes_distinct and self.chance(0.25)
        order = ()
        if form.is_ordered:
            order = self.keys([args[0], *scope.key])
        return Aggregate(form.form.result, form.form, args, is_distinct, order, condition)

    def is_apt(self, form, scope):
        """Whether there are columns for the arguments, and a total order where that is needed."""
        if form.is_ordered and (scope.key is None or scope.rows > MAX_COLLECTED_ROWS):
            return False
        return all(scope.of_type(arg) for arg in form.form.args)

    def keys(self, exprs):
        """Sort keys in random directions. A constant is none: a number there means an output column."""
        found = [expr for expr in unique(exprs) if not isinstance(expr, Literal)]
        return tuple(OrderKey(expr, self.chance(0.4), self.chance(0.4)) for expr in found)

    def grouping(self, scope):
        """GROUP BY by columns and expressions; None where the scope has nothing to group by."""
        exprs = []
        for _ in range(self.random.choice([1, 1, 2, 2, 3])):
            kind = self.random.choice(GROUPED_TYPES)
            columns = [column for column in scope.of_type(kind) if isinstance(column, Column)]
            if not columns:
                continue
            expr = self.random.choice(columns)
            if self.chance(0.3):
                own = scope.without_key(columns)
                expr = self.generator.expressions.call(kind, own, 1) or expr
            if expr not in exprs and has_column(expr):
                exprs.append(expr)
        if not exprs:
            return None
        kinds, weights = zip(*GROUPINGS, strict=True)
        kind = self.random.choices(kinds, weights=weights)[0]
        if "grouping_sets" in self.generator.avoid:
            kind = "PLAIN"
        sets = ()
        if kind == "SETS":
            places = range(len(exprs))
            sets = tuple(
                tuple(place for place in places if self.chance(0.55)) for _ in range(self.random.choice([1, 2, 3]))
            )
            # An expression in no set would not be grouped by.
            missing = tuple(place for place in places if not any(place in chosen for chosen in sets))
            sets = (*sets, missing) if missing else sets
        return Grouping(kind, tuple(exprs), sets)

    def select(self, scope, source, condition, make_items):
        """A grouped SELECT; `make_items` makes its outputs of the scope after grouping."""
        grouping = None if self.chance(0.2) else self.grouping(scope)
        exprs = list(grouping.exprs) if grouping else []
        aggregates = [self.aggregate(scope) for _ in range(self.random.choice([1, 1, 2, 3]))]
        leaves = unique([*exprs, *aggregates])
        if grouping and grouping.kind != "PLAIN" and self.chance(0.5):
            expr = self.random.choice(exprs)
            form = Form("grouping", BIGINT, (expr.type,), "grouping({0})", "grouping({0})")
            leaves.append(Call(BIGINT, form, (expr,)))
        samples = {expr: scope.samples[expr] for expr in exprs if expr in scope.samples}
        key = exprs if grouping is None or grouping.kind == "PLAIN" else None
        after = Scope(leaves, key, max(1, scope.rows // 3) if exprs else 1, samples)
        having = None
        if self.chance(0.3):
            having = self.generator.expressions.expr(BOOLEAN, after.without_key(), 2)
        items = make_items(after)
        return Select(items, source, condition, grouping, having), after

    def chance(self, share):
        return self.random.random() < share


def unique(exprs):
    """Returns the expressions without repetitions, in their order."""
    found = []
    for expr in exprs:
        if expr not in found:
            found.append(expr)
    return found


def has_column(expr):
    """Whether an expression of columns, forms and constants has a column."""
    if isinstance(expr, Column):
        return True
    return isinstance(expr, Call) and any(has_column(arg) for arg in expr.args)
