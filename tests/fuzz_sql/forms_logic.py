"""Forms of three-valued logic, comparisons and conditional expressions."""

from dataclasses import replace

from sql_types import BIGINT, BOOLEAN, DECIMAL, DOUBLE, ESTIMATE, ORDERABLE, TEXT, WIDE_BIGINT, WIDE_DECIMAL
from syntax import AND, COMPARISON, IS, MEMBERSHIP, NOT, OR, Call, Form

AND_FORM = Form("and", BOOLEAN, (BOOLEAN, BOOLEAN), "{0} AND {1}", "{0} AND {1}", AND, (AND, AND + 1), weight=8)
OR_FORM = Form("or", BOOLEAN, (BOOLEAN, BOOLEAN), "{0} OR {1}", "{0} OR {1}", OR, (OR, OR + 1), weight=8)
NOT_FORM = Form("not", BOOLEAN, (BOOLEAN,), "NOT {0}", "NOT {0}", NOT, (NOT,), weight=4)
IS_NULL_FORM = Form("is null", BOOLEAN, (BOOLEAN,), "{0} IS NULL", "{0} IS NULL", IS, (IS + 1,))

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")


def infix(operator, left, right, level=COMPARISON, result=BOOLEAN, **more):
    """Returns the form of an operator that is written between two operands."""
    text = f"{{0}} {operator} {{1}}"
    return Form(operator, result, (left, right), text, text, level, (level + 1, level + 1), **more)


def guarded(form):
    """Returns the form with parentheses around operands that are LIKE, IN or BETWEEN.

    PostgreSQL binds those tighter than comparisons and DataFusion does not, which is an error of types
    for nearly all statements. The feature `precedence` is the form without these parentheses.
    """
    return replace(form, operands=(MEMBERSHIP + 1,) * 2, feature="", weight=3)


def postfix(words, arg, level=IS, **more):
    """Returns the form of a test that is written after its operand."""
    text = f"{{0}} {words}"
    return Form(words, BOOLEAN, (arg,), text, text, level, (level + 1,), **more)


def same(name, text, result, args, **more):
    """Returns a form that both engines write the same."""
    return Form(name, result, tuple(args), text, text, **more)


def equality(left, right):
    """Returns `left = right`."""
    return Call(BOOLEAN, infix("=", left.type, right.type), (left, right))


def conjunction(conditions):
    """Returns the conditions joined by AND, or None where there are none."""
    result = None
    for condition in conditions:
        result = condition if result is None else Call(BOOLEAN, AND_FORM, (result, condition))
    return result


def comparisons(kind):
    """Returns what compares values of one orderable type."""
    forms = [
        infix(operator, kind, kind, weight=2, feature="precedence" if kind == BOOLEAN else "")
        for operator in COMPARISONS
    ]
    if kind == BOOLEAN:
        forms += [guarded(form) for form in forms]
    forms += [
        infix("IS DISTINCT FROM", kind, kind, IS, feature="is_distinct"),
        infix("IS NOT DISTINCT FROM", kind, kind, IS, feature="is_distinct"),
        postfix("IS NULL", kind, weight=2),
        postfix("IS NOT NULL", kind, weight=2),
    ]
    for words in ("BETWEEN", "NOT BETWEEN"):
        text = f"{{0}} {words} {{1}} AND {{2}}"
        operands = (MEMBERSHIP + 1,) * 3
        forms.append(Form(words, BOOLEAN, (kind,) * 3, text, text, MEMBERSHIP, operands))
    for words in ("IN", "NOT IN"):
        for count in (1, 2, 3, 5):
            text = f"{{0}} {words} ({', '.join(f'{{{place}}}' for place in range(1, count + 1))})"
            levels = (MEMBERSHIP + 1, *[0] * count)
            forms.append(Form(words, BOOLEAN, (kind,) * (count + 1), text, text, MEMBERSHIP, levels))
    return forms


def conditionals(kind):
    """Returns what chooses among values of one type."""
    condition = BOOLEAN
    forms = [
        same("case", "CASE WHEN {0} THEN {1} ELSE {2} END", kind, [condition, kind, kind], weight=2),
        same("case without else", "CASE WHEN {0} THEN {1} END", kind, [condition, kind]),
        same(
            "case of two",
            "CASE WHEN {0} THEN {1} WHEN {2} THEN {3} ELSE {4} END",
            kind,
            [condition, kind, condition, kind, kind],
        ),
        same("coalesce", "coalesce({0}, {1})", kind, [kind, kind], weight=2),
        same("coalesce of three", "coalesce({0}, {1}, {2})", kind, [kind] * 3),
    ]
    if kind.is_orderable:
        forms.append(same("nullif", "nullif({0}, {1})", kind, [kind, kind]))
        forms.append(same("simple case", "CASE {0} WHEN {1} THEN {2} ELSE {3} END", kind, [kind] * 4))
    if kind.is_orderable and kind != BOOLEAN:
        forms.append(same("greatest", "greatest({0}, {1})", kind, [kind, kind]))
        forms.append(same("least", "least({0}, {1}, {2})", kind, [kind] * 3))
    return forms


def mixed_comparisons():
    """Returns comparisons of numbers of different types, which both engines widen alike."""
    pairs = [(BIGINT, DECIMAL), (DECIMAL, BIGINT), (BIGINT, DOUBLE), (BIGINT, WIDE_BIGINT), (WIDE_DECIMAL, BIGINT)]
    return [infix(operator, left, right) for operator in ("=", "<", ">=") for left, right in pairs]


FORMS = [
    AND_FORM,
    OR_FORM,
    NOT_FORM,
    *[
        postfix(f"IS {negation}{word}", BOOLEAN)
        for word in ("TRUE", "FALSE", "UNKNOWN")
        for negation in ("", "NOT ")
        if word != "UNKNOWN"
    ],
    Form("is unknown", BOOLEAN, (BOOLEAN,), "{0} IS UNKNOWN", "{0} IS NULL", IS, (IS + 1,)),
    Form("is not unknown", BOOLEAN, (BOOLEAN,), "{0} IS NOT UNKNOWN", "{0} IS NOT NULL", IS, (IS + 1,)),
    *[form for kind in ORDERABLE for form in comparisons(kind)],
    *[form for kind in (*ORDERABLE, ESTIMATE) for form in conditionals(kind)],
    *mixed_comparisons(),
    same("text of a boolean", "CASE WHEN {0} THEN 'yes' WHEN NOT {0} THEN 'no' END", TEXT, [BOOLEAN]),
]
