"""Random window functions with frames, IGNORE NULLS and total orders where they need one."""

from aggregates import NUMBERINGS, SLIDING, window_forms
from sql_types import BIGINT, BOOLEAN, DATE, DECIMAL, INSTANT, TEXT, TIMESTAMP
from syntax import Column, Frame, OrderKey, Window

VALUE_TYPES = (BIGINT, TEXT, DECIMAL, DATE, INSTANT, BOOLEAN)
# Numberings that are the same for rows of the same sort keys.
OF_PEERS = ("rank", "dense_rank", "percent_rank", "cume_dist")
WITHOUT_FRAMES = ("lag", "lead")
BOUNDS = (
    "UNBOUNDED PRECEDING",
    "2 PRECEDING",
    "1 PRECEDING",
    "CURRENT ROW",
    "1 FOLLOWING",
    "3 FOLLOWING",
    "UNBOUNDED FOLLOWING",
)
STEPS = {
    BIGINT: ("1", "5"),
    DATE: ("INTERVAL '1 day'", "INTERVAL '1 month'"),
    INSTANT: ("INTERVAL '2 hours'", "INTERVAL '1 day'"),
}
STEPS[TIMESTAMP] = STEPS[INSTANT]


class WindowGenerator:
    """Makes random window functions."""

    def __init__(self, generator):
        self.generator = generator
        self.random = generator.random

    def window(self, scope):
        """A window function over a scope; None where the scope cannot be ordered."""
        if scope.key is None:
            return None
        shape = self.random.choices(("numbering", "row", "aggregate"), weights=(4, 7, 6))[0]
        partition = self.partition(scope)
        if shape == "numbering":
            return self.numbering(scope, partition)
        return self.of_rows(scope, partition) if shape == "row" else self.aggregate(scope, partition)

    def partition(self, scope):
        """Up to two columns to partition by."""
        columns = [
            leaf for leaf in scope.leaves if leaf.type.is_orderable and leaf.type in (TEXT, BIGINT, BOOLEAN, DATE)
        ]
        count = self.random.choice([0, 1, 1, 1, 2])
        return tuple(self.random.sample(columns, min(count, len(columns))))

    def keys(self, scope, is_total):
        """Sort keys: some columns, followed by the scope's key where the order has to be total."""
        columns = [leaf for leaf in scope.leaves if leaf.type.is_orderable]
        chosen = self.random.sample(columns, min(self.random.choice([0, 1, 1, 2]), len(columns)))
        if is_total:
            chosen = [*chosen, *scope.key]
        if not chosen:
            chosen = [self.random.choice(columns)] if columns else list(scope.key)
        return self.generator.aggregates.keys(chosen)

    def numbering(self, scope, partition):
        """row_number, rank and their kin."""
        form = self.random.choice(NUMBERINGS)
        return Window(form.result, form, (), partition, self.keys(scope, form.name not in OF_PEERS))

    def of_rows(self, scope, partition):
        """lag, lead, first_value, last_value or nth_value."""
        kind = self.random.choice([kind for kind in VALUE_TYPES if scope.of_type(kind)] or [BIGINT])
        form = self.random.choice(window_forms(kind))
        own = scope.without_key()
        # The default of lag and lead has to be a constant.
        first = self.generator.expressions.expr(kind, own, 0)
        args = (first, *(self.generator.expressions.constant(arg, own) for arg in form.args[1:]))
        respect = self.random.choice(["", "", "IGNORE NULLS", "RESPECT NULLS"])
        if "ignore_nulls" in self.generator.avoid:
            respect = ""
        order = self.keys(scope, True)
        frame = None if form.name in WITHOUT_FRAMES or self.chance(0.3) else self.frame("ROWS")
        return Window(kind, form, args, partition, order, frame, respect)

    def aggregate(self, scope, partition):
        """An aggregate over a frame."""
        forms = [
            form
            for form in self.generator.aggregates.forms
            if form.is_window
            and all(scope.of_type(arg) for arg in form.form.args)
            and (form.form.name not in SLIDING or "sliding_statistics" not in self.generator.avoid)
        ]
        form = self.random.choices(forms, weights=[form.form.weight for form in forms])[0].form
        own = scope.without_key()
        args = tuple(self.generator.expressions.expr(arg, own, 0) for arg in form.args)
        condition = self.generator.expressions.expr(BOOLEAN, own, 1) if self.chance(0.15) else None
        unit = self.random.choice(["", "ROWS", "ROWS", "RANGE", "STEPS", "GROUPS"])
        if unit == "STEPS":
            ranged = self.ranged(scope)
            if ranged is not None:
                order, frame = ranged
                return Window(form.result, form, args, partition, order, frame, condition=condition)
            unit = "RANGE"
        if unit == "":
            order = self.keys(scope, False) if self.chance(0.7) else ()
            return Window(form.result, form, args, partition, order, condition=condition)
        order = self.keys(scope, unit == "ROWS")
        frame = self.frame(unit)
        return Window(form.result, form, args, partition, order, frame, condition=condition)

    def frame(self, unit):
        """A frame whose start does not follow its end."""
        bounds = BOUNDS if unit != "RANGE" else [bound for bound in BOUNDS if not bound[0].isdigit()]
        start, end = sorted(self.random.sample(range(len(bounds)), 2))
        if bounds[start] == "UNBOUNDED FOLLOWING" or bounds[end] == "UNBOUNDED PRECEDING":
            start, end = 0, len(bounds) - 1
        return Frame(unit, bounds[start], bounds[end])

    def ranged(self, scope):
        """A RANGE frame of values near the row's, with its one sort key."""
        columns = [leaf for leaf in scope.leaves if leaf.type in STEPS and isinstance(leaf, Column)]
        if not columns or "range_steps" in self.generator.avoid:
            return None
        column = self.random.choice(columns)
        step = self.random.choice(STEPS[column.type])
        start = self.random.choice(["UNBOUNDED PRECEDING", f"{step} PRECEDING", "CURRENT ROW"])
        end = self.random.choice(["CURRENT ROW", f"{step} FOLLOWING", "UNBOUNDED FOLLOWING"])
        key = OrderKey(column, self.chance(0.3), self.chance(0.4))
        return (key,), Frame("RANGE", start, end)

    def chance(self, share):
        return self.random.random() < share
