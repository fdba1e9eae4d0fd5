"""Random subqueries within expressions: EXISTS, IN, scalar ones, ANY and ALL; correlated or not."""

from aggregates import COUNT_ALL
from forms_logic import COMPARISONS, conjunction, equality, infix
from sql_types import BIGINT, BOOLEAN, DATE, TEXT
from syntax import Call, Column, Exists, InQuery, Item, Literal, ScalarQuery, Select

MAX_SUBQUERIES = 2
# More rows than this in the outer query allow only an equality as correlation.
MAX_PRODUCT = 60_000


class SubqueryGenerator:
    """Makes random subqueries; at most `MAX_SUBQUERIES` in one statement."""

    def __init__(self, generator):
        self.generator = generator
        self.random = generator.random
        self.left = MAX_SUBQUERIES

    def may_add(self, scope):
        """Whether an expression of `scope` may get another subquery."""
        return self.left > 0 and scope.key is not None and "subqueries" not in self.generator.avoid

    def predicate(self, scope, depth):
        """A condition with a subquery."""
        self.left -= 1
        shape = self.random.choices(("exists", "in", "scalar", "quantified"), weights=(4, 5, 3, 1))[0]
        if shape == "quantified" and "quantified" in self.generator.avoid:
            shape = "in"
        if shape == "exists":
            items = lambda inner: (Item("one", Literal(BIGINT, "1", "1")),)  # noqa: E731
            return Exists(BOOLEAN, self.select(scope, depth, items), self.chance(0.5))
        columns = [leaf for leaf in scope.leaves if leaf.type in (BIGINT, TEXT, DATE)]
        if not columns:
            items = lambda inner: (Item("one", Literal(BIGINT, "1", "1")),)  # noqa: E731
            return Exists(BOOLEAN, self.select(scope, depth, items), self.chance(0.5))
        column = self.random.choice(columns)
        if shape == "scalar":
            query = self.scalar(column.type, scope, depth)
            if query is not None:
                return Call(BOOLEAN, infix(self.random.choice(COMPARISONS), column.type, column.type), (column, query))
        return self.membership(column, scope, depth, shape)

    def membership(self, column, scope, depth, shape):
        """IN, NOT IN, or a comparison with ANY or ALL."""

        def items(inner):
            found = self.alike(column, inner)
            expr = found or self.generator.expressions.expr(column.type, inner, 1)
            return (Item("member", expr),)

        is_negated = self.chance(0.5)
        query = self.select(scope, depth, items, not is_negated or "correlated_not_in" not in self.generator.avoid)
        if shape == "quantified":
            operator = f"{self.random.choice(COMPARISONS)} {self.random.choice(('ANY', 'ALL'))}"
            return InQuery(BOOLEAN, column, query, operator=operator)
        return InQuery(BOOLEAN, column, query, is_negated)

    def scalar(self, kind, scope, depth):
        """A subquery of one value: an aggregate without groups."""
        forms = [
            form
            for form in self.generator.aggregates.forms
            if form.form.result == kind and not form.is_ordered and form.form.feature not in ("percentile", "overflow")
        ]
        if not forms:
            return None
        self.left -= 1

        def items(inner):
            form = self.random.choice(forms)
            if not all(inner.of_type(arg) for arg in form.form.args):
                form = COUNT_ALL if kind == BIGINT else form
            return (Item("value", self.generator.aggregates.plain(form, inner)),)

        return ScalarQuery(kind, self.select(scope, depth, items))

    def alike(self, column, inner):
        """A column of the subquery with the name of an outer one, or with its type."""
        same = [leaf for leaf in inner.of_type(column.type) if leaf.name == getattr(column, "name", "")]
        return self.random.choice(same or inner.of_type(column.type) or [None])

    def select(self, scope, depth, items, may_correlate=True):
        """A subquery over one source; `items` makes its outputs of its scope."""
        source, inner = self.generator.sources.small(depth)
        conditions = []
        may_correlate = may_correlate and "correlated" not in self.generator.avoid
        if self.chance(0.6) and may_correlate:
            conditions.append(self.correlation(scope, inner))
        if self.chance(0.6):
            if self.chance(0.2) and scope.rows * inner.rows < MAX_PRODUCT and may_correlate:
                inner.outer = scope
            conditions.append(self.generator.expressions.expr(BOOLEAN, inner, 2))
            inner.outer = None
        condition = conjunction([found for found in conditions if found is not None])
        return Select(items(inner), source, condition)

    def correlation(self, scope, inner):
        """A condition between a column of the subquery and an outer one; None without a pair of one type."""
        pairs = [
            (mine, outer)
            for mine in inner.leaves
            for outer in scope.leaves
            if mine.type == outer.type
            and mine.type.is_orderable
            and isinstance(outer, Column)
            and isinstance(mine, Column)
        ]
        named = [(mine, outer) for mine, outer in pairs if mine.name == outer.name]
        if not pairs:
            return None
        mine, outer = self.random.choice(named if named and self.chance(0.8) else pairs)
        if scope.rows * inner.rows < MAX_PRODUCT and self.chance(0.3):
            return Call(BOOLEAN, infix(self.random.choice(COMPARISONS), mine.type, mine.type), (mine, outer))
        return equality(mine, outer)

    def chance(self, share):
        return self.random.random() < share
