"""Writes a syntax tree as SQL, for one engine.

DuckDB gets parentheses around every operator. Voxlake gets as few as PostgreSQL's precedence allows,
so that a parser with another precedence answers differently.
"""

from syntax import (
    ANY,
    ATOM,
    COMPARISON,
    MEMBERSHIP,
    NOT,
    SIGN,
    Aggregate,
    Call,
    Column,
    Derived,
    Exists,
    InQuery,
    Join,
    Literal,
    ScalarQuery,
    Select,
    SetOperation,
    Table,
    UnnestedList,
    Window,
    With,
)

VOXLAKE, DUCKDB = "voxlake", "duckdb"
# As for DuckDB, with NULL in place of an overflow.
TOLERANT = "tolerant duckdb"


def render(query, engine):
    """Returns the SQL of `query` for `engine`."""
    return Renderer(engine).query(query)


class Renderer:
    """Writes trees for one engine."""

    def __init__(self, engine):
        self.engine = DUCKDB if engine == TOLERANT else engine
        self.is_tolerant = engine == TOLERANT

    def expr(self, node, level=ANY):
        """The text of an expression, in parentheses where it binds looser than `level`."""
        text, own = self.leveled(node)
        return text if own >= level else f"({text})"

    def leveled(self, node):
        """The text of an expression and its level of precedence."""
        match node:
            case Literal():
                text = node.voxlake if self.engine == VOXLAKE else node.duckdb
                return text, SIGN if text.startswith("-") else ATOM
            case Column(relation=None, name=name):
                return name, ATOM
            case Column(relation=relation, name=name):
                return f"{relation}.{name}", ATOM
            case Call():
                return self.call(node)
            case Aggregate():
                return self.aggregate(node), ATOM
            case Window():
                return self.window(node), ATOM
            case ScalarQuery(query=query):
                return f"({self.query(query)})", ATOM
            case Exists(query=query, is_negated=is_negated):
                text = f"EXISTS ({self.query(query)})"
                return (f"NOT {text}", NOT) if is_negated else (text, ATOM)
            case InQuery():
                return self.in_query(node)
        raise TypeError(f"no expression: {node!r}")

    def call(self, node):
        form = node.form
        template = self.template(form)
        if self.engine == DUCKDB:
            levels = [ATOM if form.operands else ANY] * len(node.args)
        else:
            levels = form.operands or [ANY] * len(node.args)
        args = [self.expr(arg, level) for arg, level in zip(node.args, levels, strict=True)]
        text = template.format(*args)
        if self.is_tolerant and form.feature == "overflow":
            return f"TRY({text})", ATOM
        level = ANY if self.engine == DUCKDB and form.level < ATOM else form.level
        return text, level

    def template(self, form):
        return form.voxlake if self.engine == VOXLAKE else form.duckdb

    def aggregate(self, node):
        args = [self.expr(arg) for arg in node.args]
        distinct = "DISTINCT " if node.is_distinct else ""
        order = f" ORDER BY {self.keys(node.order)}" if node.order else ""
        text = self.template(node.form).format(*args, distinct=distinct, order=order)
        return text + self.filter(node.condition)

    def filter(self, condition):
        return f" FILTER (WHERE {self.expr(condition)})" if condition is not None else ""

    def window(self, node):
        args = [self.expr(arg) for arg in node.args]
        text = self.template(node.form)
        if self.engine == DUCKDB and node.respect:
            # DuckDB takes the words within the parentheses, DataFusion after them as well.
            text = text[:-1] + f" {node.respect})"
        text = text.format(*args, distinct="", order="") + self.filter(node.condition)
        if self.engine == VOXLAKE and node.respect:
            text += f" {node.respect}"
        parts = []
        if node.partition:
            parts.append("PARTITION BY " + ", ".join(self.expr(expr) for expr in node.partition))
        if node.order:
            parts.append("ORDER BY " + self.keys(node.order))
        if node.frame:
            parts.append(f"{node.frame.unit} BETWEEN {node.frame.start} AND {node.frame.end}")
        return f"{text} OVER ({' '.join(parts)})"

    def in_query(self, node):
        expr, query = node.expr, self.query(node.query)
        if node.operator:
            return f"{self.expr(expr, COMPARISON + 1)} {node.operator} ({query})", COMPARISON
        word = "NOT IN" if node.is_negated else "IN"
        return f"{self.expr(expr, MEMBERSHIP + 1)} {word} ({query})", MEMBERSHIP

    def keys(self, order):
        return ", ".join(self.key(key) for key in order)

    def key(self, key):
        direction = "DESC" if key.is_descending else "ASC"
        return f"{self.expr(key.expr)} {direction} NULLS {'FIRST' if key.nulls_first else 'LAST'}"

    def query(self, node):
        """The text of a query."""
        match node:
            case Select():
                return self.select(node)
            case SetOperation():
                word = node.operator + (" ALL" if node.is_all else "")
                text = f"{self.operand(node.left)} {word} {self.operand(node.right)}"
                return text + self.tail(node)
            case With(tables=tables, body=body):
                written = ", ".join(f"{table.name} AS ({self.query(table.query)})" for table in tables)
                return f"WITH {written} {self.query(body)}"
        raise TypeError(f"no query: {node!r}")

    def operand(self, node):
        """A query as an operand of a set operation."""
        is_plain = isinstance(node, Select) and not node.order and node.limit is None and node.offset is None
        return self.query(node) if is_plain else f"({self.query(node)})"

    def select(self, node):
        text = "SELECT "
        if node.is_distinct:
            text += "DISTINCT "
        if node.distinct_on:
            text += f"DISTINCT ON ({', '.join(self.expr(expr) for expr in node.distinct_on)}) "
        text += ", ".join(f"{self.expr(item.expr)} AS {item.name}" for item in node.items)
        if node.source is not None:
            text += f" FROM {self.source(node.source)}"
        if node.condition is not None:
            text += f" WHERE {self.expr(node.condition)}"
        if node.grouping is not None:
            text += f" GROUP BY {self.grouping(node.grouping)}"
        if node.having is not None:
            text += f" HAVING {self.expr(node.having)}"
        if node.qualify is not None:
            text += f" QUALIFY {self.expr(node.qualify)}"
        return text + self.tail(node)

    def tail(self, node):
        text = ""
        if node.order:
            text += f" ORDER BY {self.keys(node.order)}"
        if node.limit is not None:
            text += f" LIMIT {node.limit}"
        if node.offset is not None:
            text += f" OFFSET {node.offset}"
        return text

    def grouping(self, node):
        exprs = [self.expr(expr) for expr in node.exprs]
        if node.kind == "PLAIN":
            return ", ".join(exprs)
        if node.kind in ("ROLLUP", "CUBE"):
            # voxlake's parser takes a leading parenthesis for that of a set.
            exprs = [f"({expr})" if expr.startswith("(") else expr for expr in exprs]
            return f"{node.kind} ({', '.join(exprs)})"
        sets = ", ".join("(" + ", ".join(exprs[place] for place in places) + ")" for places in node.sets)
        return f"GROUPING SETS ({sets})"

    def source(self, node):
        """The text of what stands in FROM."""
        match node:
            case Table(name=name, alias=alias, call=call):
                return f"{name}{call} AS {alias}"
            case Derived(query=query, alias=alias):
                return f"({self.query(query)}) AS {alias}"
            case UnnestedList(expr=expr, alias=alias, column=column):
                return f"UNNEST({self.expr(expr)}) AS {alias}({column})"
            case Join():
                return self.join(node)
        raise TypeError(f"no source: {node!r}")

    def join(self, node):
        left, right = self.source(node.left), self.source(node.right)
        if isinstance(node.right, Join):
            right = f"({right})"
        natural = "NATURAL " if node.is_natural else ""
        # DuckDB's semi and anti joins are of the left side without saying so.
        kind = node.kind.removeprefix("LEFT ") if self.engine == DUCKDB and " " in node.kind else node.kind
        text = f"{left} {natural}{kind} JOIN {right}"
        if node.using:
            text += f" USING ({', '.join(node.using)})"
        elif node.condition is not None:
            text += f" ON {self.expr(node.condition)}"
        return text
