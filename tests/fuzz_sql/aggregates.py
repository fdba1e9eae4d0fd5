"""Aggregate and window functions.

`ordered` functions depend on the order of rows and get a total one. `{distinct}` and `{order}` in a
template are where DISTINCT and ORDER BY stand.
"""

from dataclasses import dataclass

from sql_types import (
    BIGINT,
    BOOLEAN,
    DECIMAL,
    DOUBLE,
    ESTIMATE,
    ORDERABLE,
    TEXT,
    WIDE_BIGINT,
    WIDE_DECIMAL,
    list_of,
)
from syntax import Form


@dataclass(frozen=True)
class AggregateForm:
    """An aggregate function. `takes_distinct` ones may have DISTINCT, `is_ordered` ones need ORDER BY."""

    form: Form
    takes_distinct: bool = False
    is_ordered: bool = False
    is_window: bool = False


def plain(name, result, args, voxlake=None, duckdb=None, weight=1, feature="", **more):
    """Returns an aggregate over `args`; a template that is left out is the usual call."""
    usual = f"{name}({{distinct}}{', '.join(f'{{{place}}}' for place in range(len(args)))}{{order}})"
    form = Form(name, result, tuple(args), voxlake or usual, duckdb or voxlake or usual, feature=feature, weight=weight)
    return AggregateForm(form, **more)


def of_any(kind):
    """Returns aggregates over one orderable type."""
    return [
        plain("count", BIGINT, [kind], takes_distinct=True, is_window=True, weight=2),
        plain("min", kind, [kind], is_window=True, weight=2),
        plain("max", kind, [kind], is_window=True, weight=2),
        plain("first_value", kind, [kind], duckdb="first({0}{order})", is_ordered=True),
        plain("last_value", kind, [kind], duckdb="last({0}{order})", is_ordered=True),
        plain("array_agg", list_of(kind), [kind], duckdb="list({distinct}{0}{order})", is_ordered=True),
    ]


# Statistics that windows have as well.
SLIDING = ("stddev", "stddev_pop", "var_pop", "var_samp")


def statistics():
    """Returns aggregates whose last digits depend on the order of evaluation."""
    forms = [
        plain(name, ESTIMATE, [kind], f"{name}(CAST({{0}} AS DOUBLE))", is_window=name in SLIDING)
        for name in ("stddev", "stddev_pop", "var_pop", "var_samp", "avg")
        for kind in (BIGINT, DECIMAL)
    ]
    forms += [
        plain(name, ESTIMATE, [BIGINT, BIGINT], f"{name}(CAST({{0}} AS DOUBLE), CAST({{1}} AS DOUBLE))")
        for name in ("covar_pop", "covar_samp", "regr_count")
    ]
    forms.append(plain("avg", ESTIMATE, [BIGINT], is_window=True, takes_distinct=True, weight=3))
    forms.append(plain("median", ESTIMATE, [BIGINT], "median(CAST({0} AS DOUBLE))"))
    for share in ("0.5", "0.9", "0", "1", "0.25"):
        for kind in (BIGINT, DOUBLE):
            ours = f"percentile_cont({share}) WITHIN GROUP (ORDER BY {{0}})"
            theirs = f"quantile_cont(CAST({{0}} AS DOUBLE), {share})"
            forms.append(plain("percentile_cont", ESTIMATE, [kind], ours, theirs, feature="percentile"))
    return forms


COUNT_ALL = AggregateForm(Form("count", BIGINT, (), "count(*)", "count(*)", weight=6), is_window=True)

AGGREGATES = [
    COUNT_ALL,
    *[form for kind in ORDERABLE for form in of_any(kind)],
    plain("sum", BIGINT, [BIGINT], takes_distinct=True, is_window=True, weight=6),
    plain("sum", DECIMAL, [DECIMAL], takes_distinct=True, is_window=True, weight=6),
    plain("sum", WIDE_BIGINT, [WIDE_BIGINT], is_window=True, feature="overflow"),
    plain("sum", WIDE_DECIMAL, [WIDE_DECIMAL], is_window=True, feature="overflow"),
    plain("sum", ESTIMATE, [DOUBLE], is_window=False),
    plain("bool_and", BOOLEAN, [BOOLEAN], is_window=True, weight=2),
    plain("bool_or", BOOLEAN, [BOOLEAN], is_window=True, weight=2),
    plain("bit_and", BIGINT, [BIGINT]),
    plain("bit_or", BIGINT, [BIGINT]),
    plain("bit_xor", BIGINT, [BIGINT]),
    plain(
        "string_agg",
        TEXT,
        [TEXT],
        "string_agg({distinct}{0}, ','{order})",
        is_ordered=True,
        weight=3,
    ),
    *statistics(),
]


def window_forms(kind):
    """Returns (form, takes IGNORE NULLS, needs a frame's total order) of functions of rows over `kind`."""
    shapes = [
        ("lag", "lag({0})"),
        ("lag", "lag({0}, 2)"),
        ("lag", "lag({0}, 1, {1})"),
        ("lead", "lead({0})"),
        ("lead", "lead({0}, 3)"),
        ("lead", "lead({0}, 1, {1})"),
        ("first_value", "first_value({0})"),
        ("last_value", "last_value({0})"),
        ("nth_value", "nth_value({0}, 2)"),
    ]
    return [
        Form(
            name,
            kind,
            (kind,) * (2 if "{1}" in text else 1),
            text,
            text,
            feature="lag" if name in ("lag", "lead") else "",
        )
        for name, text in shapes
    ]


NUMBERINGS = [
    Form("row_number", BIGINT, (), "row_number()", "row_number()", weight=3),
    Form("rank", BIGINT, (), "rank()", "rank()", weight=2),
    Form("dense_rank", BIGINT, (), "dense_rank()", "dense_rank()", weight=2),
    Form("ntile", BIGINT, (), "ntile(4)", "ntile(4)"),
    Form("percent_rank", ESTIMATE, (), "percent_rank()", "percent_rank()"),
    Form("cume_dist", ESTIMATE, (), "cume_dist()", "cume_dist()"),
]
