"""Tests that differing results are found and other notations accepted (`python3 -m unittest`)."""

from decimal import Decimal
from unittest import TestCase, main

from answers import differences

COLUMNS = [
    {"name": "queue", "kind": "text"},
    {"name": "calls", "kind": "integer"},
    {"name": "charge", "kind": "decimal"},
    {"name": "p50", "kind": "number"},
    {"name": "at", "kind": "timestamp"},
]
MINE = [
    {"queue": "Care", "calls": 3, "charge": Decimal("1.500000"), "p50": 61.5, "at": "2026-05-02T21:25:00Z"},
    {"queue": None, "calls": 1, "charge": None, "p50": None, "at": None},
]
SAME = [["Care", 3, "1.5", 61.5 + 1e-12, "2026-05-02 21:25:00.000"], [None, "1", None, None, None]]


def changed(row, cell, value):
    answer = [list(cells) for cells in SAME]
    answer[row][cell] = value
    return answer


class Answers(TestCase):
    def test_the_same_in_other_forms_is_the_same(self):
        self.assertEqual(differences(MINE, SAME, COLUMNS), [])

    def test_any_cell_that_differs_is_found(self):
        for row, cell, value in [
            (0, 0, "Sales"),
            (0, 1, 4),
            (0, 2, "1.500001"),
            (0, 3, 61.500001),
            (0, 4, "2026-05-02 21:25:00.001"),
            (1, 0, ""),
            (1, 2, 0),
            (1, 3, 0.0),
        ]:
            self.assertTrue(differences(MINE, changed(row, cell, value), COLUMNS), (row, cell, value))

    def test_what_differs_is_told_without_texts(self):
        self.assertEqual(differences(MINE, changed(0, 1, 4), COLUMNS), ["row 0: calls 3 and 4"])
        self.assertEqual(differences(MINE, changed(0, 0, "+49 30 1234"), COLUMNS), ["row 0: queue"])

    def test_rows_too_many_too_few_or_in_another_order_are_found(self):
        for answer in [SAME[:1], SAME + SAME[:1], SAME[::-1], []]:
            self.assertTrue(differences(MINE, answer, COLUMNS))

    def test_an_answer_of_another_shape_is_found_and_not_fatal(self):
        for answer in [[["Care"]], changed(0, 1, "many"), changed(0, 1, 2.5), changed(0, 4, "soon")]:
            self.assertTrue(differences(MINE, answer, COLUMNS))


if __name__ == "__main__":
    main()
