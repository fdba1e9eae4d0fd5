"""Random expressions of a wanted type over a scope."""

import forms_logic
import forms_nested
import forms_numbers
import forms_text
import forms_time
import literals
from sql_types import BIGINT, BOOLEAN, DOUBLE, ESTIMATE, INTERVAL, TEXT, list_of
from syntax import Call, Column, Literal

SAMPLED = {
    *forms_logic.COMPARISONS,
    "IS DISTINCT FROM",
    "IS NOT DISTINCT FROM",
    "BETWEEN",
    "NOT BETWEEN",
    "IN",
    "NOT IN",
}
LISTS = {
    list_of(TEXT): (Literal(list_of(TEXT), "make_array('a', 'acd', 'b')", "['a', 'acd', 'b']"),),
    list_of(BIGINT): (Literal(list_of(BIGINT), "make_array(1, 2, 3)", "[1, 2, 3]"),),
}
ATTEMPTS = 6
OUTER_SHARE = 0.25
NULL_SHARE = 0.06


class ExpressionGenerator:
    """Makes random expressions. `random`, `avoid` and `subqueries` come from the statement generator."""

    def __init__(self, generator):
        self.generator = generator
        self.random = generator.random
        self.groups = generator.groups

    def expr(self, kind, scope, depth):
        """An expression of type `kind`."""
        if kind == BOOLEAN and depth > 1 and self.generator.subqueries.may_add(scope) and self.chance(0.1):
            return self.generator.subqueries.predicate(scope, depth - 1)
        if depth > 1 and self.generator.subqueries.may_add(scope) and self.chance(0.02):
            found = self.generator.subqueries.scalar(kind, scope, depth - 1)
            if found is not None:
                return found
        if depth <= 0 or (self.chance(0.35) and kind != BOOLEAN):
            leaf = self.leaf(kind, scope)
            if leaf is not None:
                return leaf
        call = self.call(kind, scope, max(depth, 1))
        return call if call is not None else self.constant(kind, scope)

    def leaf(self, kind, scope):
        """A column, now and then a constant; None where a type has neither."""
        columns = scope.of_type(kind)
        if scope.outer is not None and self.chance(OUTER_SHARE):
            columns = scope.outer.of_type(kind) or columns
        if columns and not self.chance(0.15):
            return self.random.choice(columns)
        if kind in (INTERVAL, ESTIMATE) or (kind.name in ("LIST", "STRUCT") and kind not in LISTS):
            return self.random.choice(columns) if columns else None
        return self.constant(kind, scope)

    def constant(self, kind, scope):
        """A constant, of the data where there is some of the type; None where the type has none."""
        if kind in LISTS:
            return self.random.choice(LISTS[kind])
        if kind == INTERVAL:
            return self.call(kind, scope, 0)
        if kind.name in ("LIST", "STRUCT"):
            return None
        kind = DOUBLE if kind == ESTIMATE else kind
        if self.chance(NULL_SHARE):
            return literals.null(kind)
        sampled = [literal for leaf in scope.of_type(kind) for literal in scope.samples.get(leaf, ())]
        if sampled and self.chance(0.6):
            return self.random.choice(sampled)
        return self.random.choice(literals.COMMON[kind])

    def call(self, kind, scope, depth):
        """A function or operator; None where no form can be had."""
        groups = self.groups.get(kind)
        if not groups:
            return None
        for _ in range(ATTEMPTS):
            _, forms = self.random.choices(groups, weights=[weight for weight, _ in groups])[0]
            form = self.random.choice(forms)
            if all(self.is_reachable(arg, scope) for arg in form.args) and self.is_apt(form, scope):
                return self.filled(form, scope, depth)
        return None

    def filled(self, form, scope, depth):
        """A form with random arguments; None where an argument cannot be had."""
        args = [self.expr(arg, scope, depth - 1) for arg in form.args]
        if any(arg is None for arg in args):
            return None
        if form.name in SAMPLED and isinstance(args[0], Column):
            self.compare(args, scope, form.name)
        return Call(form.result, form, tuple(args))

    def compare(self, args, scope, name):
        """Lets a column be compared with its own values, or with its twin on the other side of a join."""
        first = args[0]
        if scope.samples.get(first):
            for place in range(1, len(args)):
                if isinstance(args[place], Literal) or self.chance(0.4):
                    args[place] = self.comparand(first, scope, name)
        twins = [leaf for leaf in scope.of_type(first.type) if isinstance(leaf, Column) and leaf.name == first.name]
        twins = [leaf for leaf in twins if leaf != first]
        if twins and self.chance(0.25):
            # Columns of one name are mistaken for each other.
            args[1] = self.random.choice(twins)

    def comparand(self, column, scope, name):
        """A constant to compare a column with."""
        if self.chance(0.15 if "IN" in name else 0.05):
            return literals.null(column.type, is_bare=True)
        return self.random.choice(scope.samples[column])

    def is_reachable(self, kind, scope):
        """Whether some expression of the type can be had."""
        if kind.name in ("LIST", "STRUCT"):
            return kind in LISTS or bool(scope.of_type(kind)) or kind == forms_nested.PAIR
        return True

    def is_apt(self, form, scope):
        """Whether a form finds a column to work on; some are taken without one."""
        return not form.args or any(scope.of_type(arg) for arg in form.args) or self.chance(0.1)

    def chance(self, share):
        return self.random.random() < share


def group_forms(catalog, avoid):
    """Returns the forms by result type, in groups of one name with the group's weight."""
    types = [column.type for table in catalog.tables for column in table.columns]
    forms = [
        *forms_logic.FORMS,
        *forms_numbers.FORMS,
        *forms_text.FORMS,
        *forms_time.FORMS,
        *forms_nested.forms_of(types),
    ]
    groups = {}
    for form in forms:
        if form.feature not in avoid or not form.feature:
            groups.setdefault(form.result, {}).setdefault(form.name, []).append(form)
    return {
        kind: [(max(form.weight for form in members), members) for members in named.values()]
        for kind, named in groups.items()
    }
