"""Tests of how trees are written for each engine."""

from unittest import TestCase, main

import forms_logic
import forms_numbers
from forms_logic import AND_FORM, NOT_FORM, OR_FORM, infix
from render import DUCKDB, VOXLAKE, render
from sql_types import BIGINT, BOOLEAN, DATE, TEXT
from syntax import (
    IS,
    Aggregate,
    Call,
    Column,
    Form,
    Grouping,
    Item,
    Join,
    Literal,
    OrderKey,
    Select,
    SetOperation,
    Table,
    Window,
)

A, B, C = (Column(BOOLEAN, None, name) for name in "abc")
N = Column(BIGINT, "t", "n")
SOURCE = Table("numbers", "t")


def both(expr):
    """Returns an expression as each engine gets it."""
    query = Select((Item("c0", expr),), SOURCE)
    return [
        render(query, engine).removeprefix("SELECT ").removesuffix(" AS c0 FROM numbers AS t")
        for engine in (VOXLAKE, DUCKDB)
    ]


def call(form, *args):
    return Call(form.result, form, args)


class Parentheses(TestCase):
    def test_voxlake_gets_as_few_as_precedence_allows(self):
        distinct = infix("IS DISTINCT FROM", BOOLEAN, BOOLEAN, IS)
        for expr, ours, theirs in [
            (call(OR_FORM, call(AND_FORM, A, B), C), "a AND b OR c", "(a AND b) OR c"),
            (call(AND_FORM, call(OR_FORM, A, B), C), "(a OR b) AND c", "(a OR b) AND c"),
            (call(AND_FORM, call(distinct, A, B), C), "a IS DISTINCT FROM b AND c", "(a IS DISTINCT FROM b) AND c"),
            (call(NOT_FORM, call(infix("=", BOOLEAN, BOOLEAN), A, B)), "NOT a = b", "NOT (a = b)"),
            (call(infix("=", BOOLEAN, BOOLEAN), call(NOT_FORM, A), B), "(NOT a) = b", "(NOT a) = b"),
        ]:
            self.assertEqual(both(expr), [ours, theirs])

    def test_differences_are_not_reassociated(self):
        minus = forms_numbers.arithmetic("-", BIGINT, 8)
        self.assertEqual(both(call(minus, call(minus, N, N), N))[0], "t.n - t.n - t.n")
        self.assertEqual(both(call(minus, N, call(minus, N, N)))[0], "t.n - (t.n - t.n)")

    def test_a_sign_never_meets_another(self):
        negative = Literal(BIGINT, "-7", "-7")
        for text in both(call(forms_numbers.negation(BIGINT), negative)):
            self.assertEqual(text, "-(-7)")


class Dialects(TestCase):
    def test_each_engine_gets_its_own_words(self):
        division = next(form for form in forms_numbers.FORMS if form.name == "divide by 7")
        self.assertEqual(both(call(division, N)), ["t.n / 7", "t.n // 7"])

    def test_ignore_nulls_stands_where_the_engine_takes_it(self):
        lag = Form("lag", BIGINT, (BIGINT,), "lag({0})", "lag({0})")
        window = Window(BIGINT, lag, (N,), (), (OrderKey(N),), respect="IGNORE NULLS")
        ours, theirs = both(window)
        self.assertEqual(ours, "lag(t.n) IGNORE NULLS OVER (ORDER BY t.n ASC NULLS LAST)")
        self.assertEqual(theirs, "lag(t.n IGNORE NULLS) OVER (ORDER BY t.n ASC NULLS LAST)")

    def test_semi_joins_have_two_names(self):
        join = Join("LEFT SEMI", SOURCE, Table("words", "w"), condition=A)
        query = Select((Item("c0", N),), join)
        self.assertIn(" LEFT SEMI JOIN ", render(query, VOXLAKE))
        self.assertIn("AS t SEMI JOIN ", render(query, DUCKDB))

    def test_aggregates_have_all_their_parts(self):
        form = Form(
            "string_agg",
            TEXT,
            (TEXT,),
            "string_agg({distinct}{0}, ','{order})",
            "string_agg({distinct}{0}, ','{order})",
        )
        word = Column(TEXT, "t", "word")
        aggregate = Aggregate(TEXT, form, (word,), True, (OrderKey(word, True),), A)
        text = "string_agg(DISTINCT t.word, ',' ORDER BY t.word DESC NULLS LAST) FILTER (WHERE a)"
        self.assertEqual(both(aggregate), [text, text])


class Queries(TestCase):
    def test_a_branch_with_a_limit_is_in_parentheses(self):
        plain = Select((Item("c0", N),), SOURCE)
        limited = Select((Item("c0", N),), SOURCE, order=(OrderKey(N),), limit=3)
        text = render(SetOperation("EXCEPT", True, plain, limited), VOXLAKE)
        self.assertEqual(
            text,
            "SELECT t.n AS c0 FROM numbers AS t EXCEPT ALL "
            "(SELECT t.n AS c0 FROM numbers AS t ORDER BY t.n ASC NULLS LAST LIMIT 3)",
        )

    def test_grouping_sets_name_their_expressions(self):
        day = Column(DATE, "t", "day")
        query = Select((Item("c0", N),), SOURCE, grouping=Grouping("SETS", (N, day), ((0,), (0, 1), ())))
        self.assertIn("GROUP BY GROUPING SETS ((t.n), (t.n, t.day), ())", render(query, VOXLAKE))

    def test_every_template_has_places_for_its_arguments(self):
        for form in [*forms_logic.FORMS, *forms_numbers.FORMS]:
            for template in (form.voxlake, form.duckdb):
                template.format(*form.args, distinct="", order="")
            self.assertIn(len(form.operands), (0, len(form.args)), form.name)


if __name__ == "__main__":
    main()
