"""ClickHouse (chdb) over the day files, in SQL."""

import json
from decimal import Decimal

import chdb
from chdb import session

NAME = "ClickHouse"


def version():
    return f"{chdb.engine_version} (chdb {chdb.__version__})"


PERCENTILES = "quantilesExactInclusive(0.5, 0.9, 0.95, 0.99)(assumeNotNull(total_duration))"

QUESTIONS = {
    "q1_abandonment": """
        SELECT
            queue_name,
            count(),
            countIf(result IN ('long_abandoned', 'abandon_quit')),
            countIf(result = 'short_abandoned')
        FROM calls
        ARRAY JOIN queues.queue_name AS queue_name
        WHERE direction = 'inbound' AND has(distributions, 'acd')
        GROUP BY queue_name
        ORDER BY queue_name""",
    "q2_durations": f"""
        SELECT direction, result, calls, p[1], p[2], p[3], p[4]
        FROM (
            SELECT direction, result, count() AS calls, {PERCENTILES} AS p
            FROM calls
            WHERE total_duration IS NOT NULL
            GROUP BY direction, result
        )
        ORDER BY direction, result""",
    "q2q_queue_durations": f"""
        SELECT queue_name, calls, p[1], p[2], p[3], p[4]
        FROM (
            SELECT queue_name, count() AS calls, {PERCENTILES} AS p
            FROM calls
            ARRAY JOIN queues.queue_name AS queue_name
            WHERE total_duration IS NOT NULL
            GROUP BY queue_name
        )
        ORDER BY queue_name""",
    "q3_queue_charges": """
        WITH
            toInt64(assumeNotNull(charge_amount) * 1000000) AS millionths,
            greatest(length(queues.queue_name), 1) AS queue_count
        SELECT
            queue_name,
            formatDateTime(toStartOfMonth(start_time) AS month, '%Y-%m'),
            charge_currency,
            count(),
            toDecimal128(sum(intDiv(millionths, queue_count) + (place <= millionths % queue_count)), 6) / 1000000
        FROM calls
        ARRAY JOIN queues.queue_name AS queue_name, arrayEnumerate(queues.queue_name) AS place
        WHERE charge_amount IS NOT NULL
        GROUP BY queue_name, month, charge_currency
        ORDER BY queue_name, month, charge_currency""",
    "q4_heatmap": """
        SELECT toDayOfWeek(start_time) AS weekday, toHour(start_time) AS hour, count()
        FROM calls
        GROUP BY weekday, hour
        ORDER BY weekday, hour""",
    "q4z_local_heatmap": """
        WITH toTimeZone(start_time, 'Europe/Berlin') AS at
        SELECT toDayOfWeek(at) AS weekday, toHour(at) AS hour, count()
        FROM calls
        GROUP BY weekday, hour
        ORDER BY weekday, hour""",
    "q5_engagement": """
        SELECT
            engagement_id, direction, caller_number, callee_number, start_time, end_time, total_duration,
            consumer_number, consumer_display_name, country_name, result, caller_id, calling_party, charge,
            charge_type, charge_amount, charge_currency, extra
        FROM calls
        WHERE engagement_id = {engagement:String}
        ORDER BY start_time""",
    "q6_consumer": """
        SELECT start_time, engagement_id, direction, result, total_duration, charge_amount, charge_currency
        FROM calls
        WHERE
            consumer_number = {consumer:String}
            AND date >= toDate({month_from:String}) AND date < toDate({month_to:String})
        ORDER BY start_time, engagement_id""",
    "q7_agents": """
        SELECT user_id, count(), sum(total_duration) AS seconds
        FROM calls
        ARRAY JOIN agents.user_id AS user_id
        GROUP BY user_id
        ORDER BY seconds DESC, user_id
        LIMIT 20""",
    "q8_day": """
        SELECT section, label, calls, mean, if(section = 'currency', charge, NULL)
        FROM (
            SELECT
                multiIf(
                    grouping(result) = 0, 'result',
                    grouping(hour) = 0, 'hour',
                    grouping(charge_currency) = 0, 'currency',
                    'all'
                ) AS section,
                coalesce(result, hour, charge_currency) AS label,
                count() AS calls,
                avg(total_duration) AS mean,
                sum(charge_amount) AS charge
            FROM (
                SELECT result, formatDateTime(start_time, '%H') AS hour, charge_currency, total_duration, charge_amount
                FROM calls
                WHERE date = toDate({day_from:String})
            )
            GROUP BY GROUPING SETS ((result), (hour), (charge_currency), ())
        )
        ORDER BY section, label
        SETTINGS group_by_use_nulls = 1""",
    "q9_concurrency": """
        SELECT formatDateTime(day, '%Y-%m-%d'), max(level)
        FROM (
            SELECT
                toDate(moment) AS day,
                change,
                sum(change) OVER (ORDER BY moment, change ROWS UNBOUNDED PRECEDING) AS level
            FROM (
                SELECT change_at.1 AS moment, change_at.2 AS change
                FROM calls
                ARRAY JOIN [(start_time, 1), (assumeNotNull(end_time), -1)] AS change_at
                WHERE end_time > start_time
            )
        )
        WHERE change = 1
        GROUP BY day
        ORDER BY day""",
    "q10_repeats": """
        SELECT count(), countIf(number_before = number AND start_time <= time_before + INTERVAL 7 DAY)
        FROM (
            SELECT
                start_time,
                assumeNotNull(consumer_number) AS number,
                lagInFrame(number) OVER same AS number_before,
                lagInFrame(start_time) OVER same AS time_before
            FROM calls
            WHERE
                direction = 'inbound'
                AND startsWith(consumer_number, '+')
                AND date >= toDate({month_from:String}) - 7 AND date < toDate({month_to:String})
            WINDOW same AS (ORDER BY number, start_time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
        )
        WHERE start_time >= parseDateTime64BestEffort({month_from:String}, 3, 'UTC')""",
}


class Engine:
    questions = tuple(QUESTIONS)

    def __init__(self, lake, threads, params):
        self.session = session.Session()
        for setting in (
            f"max_threads = {threads}",
            "session_timezone = 'UTC'",
            "use_hive_partitioning = 1",
            "output_format_json_quote_64bit_integers = 0",
            "output_format_json_quote_decimals = 1",
        ):
            self.session.query(f"SET {setting}")
        # `toDate` accepts dates only.
        self.params = {name: value[:10] if name.endswith(("_from", "_to")) else value for name, value in params.items()}
        files = f"{lake}/voice_calls/date=*/calls.parquet".replace("'", "''")
        self.session.query(f"CREATE VIEW calls AS SELECT * FROM file('{files}', Parquet)")

    def answer(self, question):
        sql = QUESTIONS[question]
        taken = {name: value for name, value in self.params.items() if f"{{{name}:" in sql}
        text = self.session.query(sql, "JSONCompactEachRow", params=taken).data()
        return [tuple(json.loads(line, parse_float=Decimal)) for line in text.split("\n") if line]
