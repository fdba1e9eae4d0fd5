"""Tests of the generator: determinism, variety, and answers that are determined."""

from unittest import TestCase, main

from generator import StatementFactory
from render import DUCKDB, VOXLAKE, render
from small_catalog import catalog
from syntax import Literal, Select, SetOperation, With, output_columns

STATEMENTS = 600


def statements(avoid=()):
    """Returns the statements of a seed."""
    factory = StatementFactory(catalog(), avoid)
    return [factory.statement(f"5:{place}") for place in range(STATEMENTS)]


class Generator(TestCase):
    def test_a_seed_gives_the_same_statements(self):
        texts = [render(statement, VOXLAKE) for statement in statements()]
        self.assertEqual(texts, [render(statement, VOXLAKE) for statement in statements()])
        self.assertGreater(len(set(texts)), STATEMENTS * 0.9)

    def test_statements_have_all_that_they_should(self):
        text = "\n".join(render(statement, VOXLAKE) for statement in statements())
        for words in (
            "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN", "USING (",
            "NATURAL", "ROLLUP", "CUBE", "GROUPING SETS", "HAVING", "FILTER (WHERE", "EXCEPT ALL", "INTERSECT",
            "UNION ALL", "IGNORE NULLS", "lag(", "lead(", "ROWS BETWEEN", "RANGE BETWEEN", "GROUPS BETWEEN",
            "DISTINCT ON", "LIMIT", "OFFSET", "INTERVAL", "LIKE", "SIMILAR TO", "regexp_", " ~ ", "unnest(", "EXISTS",
            "NOT IN (SELECT", "IS DISTINCT FROM", "WITH w0", "call_summary(", "QUALIFY", "percentile_cont",
        ):  # fmt: skip
            self.assertTrue(words in text, words)

    def test_avoided_features_do_not_appear(self):
        avoid = ("grouping_sets", "similar_to", "is_distinct", "using", "set_operations_all", "subqueries", "summaries")
        texts = [render(statement, VOXLAKE) for statement in statements(avoid)]
        for words in ("ROLLUP", "SIMILAR TO", "IS DISTINCT", "USING", "EXCEPT ALL", " IN (SELECT", "call_summary("):
            self.assertEqual([text for text in texts if words in text][:1], [])

    def test_limits_have_an_order(self):
        for statement in statements():
            for query in queries(statement):
                if (query.limit is not None or query.offset is not None) and not is_count(statement):
                    self.assertTrue(query.order, render(statement, VOXLAKE))

    def test_outputs_of_both_dialects_are_alike(self):
        for statement in statements():
            names = [name for name, _ in output_columns(statement)]
            self.assertEqual(names, [f"c{place}" for place in range(len(names))])
            self.assertNotIn("{0}", render(statement, DUCKDB))


def is_count(statement):
    """Whether all outputs are constants, so that only the number of rows matters."""
    return isinstance(statement, Select) and all(isinstance(item.expr, Literal) for item in statement.items)


def queries(node):
    """Returns all queries within a tree."""
    found = []
    if isinstance(node, (Select, SetOperation)):
        found.append(node)
    if isinstance(node, (Select, SetOperation, With)) or hasattr(node, "__dataclass_fields__"):
        for name in node.__dataclass_fields__:
            value = getattr(node, name)
            for entry in value if isinstance(value, tuple) else (value,):
                if hasattr(entry, "__dataclass_fields__"):
                    found += queries(entry)
    return found


if __name__ == "__main__":
    main()
