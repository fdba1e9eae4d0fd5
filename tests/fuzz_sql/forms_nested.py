"""Forms over lists and structs, for the nested types that the tables have."""

from forms_logic import infix, postfix, same
from sql_types import BIGINT, BOOLEAN, TEXT, list_of, struct_of
from syntax import COMPARISON, Form

PAIR = struct_of([("a", BIGINT), ("b", TEXT)])
TEXTS, NUMBERS = list_of(TEXT), list_of(BIGINT)


def both(name, result, args, voxlake, duckdb, **more):
    """Returns a form that each engine writes in its own way."""
    return Form(name, result, tuple(args), voxlake, duckdb, **more)


def lists(kind):
    """Returns what every list has: a length, entries and parts."""
    element = kind.element
    forms = [
        both("cardinality", BIGINT, [kind], "cardinality({0})", "len({0})", weight=3),
        both("array_length", BIGINT, [kind], "array_length({0})", "len({0})", feature="array_length"),
        both("slice", kind, [kind], "array_slice({0}, 1, 2)", "({0})[1:2]"),
        both("slice", kind, [kind], "({0})[2:3]", "({0})[2:3]"),
        both(
            "array_concat",
            kind,
            [kind, kind],
            "array_concat({0}, {1})",
            "CASE WHEN {0} IS NULL AND {1} IS NULL THEN NULL ELSE list_concat({0}, {1}) END",
            feature="array_concat",
        ),
        both("array_reverse", kind, [kind], "array_reverse({0})", "list_reverse({0})"),
        postfix("IS NULL", kind),
        postfix("IS NOT NULL", kind),
        same("case", "CASE WHEN {0} THEN {1} ELSE {2} END", kind, [BOOLEAN, kind, kind]),
        same("coalesce", "coalesce({0}, {1})", kind, [kind, kind]),
    ]
    for place in (1, 2, 3, -1):
        forms.append(same("entry", f"({{0}})[{place}]", element, [kind], weight=2))
    return forms


def scalar_lists(kind):
    """Returns what lists of comparable entries have besides."""
    element = kind.element
    some, entry = ("'a', 'acd'", "'a'") if element == TEXT else ("1, 5", "CAST(1 AS BIGINT)")
    return [
        both(
            "array_has",
            BOOLEAN,
            [kind, element],
            f"array_has({{0}}, coalesce({{1}}, {entry}))",
            f"list_contains({{0}}, coalesce({{1}}, {entry}))",
            weight=3,
        ),
        both(
            "array_position", BIGINT, [kind, element], "array_position({0}, {1})", "nullif(list_position({0}, {1}), 0)"
        ),
        both(
            "array_append",
            kind,
            [kind, element],
            "array_append({0}, {1})",
            "list_append({0}, {1})",
            feature="array_append",
        ),
        both(
            "array_prepend",
            kind,
            [element, kind],
            "array_prepend({0}, {1})",
            "list_prepend({0}, {1})",
            feature="array_append",
        ),
        both("make_array", kind, [element, element], "make_array({0}, {1})", "[{0}, {1}]", weight=2),
        # Entries that are NULL match each other in DataFusion alone, so the second list has none.
        both(
            "array_has_any",
            BOOLEAN,
            [kind],
            f"array_has_any({{0}}, make_array({some}))",
            f"list_has_any({{0}}, [{some}])",
        ),
        both(
            "array_has_all",
            BOOLEAN,
            [kind],
            f"array_has_all({{0}}, make_array({some}))",
            f"list_has_all({{0}}, [{some}])",
        ),
        both("array_sort", kind, [kind], "array_sort({0}, 'ASC', 'NULLS LAST')", "list_sort({0}, 'ASC', 'NULLS LAST')"),
        both("array_max", element, [kind], "array_max({0})", "list_max({0})"),
        *[infix(operator, kind, kind, COMPARISON, feature="list_comparison") for operator in ("=", "<>")],
    ]


def structs(kind):
    """Returns the fields of a struct."""
    forms = [same("field", f"({{0}})['{name}']", field, [kind], weight=3) for name, field in kind.fields]
    return [*forms, postfix("IS NULL", kind), postfix("IS NOT NULL", kind)]


def nested_types(types):
    """Returns all list and struct types within `types`, each once, in order."""
    found = []

    def visit(kind):
        if kind.name in ("LIST", "STRUCT") and kind not in found:
            found.append(kind)
        if kind.element:
            visit(kind.element)
        for _, field in kind.fields:
            visit(field)

    for kind in (*types, TEXTS, NUMBERS, PAIR):
        visit(kind)
    return found


def forms_of(types):
    """Returns the forms of all nested types within `types`."""
    forms = [
        both(
            "named_struct",
            PAIR,
            [BIGINT, TEXT],
            "named_struct('a', {0}, 'b', {1})",
            "struct_pack(a := {0}, b := {1})",
            weight=2,
        ),
        both(
            "array_to_string",
            TEXT,
            [TEXTS],
            "array_to_string({0}, ',')",
            "CASE WHEN {0} IS NULL THEN NULL ELSE coalesce(array_to_string({0}, ','), '') END",
            weight=2,
        ),
        both(
            "string_to_array",
            TEXTS,
            [TEXT],
            "string_to_array({0}, ' ')",
            "CASE WHEN ({0}) = '' THEN [] ELSE string_split({0}, ' ') END",
        ),
    ]
    for kind in nested_types(types):
        if kind.name == "LIST":
            forms += lists(kind)
            if kind.element in (TEXT, BIGINT):
                forms += scalar_lists(kind)
        else:
            forms += structs(kind)
    return forms
