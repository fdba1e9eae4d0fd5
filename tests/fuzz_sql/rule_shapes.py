"""SELECTs of the shapes that voxlake's own optimizer rules rewrite.

Each is named after its rule in crates/voxlake-query/src/rules. Random statements reach these rules too,
but seldom with all that a rule asks for.
"""

from aggregates import window_forms
from scope import Scope
from sql_types import BIGINT, BOOLEAN, INSTANT, TEXT
from syntax import Aggregate, Call, Column, Derived, Form, Grouping, Item, OrderKey, Select, Table, Window

LAKE = ("voice_calls", "calls", "queue_calls", "agent_calls", "flow_calls", "call_legs", "session_rows")
PARTS = ("year", "month", "day", "hour", "minute", "dow", "week", "doy", "quarter")
UNITS = ("hour", "day", "week", "month")
# Texts that files keep as dictionaries.
CODED = (
    "direction",
    "result",
    "country_name",
    "charge_type",
    "charge_currency",
    "calling_party",
    "queue_name",
    "queue_id",
)
SHARES = ("0.5", "0.9", "0.95", "0", "1", "0.333")


class RuleShapeGenerator:
    """Makes SELECTs for our rules."""

    def __init__(self, generator):
        self.generator = generator
        self.random = generator.random

    def select(self):
        """A SELECT of one of the shapes, and the scope of what it is made of."""
        shapes = [self.hash_lag, self.hour_bucket_group_by, self.dictionary_group_by, self.percentiles, self.unnest_field_pruning]
        return self.random.choice(shapes)()

    def table(self):
        """A table of the lake with all of its columns in scope."""
        tables = [table for table in self.generator.catalog.tables if table.name in LAKE]
        table = self.random.choice(tables)
        alias = self.generator.name("t")
        leaves = [Column(column.type, alias, column.name) for column in table.columns]
        samples = {leaf: column.samples for leaf, column in zip(leaves, table.columns, strict=True)}
        key = [leaf for leaf in leaves if leaf.name in table.key]
        return Table(table.name, alias), Scope(leaves, key, table.rows, samples, tuple(leaf.name for leaf in leaves))

    def condition(self, scope):
        """A filter, half of the time."""
        return self.generator.expressions.expr(BOOLEAN, scope, 2) if self.chance(0.5) else None

    def named(self, exprs):
        return tuple(Item(self.generator.name("x"), expr) for expr in exprs)

    def hash_lag(self):
        """`lag(x) OVER (PARTITION BY number ORDER BY start_time, engagement_id)`."""
        source, scope = self.table()
        moments = [leaf for leaf in scope.of_type(INSTANT) if leaf.name == "start_time"]
        partition = tuple(self.random.sample(scope.of_type(TEXT), self.random.choice([1, 1, 2])))
        order = tuple(OrderKey(key) for key in (moments[0], *scope.key))
        windows = []
        for _ in range(self.random.choice([1, 2])):
            kind = self.random.choice([TEXT, BIGINT, INSTANT])
            form = next(form for form in window_forms(kind) if form.voxlake == "lag({0})")
            windows.append(Window(kind, form, (self.random.choice(scope.of_type(kind)),), partition, order))
        items = self.named([*scope.key, *windows])
        return Select(items, source, self.condition(scope)), scope

    def hour_bucket_group_by(self):
        """GROUP BY over parts of one instant."""
        source, scope = self.table()
        moment = self.random.choice(scope.of_type(INSTANT))
        exprs = []
        for part in self.random.sample(PARTS, self.random.choice([1, 2, 3])):
            text = f"date_part('{part}', {{0}})"
            exprs.append(Call(BIGINT, Form("date_part", BIGINT, (INSTANT,), text, text), (moment,)))
        if self.chance(0.4):
            text = f"date_trunc('{self.random.choice(UNITS)}', {{0}})"
            exprs.append(Call(INSTANT, Form("date_trunc", INSTANT, (INSTANT,), text, text), (moment,)))
        if self.chance(0.4):
            exprs.append(self.random.choice(scope.of_type(TEXT)))
        return self.grouped(source, scope, exprs)

    def dictionary_group_by(self):
        """GROUP BY over texts that repeat."""
        source, scope = self.table()
        texts = [leaf for leaf in scope.of_type(TEXT) if leaf.name in CODED]
        exprs = self.random.sample(texts, min(self.random.choice([1, 2, 3, 4]), len(texts)))
        return self.grouped(source, scope, exprs)

    def percentiles(self):
        """Several percentiles of whole numbers."""
        source, scope = self.table()
        column = self.random.choice(scope.of_type(BIGINT))
        texts = [leaf for leaf in scope.of_type(TEXT) if leaf.name in CODED]
        exprs = self.random.sample(texts, self.random.choice([0, 1]))
        aggregates = []
        for share in self.random.sample(SHARES, self.random.choice([1, 2, 3])):
            name = f"percentile_cont({share})"
            forms = [
                form.form
                for form in self.generator.aggregates.forms
                if form.form.voxlake.startswith(name) and form.form.args == (BIGINT,)
            ]
            aggregates += [Aggregate(form.result, form, (column,)) for form in forms]
        return self.grouped(source, scope, exprs, aggregates)

    def grouped(self, source, scope, exprs, aggregates=()):
        """A GROUP BY with some aggregates."""
        own = scope.without_key()
        found = [*aggregates, self.generator.aggregates.aggregate(own)]
        if self.chance(0.5):
            found.append(self.generator.aggregates.aggregate(own))
        grouping = Grouping("PLAIN", tuple(exprs)) if exprs else None
        after = Scope([*exprs, *found], list(exprs), scope.rows // 4)
        return Select(self.named([*exprs, *found]), source, self.condition(scope), grouping), after

    def unnest_field_pruning(self):
        """Fields of the entries of an unnested list, perhaps counted."""
        tables = [
            table for table in self.generator.catalog.tables if table.name in ("voice_calls", "calls", "copied_calls")
        ]
        table = self.random.choice(tables)
        inner, alias, name = self.generator.name("t"), self.generator.name("t"), self.generator.name("e")
        lists = [column for column in table.columns if column.type.name == "LIST" and column.type.element.fields]
        column = self.random.choice(lists)
        element = column.type.element
        form = Form("unnest", element, (column.type,), "unnest({0})", "unnest({0})")
        kept = self.random.sample([other for other in table.columns if other.type.is_orderable], 3)
        items = [Item(other.name, Column(other.type, inner, other.name)) for other in kept]
        items.append(Item(name, Call(element, form, (Column(column.type, inner, column.name),))))
        condition = None
        if self.chance(0.7):
            leaves = [Column(other.type, inner, other.name) for other in table.columns]
            samples = {leaf: other.samples for leaf, other in zip(leaves, table.columns, strict=True)}
            condition = self.generator.expressions.expr(BOOLEAN, Scope(leaves, None, table.rows, samples), 2)
        source = Derived(Select(tuple(items), Table(table.name, inner), condition), alias)
        entry = Column(element, alias, name)
        fields = []
        for field, kind in element.fields:
            if kind.is_orderable:
                text = f"({{0}})['{field}']"
                fields.append(Call(kind, Form("field", kind, (element,), text, text), (entry,)))
        exprs = self.random.sample(fields, min(2, len(fields)))
        kept_leaves = [Column(other.type, alias, other.name) for other in kept]
        scope = Scope([*kept_leaves, *fields, entry], None, table.rows * 2)
        if self.chance(0.5):
            return self.grouped(source, scope, exprs)
        return Select(self.named([*exprs, kept_leaves[0]]), source, self.condition(scope)), scope

    def chance(self, share):
        return self.random.random() < share
