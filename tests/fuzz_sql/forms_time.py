"""Forms over dates, timestamps and intervals.

`INSTANT` is a timestamp with time zone; both sessions are in UTC. Intervals of months are added to
dates and timestamps only: an interval is compared and shown only where it is a number of days and time.
"""

from forms_logic import COMPARISONS, infix, same
from sql_types import BIGINT, BOOLEAN, DATE, DOUBLE, INSTANT, INTERVAL, TEXT, TIMESTAMP
from syntax import SUM, Form

STEPS = (
    "1 day",
    "-1 day",
    "36 hours",
    "90 minutes",
    "1 month",
    "-13 months",
    "2 weeks",
    "1 year",
    "0 days",
    "1 month -1 day",
    "15 seconds",
    "1 day 12 hours",
)
UNITS = ("hour", "day", "week", "month", "quarter", "year", "minute", "second")
PARTS = ("year", "month", "day", "hour", "minute", "quarter", "week", "doy", "dow", "second")


def steps(kind):
    """Returns additions of fixed intervals."""
    forms = []
    for step in STEPS:
        for operator in "+-":
            text = f"{{0}} {operator} INTERVAL '{step}'"
            forms.append(Form(f"{operator} interval", kind, (kind,), text, text, SUM, (SUM,)))
    return forms


def date_steps():
    """Returns additions to dates: the sum is cast, as it is a timestamp to DuckDB and a date to DataFusion."""
    forms = []
    for step in (step for step in STEPS if not any(unit in step for unit in ("hour", "minute", "second"))):
        for operator in "+-":
            text = f"CAST({{0}} {operator} INTERVAL '{step}' AS DATE)"
            forms.append(Form("date step", DATE, (DATE,), text, text, operands=(SUM,)))
    return forms


def truncations():
    """Returns date_trunc over all types of time."""
    forms = []
    for unit in UNITS:
        text = f"date_trunc('{unit}', {{0}})"
        forms += [same("date_trunc", text, kind, [kind], weight=2) for kind in (TIMESTAMP, INSTANT)]
        if unit in ("day", "week", "month", "quarter", "year"):
            forms.append(same("date_trunc", f"CAST({text} AS DATE)", DATE, [DATE], weight=2))
    return forms


def parts():
    """Returns parts of dates and times as whole numbers."""
    forms = []
    for part in PARTS:
        for kind in (DATE, TIMESTAMP, INSTANT):
            if kind == DATE and part in ("hour", "minute", "second"):
                continue
            for text in (f"date_part('{part}', {{0}})", f"extract({part} FROM {{0}})"):
                forms.append(same("date_part", text, BIGINT, [kind]))
    return forms


def intervals():
    """Returns comparisons of intervals and differences of times."""
    forms = [infix(operator, INTERVAL, INTERVAL, feature="interval_comparison") for operator in COMPARISONS]
    for step in ("1 day", "36 hours", "90 minutes", "-1 day", "7 days", "25 hours"):
        forms.append(same("interval", f"INTERVAL '{step}'", INTERVAL, []))
    for kind in (TIMESTAMP, INSTANT):
        forms.append(Form("difference of times", INTERVAL, (kind, kind), "{0} - {1}", "{0} - {1}", SUM, (SUM, SUM + 1)))
    return forms


def epoch(kind, divisor=""):
    """Returns the whole seconds since 1970."""
    return Form(
        "epoch",
        BIGINT,
        (kind,),
        "CAST(floor(date_part('epoch', {0})) AS BIGINT)",
        "CAST(floor(epoch({0})) AS BIGINT)",
    )


FORMS = [
    *steps(TIMESTAMP),
    *steps(INSTANT),
    *date_steps(),
    *truncations(),
    *parts(),
    *intervals(),
    *[epoch(kind) for kind in (TIMESTAMP, INSTANT)],
    *[same("date of a time", "CAST({0} AS DATE)", DATE, [kind], weight=8) for kind in (TIMESTAMP, INSTANT)],
    same("time of a date", "CAST({0} AS TIMESTAMP)", TIMESTAMP, [DATE], weight=3),
    same("time zone removed", "CAST({0} AS TIMESTAMP)", TIMESTAMP, [INSTANT], weight=3),
    Form(
        "bins of time",
        TIMESTAMP,
        (TIMESTAMP,),
        "date_bin(INTERVAL '15 minutes', {0}, TIMESTAMP '2001-01-01 00:00:00')",
        "time_bucket(INTERVAL '15 minutes', {0}, TIMESTAMP '2001-01-01 00:00:00')",
        weight=3,
    ),
    Form(
        "days between",
        BIGINT,
        (DATE, DATE),
        "CAST(CAST({0} AS INT) - CAST({1} AS INT) AS BIGINT)",
        "({0} - {1})",
        operands=(0, 0),
        weight=3,
    ),
    Form(
        "make_date",
        DATE,
        (BIGINT,),
        "make_date(2026, CAST(abs({0} % 12) + 1 AS INT), 28)",
        "make_date(2026, CAST(abs({0} % 12) + 1 AS INT), 28)",
        operands=(11,),
    ),
    same("text of a date", "CAST({0} AS VARCHAR)", TEXT, [DATE], weight=2),
    Form("to_char", TEXT, (TIMESTAMP,), "to_char({0}, '%Y-%m-%d %H:%M')", "strftime({0}, '%Y-%m-%d %H:%M')", weight=2),
    same("date is a day", "{0} = DATE '2026-11-04'", BOOLEAN, [DATE], operands=(6,), level=5),
    same("before a day", "{0} < '2026-11-05'", BOOLEAN, [INSTANT], operands=(6,), level=5),
    same("after a time", "{0} >= TIMESTAMP '2026-11-04 12:30:00'", BOOLEAN, [INSTANT], operands=(6,), level=5),
    same("seconds", "CAST(date_part('epoch', {0}) AS DOUBLE)", DOUBLE, [TIMESTAMP]),
]
