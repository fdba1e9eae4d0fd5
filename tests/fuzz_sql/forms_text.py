"""Forms over text: functions, LIKE, SIMILAR TO and regular expressions."""

from forms_logic import same
from sql_types import BIGINT, BOOLEAN, TEXT
from syntax import MEMBERSHIP, NOT, OTHER, Form

# Patterns that both engines' regular expressions read alike.
REGULAR_EXPRESSIONS = (
    "^a",
    "e$",
    "[0-9]+",
    "^[A-Z]",
    "(ab|in)",
    "o.*e",
    "^$",
    "^.{3,5}$",
    "_",
    "[^a-z]",
    "b?a",
    "\\\\.",
    "\\\\d{2}",
    "^\\\\+49",
    "s\\\\b",
)
LIKE_PATTERNS = (
    "a%",
    "%e",
    "%in%",
    "_b%",
    "%",
    "",
    "___",
    "%o%d",
    "Billing",
    "%\\\\%%",
    "%_",
    "A%",
    "%é%",
    "+49%",
    "%d_d%",
)
SIMILAR_PATTERNS = ("%abandoned", "b", "(in|out)bound", "[A-C]%", "%e", "___", "a|abc", "%(e|d)", "comp%|miss%", "")
SIMILAR_AS_REGEX = {
    "%abandoned": ".*abandoned",
    "b": "b",
    "(in|out)bound": "(in|out)bound",
    "[A-C]%": "[A-C].*",
    "%e": ".*e",
    "___": "...",
    "a|abc": "a|abc",
    "%(e|d)": ".*(e|d)",
    "comp%|miss%": "comp.*|miss.*",
    "": "",
}


def pattern_test(name, words, pattern, **more):
    """Returns the form of a test against a fixed pattern."""
    text = f"{{0}} {words} '{braces(pattern)}'"
    # The backslash escapes in DataFusion and PostgreSQL, and in DuckDB only with ESCAPE.
    theirs = text + (r" ESCAPE '\'" if "\\" in text else "")
    return Form(name, BOOLEAN, (TEXT,), text, theirs, MEMBERSHIP, (MEMBERSHIP + 1,), **more)


def braces(text):
    """Returns `text` escaped for a template."""
    return text.replace("\\\\", "\\").replace("{", "{{").replace("}", "}}")


def regular_expressions():
    """Returns tests and functions over regular expressions."""
    forms = []
    for pattern in map(braces, REGULAR_EXPRESSIONS):
        for operator, flags, negation in (
            ("~", "", ""),
            ("!~", "", "NOT "),
            ("~*", ", 'i'", ""),
            ("!~*", ", 'i'", "NOT "),
        ):
            forms.append(
                Form(
                    f"regular expression {operator}",
                    BOOLEAN,
                    (TEXT,),
                    f"{{0}} {operator} '{pattern}'",
                    f"({negation}regexp_matches({{0}}, '{pattern}'{flags}))",
                    # Parentheses: the precedence is below IS and comparisons in DataFusion, and
                    # above them in PostgreSQL.
                    NOT,
                    (OTHER + 1,),
                )
            )
        like = f"regexp_like({{0}}, '{pattern}')"
        forms.append(Form("regexp_like", BOOLEAN, (TEXT,), like, f"regexp_matches({{0}}, '{pattern}')"))
        for flags in ("", ", 'g'", ", 'i'", ", 'gi'"):
            forms.append(same("regexp_replace", f"regexp_replace({{0}}, '{pattern}', '<>'{flags})", TEXT, [TEXT]))
        count = f"regexp_count({{0}}, '{pattern}')"
        forms.append(Form("regexp_count", BIGINT, (TEXT,), count, f"len(regexp_extract_all({{0}}, '{pattern}'))"))
    return forms


def similar(pattern, words, negation):
    """Returns a SIMILAR TO, which DuckDB answers with a regular expression over the whole text."""
    regex = SIMILAR_AS_REGEX[pattern]
    return Form(
        "similar to",
        BOOLEAN,
        (TEXT,),
        f"{{0}} {words} '{pattern}'",
        f"({negation}regexp_full_match({{0}}, '{regex}'))",
        MEMBERSHIP,
        (MEMBERSHIP + 1,),
        feature="similar_to",
        weight=1,
    )


PATTERNS = [
    *[pattern_test("like", words, pattern) for words in ("LIKE", "NOT LIKE") for pattern in LIKE_PATTERNS],
    *[pattern_test("ilike", words, pattern) for words in ("ILIKE", "NOT ILIKE") for pattern in LIKE_PATTERNS],
    *[
        Form(
            "like with escape",
            BOOLEAN,
            (TEXT,),
            f"{{0}} {words} '%\\_%' ESCAPE '\\'",
            f"{{0}} {words} '%\\_%' ESCAPE '\\'",
            MEMBERSHIP,
            (MEMBERSHIP + 1,),
        )
        for words in ("LIKE", "NOT LIKE")
    ],
    Form("like", BOOLEAN, (TEXT, TEXT), "{0} LIKE {1}", "{0} LIKE {1}", MEMBERSHIP, (MEMBERSHIP + 1, MEMBERSHIP + 1)),
    *[similar(pattern, "SIMILAR TO", "") for pattern in SIMILAR_PATTERNS],
    *[similar(pattern, "NOT SIMILAR TO", "NOT ") for pattern in SIMILAR_PATTERNS],
]

FUNCTIONS = [
    Form("concatenation", TEXT, (TEXT, TEXT), "{0} || {1}", "{0} || {1}", OTHER, (OTHER, OTHER + 1), weight=6),
    same("concat", "concat({0}, {1}, '-')", TEXT, [TEXT, TEXT], weight=3),
    same("concat_ws", "concat_ws('/', {0}, {1})", TEXT, [TEXT, TEXT], weight=3),
    same("lower", "lower({0})", TEXT, [TEXT], weight=6),
    same("upper", "upper({0})", TEXT, [TEXT], weight=6),
    same("trim", "trim({0})", TEXT, [TEXT], weight=3),
    same("ltrim", "ltrim({0})", TEXT, [TEXT], weight=2),
    same("rtrim", "rtrim({0})", TEXT, [TEXT], weight=2),
    same("replace", "replace({0}, 'e', '__')", TEXT, [TEXT], weight=3),
    Form(
        "reverse",
        TEXT,
        (TEXT,),
        "reverse({0})",
        "array_to_string(list_reverse(regexp_extract_all({0}, '(?s).')), '')",
        weight=3,
    ),
    same("substring", "substring({0}, 2, 3)", TEXT, [TEXT], weight=3),
    same("substring to the end", "substring({0}, 4)", TEXT, [TEXT], weight=2),
    same("left", "left({0}, 2)", TEXT, [TEXT], weight=3),
    same("right", "right({0}, 3)", TEXT, [TEXT], weight=3),
    same("left without the end", "left({0}, -2)", TEXT, [TEXT]),
    same("right without the start", "right({0}, -2)", TEXT, [TEXT]),
    same("lpad", "lpad({0}, 5, '*')", TEXT, [TEXT], weight=2),
    same("rpad", "rpad({0}, 5, '*')", TEXT, [TEXT], weight=2),
    same("repeat", "repeat({0}, 2)", TEXT, [TEXT], weight=2),
    same("split_part", "split_part({0}, ' ', 1)", TEXT, [TEXT], weight=2),
    same("split_part from the end", "split_part({0}, '_', -1)", TEXT, [TEXT], weight=2),
    same("translate", "translate({0}, 'aeiou', 'AE')", TEXT, [TEXT], weight=2),
    same("text of a number", "CAST({0} AS VARCHAR)", TEXT, [BIGINT], weight=3),
    same("text of a boolean", "CAST({0} AS VARCHAR)", TEXT, [BOOLEAN], weight=2),
    Form("length", BIGINT, (TEXT,), "character_length({0})", "length({0})", weight=8),
    Form("octet_length", BIGINT, (TEXT,), "octet_length({0})", "strlen({0})", weight=3),
    same("strpos", "strpos({0}, 'e')", BIGINT, [TEXT], weight=3),
    same("strpos of text", "strpos({0}, {1})", BIGINT, [TEXT, TEXT], weight=3),
    same("ascii", "ascii({0})", BIGINT, [TEXT], weight=2),
    same("starts_with", "starts_with({0}, {1})", BOOLEAN, [TEXT, TEXT], weight=2),
    same("contains", "contains({0}, {1})", BOOLEAN, [TEXT, TEXT], weight=2),
    same("ends_with", "ends_with({0}, {1})", BOOLEAN, [TEXT, TEXT], weight=2),
    same("number of a text", "TRY_CAST({0} AS BIGINT)", BIGINT, [TEXT], feature="try_cast"),
]

FORMS = [*FUNCTIONS, *PATTERNS, *regular_expressions()]
