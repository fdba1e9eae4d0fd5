"""Users' tables with values that queries get wrong: NULLs, duplicates, limits of types, odd text.

They are small, so that joins without a condition stay cheap, and share names for USING and NATURAL.
Row groups are smaller still, so that some of them are pruned.
"""

from datetime import date, datetime, timezone
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet

ROWS_PER_GROUP = 5
MAX_BIGINT, MIN_BIGINT = 2**63 - 1, -(2**63)
MAX_DECIMAL = 10**38 - 1
# Columns near the limits of their types.
WIDE_COLUMNS = ("big", "huge")
# Columns that identify a row.
KEYS = {
    "numbers": ("id",),
    "words": ("id",),
    "moments": ("id",),
    "staffing": ("staffing_id",),
    "prices": ("price_id",),
    "vip": ("vip_id",),
    "left_rows": ("id",),
    "right_rows": ("right_id",),
    "nested": ("id",),
    "no_rows": ("id",),
}


def numbers():
    """Numbers at and near their limits."""
    big = [MAX_BIGINT, MIN_BIGINT, 0, None, 1, -1, MAX_BIGINT - 1, 2**53 + 1, 2**53, None, 2**31, -(2**31) - 1]
    huge = [MAX_DECIMAL, -MAX_DECIMAL, 0, None, 1, -1, 10**37, 2**64, MAX_BIGINT + 1, None, 5, MAX_DECIMAL - 1]
    amount = ["999999999999.999999", "-999999999999.999999", "0", None, "0.000001", "-0.000001", "1.5", "2.5", "-2.5"]
    ratio = [0.5, -1.25, 0.0, None, 1e300, 1e-300, -2.0, 0.1, 0.2, 0.3, 1.0, float("inf"), float("-inf"), float("nan")]
    rows = 24
    return pa.table(
        {
            "id": pa.array(range(1, rows + 1), pa.int64()),
            "tiny": pa.array([None if n % 7 == 3 else n % 5 - 2 for n in range(rows)], pa.int64()),
            "small": pa.array([None if n % 11 == 5 else n % 3 for n in range(rows)], pa.int32()),
            "big": pa.array([big[n % len(big)] for n in range(rows)], pa.int64()),
            "amount": decimals([amount[n % len(amount)] for n in range(rows)], 18, 6),
            "huge": decimals([huge[n % len(huge)] for n in range(rows)], 38, 0),
            "ratio": pa.array([ratio[n % len(ratio)] for n in range(rows)], pa.float64()),
            "flag": pa.array([[True, False, None][n % 3] for n in range(rows)], pa.bool_()),
        }
    )


def decimals(values, precision, scale):
    """An array of decimals, of their texts or whole numbers."""
    kind = pa.decimal128(precision, scale)
    return pa.array([None if value is None else Decimal(value) for value in values], kind)


def words():
    """Text: empty, blank, NULL, with wildcards, quotes, and letters beyond ASCII."""
    texts = ["", " ", None, "a", "A", "ab", "a%b", "a_b", "O'Brien", "\\", "é", "É", "Ö", "naïve", "日本語"]
    texts += [
        "🙂",
        "Billing",
        "billing",
        "Ghost",
        None,
        "aaa",
        " padded ",
        "tab\there",
        "line\nbreak",
        "inbound",
        "10",
        "9",
    ]
    patterns = ["a%", "%", "_", "%b%", None, "", "B%g", "%e%", "a_b"]
    names = ["Billing", "Claims", None, "Ghost", "Orders", ""]
    return pa.table(
        {
            "id": pa.array(range(1, len(texts) + 1), pa.int64()),
            "word": pa.array(texts, pa.string()),
            "other": pa.array([texts[(n * 7 + 3) % len(texts)] for n in range(len(texts))], pa.string()),
            "pattern": pa.array([patterns[n % len(patterns)] for n in range(len(texts))], pa.string()),
            "queue_name": pa.array([names[n % len(names)] for n in range(len(texts))], pa.string()),
            "tiny": pa.array([None if n % 6 == 5 else n % 4 for n in range(len(texts))], pa.int64()),
        }
    )


def moments():
    """Dates and times: before 1970, leap days, ends of months, and within the sample's week."""
    days = [date(1969, 12, 31), date(1970, 1, 1), date(2024, 2, 29), date(2026, 1, 31), date(2026, 11, 4), None]
    days += [
        date(1899, 12, 31),
        date(2026, 12, 31),
        date(2026, 11, 2),
        date(2100, 2, 28),
        date(2026, 11, 4),
        date(2000, 1, 1),
    ]
    times = [(23, 59, 59, 999000), (0, 0, 0, 0), (12, 30, 0, 0), (5, 0, 0, 1000), (18, 15, 30, 500000)]
    rows = 20
    stamps = []
    for n in range(rows):
        day = days[(n * 5 + 1) % len(days)]
        stamps.append(None if day is None else datetime(day.year, day.month, day.day, *times[n % len(times)]))
    zoned = [
        None if n % 6 == 2 else datetime(2026, 11, 2 + n % 7, *times[n % 5], tzinfo=timezone.utc) for n in range(rows)
    ]
    return pa.table(
        {
            "id": pa.array(range(1, rows + 1), pa.int64()),
            "day": pa.array([days[n % len(days)] for n in range(rows)], pa.date32()),
            "other_day": pa.array([days[(n * 7 + 2) % len(days)] for n in range(rows)], pa.date32()),
            "stamp": pa.array(stamps, pa.timestamp("us")),
            "moment": pa.array(zoned, pa.timestamp("ms", tz="UTC")),
            "tiny": pa.array([None if n % 5 == 4 else n % 3 for n in range(rows)], pa.int64()),
        }
    )


def staffing():
    """Queues with agents: some twice, one that no call names, one NULL."""
    names = ["Billing", "Claims", "Ghost", None, "Orders", "Billing", "Technical Support", "", "Ghost", None]
    return pa.table(
        {
            "staffing_id": pa.array(range(1, len(names) + 1), pa.int64()),
            "queue_name": pa.array(names, pa.string()),
            "seats": pa.array([6, 9, 3, 1, None, 7, 12, 0, 3, None], pa.int64()),
            "team": pa.array(["red", "blue", None, "red", "blue", "blue", None, "red", "red", "blue"], pa.string()),
        }
    )


def prices():
    """Prices by queue and result, with validity."""
    names = ["Billing", "Claims", "Ghost", None, "Orders", "Billing", "Account Services", "Claims"]
    results = ["completed", "completed", "missed", None, "long_abandoned", "completed", "short_calls", None]
    since = [None if n == 3 else datetime(2026, 11, 1 + n, 8, tzinfo=timezone.utc) for n in range(len(names))]
    return pa.table(
        {
            "price_id": pa.array(range(1, len(names) + 1), pa.int64()),
            "queue_name": pa.array(names, pa.string()),
            "result": pa.array(results, pa.string()),
            "rate": decimals(["0.019", "0.5", "0", None, "1.25", "0.02", "3", "0.5"], 18, 6),
            "since": pa.array(since, pa.timestamp("ms", tz="UTC")),
        }
    )


def vip():
    """Numbers of callers, one of them NULL from a later day on."""
    since = [datetime(2026, 11, day, tzinfo=timezone.utc) for day in (1, 6, 3, 5)]
    return pa.table(
        {
            "vip_id": pa.array([1, 2, 3, 4], pa.int64()),
            "consumer_number": pa.array(["+1", None, "+4930", "anonymous"], pa.string()),
            "since": pa.array(since, pa.timestamp("ms", tz="UTC")),
        }
    )


def left_rows():
    """The left side of joins over common names, with NULLs and duplicates."""
    return pa.table(
        {
            "id": pa.array(range(1, 11), pa.int64()),
            "k": pa.array([1, 1, 2, None, 3, 4, None, 2, 5, 6], pa.int64()),
            "v": pa.array(["a", "b", None, "a", "c", "c", None, "b", "z", ""], pa.string()),
            "a": pa.array([10, 20, 30, 40, None, 60, 70, 80, 90, 100], pa.int64()),
        }
    )


def right_rows():
    """The right side of joins over common names, with NULLs and duplicates."""
    return pa.table(
        {
            "right_id": pa.array(range(1, 9), pa.int64()),
            "k": pa.array([1, 2, 2, None, 7, 4, None, 1], pa.int64()),
            "v": pa.array(["a", None, "b", "a", "x", "c", None, "z"], pa.string()),
            "b": pa.array([1, 2, 3, None, 5, 6, 7, 8], pa.int64()),
        }
    )


def nested():
    """Lists and structs: empty, NULL, with NULL entries, with duplicates."""
    tags = [["a", "b"], [], None, [None], ["a", None, "a"], ["é", ""], ["b"], ["x", "y", "z"]]
    counts = [[1, 2, 3], None, [], [None, 1], [5, 5, -5], [0], [2, 1], [MAX_BIGINT]]
    pairs = [{"a": 1, "b": "x"}, None, {"a": None, "b": None}, {"a": 2, "b": ""}] * 2
    listed = [
        [{"a": 1, "b": "x"}, {"a": 2, "b": None}],
        None,
        [],
        [None],
        [{"a": None, "b": "y"}],
        [],
        [{"a": 3, "b": "z"}] * 2,
    ]
    listed.append([{"a": 4, "b": "é"}])
    pair = pa.struct([("a", pa.int64()), ("b", pa.string())])
    return pa.table(
        {
            "id": pa.array(range(1, 9), pa.int64()),
            "tags": pa.array(tags, pa.list_(pa.string())),
            "counts": pa.array(counts, pa.list_(pa.int64())),
            "pair": pa.array(pairs, pair),
            "pairs": pa.array(listed, pa.list_(pair)),
        }
    )


def no_rows():
    """A table without rows."""
    return pa.table(
        {
            "id": pa.array([], pa.int64()),
            "k": pa.array([], pa.int64()),
            "v": pa.array([], pa.string()),
            "queue_name": pa.array([], pa.string()),
        }
    )


MAKERS = (numbers, words, moments, staffing, prices, vip, left_rows, right_rows, nested, no_rows)


def write(folder):
    """Writes each table as a Parquet file into `folder`."""
    for maker in MAKERS:
        pa.parquet.write_table(maker(), folder / f"{maker.__name__}.parquet", row_group_size=ROWS_PER_GROUP)
