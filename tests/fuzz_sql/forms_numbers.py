"""Forms over numbers.

Divisors are never zero, since DuckDB and DataFusion disagree on when a division by zero is an error.
Decimals are divided as doubles, since the scale of a quotient is each engine's own.
"""

from forms_logic import same
from sql_types import BIGINT, BOOLEAN, DECIMAL, DOUBLE, ESTIMATE, WIDE_BIGINT, WIDE_DECIMAL
from syntax import ATOM, PRODUCT, SIGN, SUM, Form


def arithmetic(operator, kind, level, **more):
    """Returns `+`, `-` or `*` over one type."""
    text = f"{{0}} {operator} {{1}}"
    return Form(operator, kind, (kind, kind), text, text, level, (level, level + 1), **more)


def negation(kind):
    """Returns the sign."""
    return Form("negative", kind, (kind,), "-{0}", "-{0}", SIGN, (ATOM,))


def quotients():
    """Returns divisions whose divisor cannot be zero."""
    whole = "{0} / nullif({1}, 0)"
    return [
        Form("divide", BIGINT, (BIGINT, BIGINT), whole, "{0} // nullif({1}, 0)", PRODUCT, (PRODUCT, 0)),
        Form("modulo", BIGINT, (BIGINT, BIGINT), "{0} % nullif({1}, 0)", "{0} % nullif({1}, 0)", PRODUCT, (PRODUCT, 0)),
        Form("divide by 7", BIGINT, (BIGINT,), "{0} / 7", "{0} // 7", PRODUCT, (PRODUCT,)),
        Form("modulo 5", BIGINT, (BIGINT,), "{0} % 5", "{0} % 5", PRODUCT, (PRODUCT,), weight=3),
        Form("modulo", DECIMAL, (DECIMAL,), "{0} % 3", "{0} % 3", PRODUCT, (PRODUCT,)),
        same("divide", "CAST({0} AS DOUBLE) / nullif(CAST({1} AS DOUBLE), 0)", ESTIMATE, [BIGINT, BIGINT]),
        same("divide", "CAST({0} AS DOUBLE) / nullif(CAST({1} AS DOUBLE), 0)", ESTIMATE, [DECIMAL, DECIMAL]),
    ]


FORMS = [
    *[arithmetic("+", kind, SUM, weight=3) for kind in (BIGINT, DECIMAL)],
    *[arithmetic("-", kind, SUM, weight=3) for kind in (BIGINT, DECIMAL)],
    # DuckDB's product of constants has 32 bits.
    Form("*", BIGINT, (BIGINT, BIGINT), "{0} * {1}", "CAST({0} AS BIGINT) * {1}", PRODUCT, (PRODUCT, PRODUCT + 1)),
    # DuckDB's product has the digits of the larger operand, DataFusion's those of both.
    Form("times 3", DECIMAL, (DECIMAL,), "{0} * 3", "CAST({0} AS DECIMAL(30, 6)) * 3", PRODUCT, (PRODUCT,)),
    *[arithmetic("+", kind, SUM, feature="overflow") for kind in (WIDE_BIGINT, WIDE_DECIMAL)],
    *[arithmetic("-", kind, SUM, feature="overflow") for kind in (WIDE_BIGINT, WIDE_DECIMAL)],
    arithmetic("*", WIDE_BIGINT, PRODUCT, feature="overflow"),
    arithmetic("*", WIDE_DECIMAL, PRODUCT, feature="overflow"),
    *[negation(kind) for kind in (BIGINT, DECIMAL, DOUBLE)],
    *[same("abs", "abs({0})", kind, [kind], weight=2) for kind in (BIGINT, DECIMAL, DOUBLE)],
    *quotients(),
    same("bit and", "(({0}) & ({1}))", BIGINT, [BIGINT, BIGINT]),
    same("bit or", "(({0}) | ({1}))", BIGINT, [BIGINT, BIGINT]),
    same("number of a boolean", "CAST({0} AS INT)", BIGINT, [BOOLEAN], weight=2),
    same("cast", "CAST({0} AS DECIMAL(18, 6))", DECIMAL, [BIGINT]),
    same("cast to cents", "CAST({0} AS DECIMAL(18, 2))", DECIMAL, [DECIMAL]),
    same("cast", "CAST({0} AS DOUBLE)", DOUBLE, [BIGINT], weight=2),
    same("cast", "CAST({0} AS DOUBLE)", ESTIMATE, [DECIMAL]),
    same("cast", "CAST({0} AS DECIMAL(38, 0))", WIDE_DECIMAL, [WIDE_BIGINT]),
    same("cast", "CAST({0} AS BIGINT)", WIDE_BIGINT, [BIGINT]),
    # DuckDB's result has 2 decimals, and so have values that it is combined with.
    Form("round", DECIMAL, (DECIMAL,), "round({0}, 2)", "CAST(round({0}, 2) AS DECIMAL(30, 6))"),
    same("ceil", "ceil({0})", DOUBLE, [DOUBLE]),
    same("floor", "floor({0})", DOUBLE, [DOUBLE]),
    Form("sign", DOUBLE, (BIGINT,), "signum({0})", "CAST(sign({0}) AS DOUBLE)"),
    same("sqrt", "sqrt(abs({0}))", ESTIMATE, [DOUBLE]),
    same("ln", "ln(abs({0}) + 1)", ESTIMATE, [DOUBLE]),
    same("sum of doubles", "{0} + CAST({1} AS DOUBLE) * 2", ESTIMATE, [DOUBLE, BIGINT]),
    same("gcd", "gcd({0}, {1})", BIGINT, [BIGINT, BIGINT]),
]
