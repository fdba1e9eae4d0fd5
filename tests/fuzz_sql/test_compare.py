"""Tests that answers that differ are found, and that those written differently are the same."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from unittest import TestCase, main

import pyarrow as pa

import outcomes
from compare import difference
from engines import Answer
from sql_types import BIGINT, DECIMAL, DOUBLE, ESTIMATE, INSTANT, INTERVAL, TEXT, list_of

NAN = float("nan")


class Difference(TestCase):
    def same(self, kind, mine, theirs):
        return difference([kind], [(mine,)], [(theirs,)], False) is None

    def test_numbers_are_compared_by_value(self):
        self.assertTrue(self.same(BIGINT, 10, Decimal("10")))
        self.assertTrue(self.same(DECIMAL, Decimal("1.50"), Decimal("1.5")))
        self.assertFalse(self.same(DECIMAL, Decimal("1.500001"), Decimal("1.5")))
        self.assertFalse(self.same(BIGINT, 2**63 - 1, 2**63 - 2))
        self.assertFalse(self.same(DECIMAL, Decimal(10**38 - 1), Decimal(10**38 - 2)))

    def test_only_doubles_have_a_tolerance(self):
        self.assertTrue(self.same(DOUBLE, 0.1 + 0.2, 0.3))
        self.assertTrue(self.same(ESTIMATE, 1e300, 1e300 * (1 + 1e-12)))
        self.assertFalse(self.same(DOUBLE, 0.3, 0.3001))

    def test_last_digits_do_not_change_the_order_of_rows(self):
        mine, theirs = [(1.7, 0.5), (1.7, 0.3)], [(1.7000000000000002, 0.3), (1.7, 0.5)]
        self.assertIsNone(difference([DOUBLE, DOUBLE], mine, theirs, False))
        self.assertIsNotNone(difference([DOUBLE, DOUBLE], mine, [(1.7, 0.3), (1.7, 0.4)], False))

    def test_null_nan_and_zero_differ(self):
        values = [None, NAN, 0.0]
        for place, one in enumerate(values):
            for other in values[place + 1 :]:
                self.assertFalse(self.same(DOUBLE, one, other), (one, other))
        self.assertTrue(self.same(DOUBLE, NAN, NAN))
        self.assertFalse(self.same(TEXT, None, ""))

    def test_booleans_are_not_numbers(self):
        self.assertFalse(self.same(BIGINT, True, 1))

    def test_times_are_compared_as_instants(self):
        instant = datetime(2026, 11, 3, 5, tzinfo=timezone.utc)
        shifted = instant.astimezone(timezone(timedelta(hours=2)))
        self.assertTrue(self.same(INSTANT, instant, shifted))
        self.assertFalse(self.same(INSTANT, instant, instant.replace(tzinfo=None)))
        self.assertFalse(self.same(TEXT, date(2026, 11, 3), datetime(2026, 11, 3)))

    def test_intervals_of_days_are_durations(self):
        self.assertTrue(self.same(INTERVAL, timedelta(days=1, hours=2), pa.MonthDayNano([0, 1, 7_200_000_000_000])))
        self.assertFalse(self.same(INTERVAL, timedelta(days=30), pa.MonthDayNano([1, 0, 0])))

    def test_nested_values_are_compared_entry_by_entry(self):
        kind = list_of(TEXT)
        self.assertTrue(self.same(kind, [{"a": 1}], [{"a": Decimal(1)}]))
        for other in ([{"a": 2}], [{"b": 1}], [], None, [None]):
            self.assertFalse(self.same(kind, [{"a": 1}], other), other)

    def test_rows_are_a_multiset_without_an_order(self):
        rows = [(1,), (2,), (2,)]
        self.assertIsNone(difference([BIGINT], rows, rows[::-1], False))
        self.assertIsNotNone(difference([BIGINT], rows, rows[::-1], True))
        self.assertIsNotNone(difference([BIGINT], rows, [(1,), (1,), (2,)], False))
        self.assertIsNotNone(difference([BIGINT], rows, rows[:2], False))

    def test_doubles_do_not_disturb_the_pairing_of_rows(self):
        mine = [("a", 0.1 + 0.2), ("a", None), ("b", 1.0)]
        theirs = [("b", 1.0), ("a", 0.3), ("a", None)]
        self.assertIsNone(difference([TEXT, DOUBLE], mine, theirs, False))


class Classes(TestCase):
    def kind(self, mine, theirs):
        return outcomes.classify(mine, theirs, lambda ours, others: None if ours == others else "rows differ").kind

    def test_each_pair_of_answers_has_its_class(self):
        rows, others = Answer("rows", ((1,),)), Answer("rows", ((2,),))
        error = Answer("error", error="error: there is no column x")
        self.assertEqual(self.kind(rows, rows), outcomes.SAME)
        self.assertEqual(self.kind(rows, others), outcomes.DIFFERENT)
        refusal = Answer("error", error="error: This feature is not implemented: frames with EXCLUDE")
        self.assertEqual(self.kind(error, rows), outcomes.UNEXPLAINED_ERROR)
        self.assertEqual(self.kind(refusal, rows), outcomes.VOXLAKE_ERROR)
        self.assertEqual(self.kind(rows, error), outcomes.DUCKDB_ERROR)
        self.assertEqual(self.kind(error, error), outcomes.BOTH_ERROR)
        self.assertEqual(
            self.kind(rows, Answer("error", error="Out of Range Error: Overflow")), outcomes.MISSED_OVERFLOW
        )

    def test_each_pair_of_a_cluster_and_a_session_has_its_class(self):
        rows, others = Answer("rows", ((1,),)), Answer("rows", ((2,),))
        error = Answer("error", error="error: the query failed in the cluster: executor lost")
        refusal = Answer("error", error="error: the cluster cannot run the statement: a stage would change")
        late = Answer("error", error="error: the query was cancelled: it took longer than 60 s")
        for mine, theirs, kind in (
            (rows, rows, outcomes.SAME),
            (rows, others, outcomes.DIFFERENT),
            (refusal, rows, outcomes.CLUSTER_REFUSED),
            (error, rows, outcomes.UNEXPLAINED_ERROR),
            (late, rows, outcomes.TIMEOUT),
            (rows, error, outcomes.SESSION_ERROR),
            (error, error, outcomes.BOTH_ERROR),
        ):
            found = outcomes.classify_cluster(mine, theirs, lambda ours, others: None if ours == others else "differ")
            self.assertEqual(found.kind, kind)

    def test_errors_of_the_engine_itself_are_findings(self):
        for text in ("thread 'x' panicked at a.rs:1:2", "Internal error: oops", "Assertion failed: compatible: Schema"):
            self.assertEqual(self.kind(Answer("error", error=text), Answer("rows")), outcomes.INTERNAL_ERROR)
        self.assertEqual(self.kind(Answer("crash", error="exit -6"), Answer("rows")), outcomes.CRASH)

    def test_errors_are_counted_without_names_and_numbers(self):
        one = outcomes.message("error: <stdin>:12: there is no column t3.x12 of 'a'")
        self.assertEqual(one, outcomes.message("error: <stdin>:7: there is no column t9.x1 of 'bc'"))


if __name__ == "__main__":
    main()
