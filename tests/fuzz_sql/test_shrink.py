"""Tests of the shrinker on an engine that is faulty on purpose."""

from unittest import TestCase, main

from generator import StatementFactory
from render import VOXLAKE, render
from shrink import shrink, variants
from small_catalog import catalog
from sql_types import BIGINT, BOOLEAN
from syntax import Call, Column, Derived, Form, Item, Join, Literal, OrderKey, Select, SetOperation, Table

N = Column(BIGINT, "t", "n")
TRUE = Literal(BOOLEAN, "true", "true")
ABS = Form("abs", BIGINT, (BIGINT,), "abs({0})", "abs({0})")


def faulty(word):
    """Returns a check that holds while a statement has a word that the engine answers wrongly."""
    return lambda statement: word in render(statement, VOXLAKE)


def count(node):
    """Returns the number of nodes of a tree."""
    total = 1
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        for entry in value if isinstance(value, tuple) else (value,):
            total += count(entry) if hasattr(entry, "__dataclass_fields__") else 0
    return total


class Shrinking(TestCase):
    def test_a_statement_is_reduced_to_its_fault(self):
        inner = Select((Item("n", Call(BIGINT, ABS, (N,))), Item("m", N)), Table("numbers", "t"), condition=TRUE)
        outer = Column(BIGINT, "d", "n")
        statement = Select(
            (Item("c0", outer), Item("c1", Literal(BIGINT, "1", "1"))),
            Join("LEFT", Derived(inner, "d"), Table("words", "w"), condition=TRUE),
            condition=TRUE,
            order=(OrderKey(outer),),
            limit=5,
        )
        smallest = shrink(statement, faulty("abs("))
        self.assertEqual(render(smallest, VOXLAKE), "SELECT abs(0) AS n FROM numbers AS t")

    def test_a_side_of_a_set_operation_goes(self):
        left = Select((Item("c0", N),), Table("numbers", "t"))
        right = Select((Item("c0", N),), Table("words", "t"))
        smallest = shrink(SetOperation("UNION", True, left, right), faulty("words"))
        self.assertEqual(render(smallest, VOXLAKE), "SELECT 0 AS c0 FROM words AS t")

    def test_the_property_holds_for_the_result(self):
        factory = StatementFactory(catalog())
        for word in ("JOIN", "GROUP BY", "CASE", "OVER"):
            for place in range(60):
                statement = factory.statement(f"7:{place}")
                if faulty(word)(statement):
                    smallest = shrink(statement, faulty(word), max_tests=300)
                    self.assertIn(word, render(smallest, VOXLAKE))
                    self.assertLessEqual(count(smallest), count(statement))

    def test_the_number_of_tests_is_bounded(self):
        tests = []
        factory = StatementFactory(catalog())
        shrink(factory.statement("7:1"), lambda candidate: bool(tests.append(candidate)), max_tests=20)
        self.assertLessEqual(len(tests), 20)

    def test_summaries_stay_summed_up(self):
        factory = StatementFactory(catalog())
        for place in range(200):
            statement = factory.statement(f"9:{place}")
            if "call_summary" in render(statement, VOXLAKE):
                for variant in variants(statement):
                    text = render(variant, VOXLAKE)
                    self.assertEqual(
                        text.count("call_summary("), text.count("sum(t" if "call_summary(" in text else "\0")
                    )
                return


if __name__ == "__main__":
    main()
