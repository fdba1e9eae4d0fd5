"""The named queries once more, in DuckDB's SQL over the raw files, in other ways than ours where there are some.

`prepare` makes the tables of a period in a zone; `CASES` lists (query, parameters, SQL of the answer).
Decimals are made of whole numbers, as DuckDB divides decimals in floating point.
"""

CLASSES = {
    "handled": ["completed", "short_calls", "long_calls"],
    "abandoned": ["long_abandoned", "abandon_quit"],
    "short_abandoned": ["short_abandoned"],
    "hold_abandoned": ["hold_abandoned"],
    "callback_abandoned": ["callback_abandoned_by_consumer"],
    "overflowed": ["overflowed", "overflowed_to_inbox", "overflowed_to_disconnect"],
    "not_answered": ["missed", "declined"],
    "contained": ["contained"],
}
HIDDEN = "('', 'anonymous', 'private', 'restricted', 'unavailable', 'unknown')"
FORMATS = {
    "hour": "%H",
    "weekday": "%u %A",
    "day": "%Y-%m-%d",
    "week": "%G-W%V",
    "month": "%Y-%m",
}


def prepare(connection, period, zone):
    """Tables of the calls of `period`, with local times of `zone`.

    calls: one row per call, charges in millionths, times in ms; visits: call and queue; named: call and
    agent, team or flow, by kind; legs: leg of a call.
    """
    start, end = period
    whens = " ".join(
        f"WHEN result IN ({', '.join(repr(result) for result in results)}) THEN '{name}'"
        for name, results in CLASSES.items()
    )
    for statement in f"""
        CREATE OR REPLACE MACRO class_of(result) AS CASE {whens} ELSE 'unclassified' END;
        CREATE OR REPLACE MACRO fixed(x, one) AS CASE WHEN x IS NULL THEN NULL ELSE
            CASE WHEN x < 0 THEN '-' ELSE '' END || CAST(abs(x) // one AS VARCHAR) || '.'
            || lpad(CAST(abs(x) % one AS VARCHAR), CAST(log10(one) AS INT), '0') END;
        CREATE OR REPLACE MACRO ratio(a, b, one) AS
            CASE WHEN b <> 0 THEN fixed((2 * CAST(a AS HUGEINT) * one + b) // (2 * b), one) END;
        CREATE OR REPLACE MACRO money(x) AS fixed(CAST(x AS HUGEINT), 1000000);
        CREATE OR REPLACE MACRO from_ms() AS epoch_ms(TIMESTAMPTZ '{start}');
        CREATE OR REPLACE MACRO to_ms() AS epoch_ms(TIMESTAMPTZ '{end}');
        CREATE OR REPLACE MACRO local_at(ms) AS make_timestamptz(CAST(ms AS BIGINT) * 1000) AT TIME ZONE '{zone}';
        CREATE OR REPLACE TABLE everything AS
            SELECT
                *,
                epoch_ms(start_time) AS begins,
                coalesce(epoch_ms(end_time), epoch_ms(start_time) + 1000 * total_duration) AS ends,
                local_at(epoch_ms(start_time)) AS local,
                class_of(result) AS class,
                CAST(charge_amount * 1000000 AS BIGINT) AS millionths,
                CASE WHEN lower(trim(coalesce(consumer_number, ''))) NOT IN {HIDDEN} THEN consumer_number END AS number
            FROM raw;
        CREATE OR REPLACE TABLE calls AS
            SELECT
                *,
                direction IS NOT DISTINCT FROM 'inbound'
                    AND coalesce(list_contains(distributions, 'acd'), false) AND class <> 'contained' AS offered
            FROM everything WHERE begins >= from_ms() AND begins < to_ms();
        CREATE OR REPLACE TABLE legs AS
            SELECT
                engagement_id, place, unnest(voice_call_details[place : place]) AS leg,
                begins, local, millionths, charge_currency
            FROM (SELECT *, unnest(range(1, len(voice_call_details) + 1)) AS place FROM calls);
        CREATE OR REPLACE TABLE queues_of AS
            SELECT
                * EXCLUDE (queues), queues AS list, unnest(queues).cc_queue_id AS id, unnest(queues).queue_name AS name,
                unnest(range(1, len(queues) + 1)) AS place, len(queues) AS places
            FROM calls;
        CREATE OR REPLACE TABLE by_leg AS
            SELECT
                engagement_id, leg.queue.cc_queue_id AS id, arg_max(leg.result, place) AS leg_result,
                coalesce(sum(CAST(leg.charge_amount * 1000000 AS BIGINT)), 0) AS leg_millionths
            FROM legs WHERE leg.queue.cc_queue_id IS NOT NULL GROUP BY ALL;
        CREATE OR REPLACE TABLE tell AS
            SELECT engagement_id FROM legs WHERE leg.charge_amount IS NOT NULL AND millionths IS NOT NULL
            GROUP BY engagement_id, charge_currency
            HAVING bool_and(leg.charge_currency IS NOT DISTINCT FROM charge_currency);
        CREATE OR REPLACE TABLE visits AS
            SELECT
                q.*, class_of(coalesce(leg_result, q.result)) AS class_here,
                CASE WHEN tell.engagement_id IS NOT NULL THEN coalesce(leg_millionths, 0) END AS cost_legs,
                millionths // places + CASE WHEN place <= millionths % places THEN 1 ELSE 0 END AS cost_split
            FROM queues_of AS q LEFT JOIN by_leg USING (engagement_id, id) LEFT JOIN tell USING (engagement_id);
        CREATE OR REPLACE TABLE people AS
            SELECT
                * EXCLUDE (agents), unnest(agents).user_id AS id, unnest(agents).display_name AS name,
                unnest(agents) AS agent, unnest(range(1, len(agents) + 1)) AS place, len(agents) AS places
            FROM calls;
        CREATE OR REPLACE TABLE teams_of AS
            SELECT DISTINCT
                engagement_id, unnest(agent.team_ids) AS id, unnest(agent.team_names) AS name
            FROM people;
        CREATE OR REPLACE TABLE flows_of AS
            SELECT DISTINCT engagement_id, unnest(flows).flow_id AS id, unnest(flows).flow_name AS name FROM calls;
        CREATE OR REPLACE TABLE seconds_of_period AS
            SELECT ms, local_at(ms) AS local, least(ms + 60000, to_ms()) - greatest(ms, from_ms()) AS length
            FROM (SELECT unnest(range(from_ms() // 60000 * 60000, to_ms(), 60000)) AS ms);
    """.split(";\n"):
        if statement.strip():
            connection.execute(statement)


def members(by, cls="class"):
    """SQL of one row per call and group: id, name, and the columns of the call."""
    if by == "total":
        return "SELECT NULL AS gid, NULL AS gname, * FROM calls WHERE false"
    if by in FORMATS:
        return f"SELECT strftime(local, '{FORMATS[by]}') AS gid, gid AS gname, * FROM calls"
    if by == "queue":
        # An alias of its own, as a queue has a result of its own.
        return (
            "SELECT id AS gid, name AS gname, * EXCLUDE (class), class_here AS class FROM visits "
            "UNION ALL BY NAME SELECT NULL AS gid, NULL AS gname, *, NULL AS id FROM calls WHERE coalesce(len(queues), 0) = 0"
        )
    if by == "agent":
        return (
            "SELECT id AS gid, name AS gname, * FROM people "
            "UNION ALL BY NAME SELECT NULL AS gid, NULL AS gname, * FROM calls WHERE coalesce(len(agents), 0) = 0"
        )
    if by in ("team", "flow"):
        return (
            f"SELECT g.id AS gid, g.name AS gname, calls.* FROM calls LEFT JOIN {by}s_of AS g USING (engagement_id)"
        )
    value = {
        "direction": "direction",
        "class": "class",
        "country": "country_name",
        "charge_type": "charge_type",
        "number_type": "CASE direction WHEN 'outbound' THEN caller_number_type ELSE callee_number_type END",
    }[by]
    return f"SELECT {value} AS gid, gid AS gname, * FROM calls"


def lined(by, figures, where="true", total=None):
    """SQL of the lines of groups, none and total, each with the same figures."""
    return f"""
        SELECT CASE WHEN gid IS NULL THEN 'none' ELSE 'group' END AS line, gid, max(gname), {figures}
        FROM ({members(by)}) WHERE {where} GROUP BY gid
        UNION ALL SELECT 'total', NULL, NULL, {figures} FROM calls WHERE {total or where}"""


def abandonment_rate(by):
    counted = lambda name: f"count(*) FILTER (WHERE class = '{name}')"  # noqa: E731
    base = f"(count(*) - {counted('short_abandoned')})"
    gross = f"({counted('abandoned')} + {counted('short_abandoned')})"
    figures = f"""count(*), {counted('handled')}, {counted('abandoned')}, {counted('short_abandoned')},
        {counted('hold_abandoned')}, {counted('unclassified')}, {base},
        ratio({counted('abandoned')}, {base}, 1000000), ratio({gross}, count(*), 1000000),
        'abandoned / (offered - short_abandoned)'"""
    inbound = "direction = 'inbound' AND list_contains(distributions, 'acd') AND class <> 'contained'"
    return lined(by, figures, inbound)


def duration_percentiles(by):
    percentiles = ", ".join(
        f"CASE WHEN count(total_duration) > 0 THEN printf('%.2f', quantile_cont(total_duration, {p})) END"
        for p in (0.5, 0.75, 0.9, 0.95, 0.99)
    )
    return lined(
        by,
        f"""count(total_duration), count(*) - count(total_duration), {percentiles},
        ratio(sum(total_duration), count(total_duration), 1000), max(total_duration)""",
    )


def period_label(per, local="local"):
    return f"strftime({local}, '{FORMATS[per]}')" if per != "all" else "'all'"


def queue_charges(attribution, per):
    label = period_label(per)
    cost = {
        "legs": "cost_legs",
        "split": "cost_split",
        "first": "CASE WHEN place = 1 THEN millionths ELSE 0 * millionths END",
        "last": "CASE WHEN place = places THEN millionths ELSE 0 * millionths END",
        "auto": "coalesce(cost_legs, cost_split)",
    }[attribution]
    left = "millionths - coalesce(borne, 0)"
    return f"""
        WITH borne AS (SELECT engagement_id, sum({cost}) AS borne FROM visits GROUP BY ALL),
        whole AS (SELECT *, {left} AS remains FROM calls LEFT JOIN borne USING (engagement_id))
        SELECT 'queue', {label}, id, max(name), charge_currency, count(*), count(*) - count(millionths),
            money(sum({cost})), NULL
        FROM visits GROUP BY {label}, id, charge_currency
        UNION ALL SELECT 'unallocated', {label}, NULL, NULL, charge_currency, count(*), count(*) - count(remains),
            money(sum(remains)), NULL
        FROM whole WHERE remains <> 0 OR coalesce(len(queues), 0) = 0 GROUP BY {label}, charge_currency
        UNION ALL SELECT 'total', {label}, NULL, NULL, charge_currency, count(*), count(*) - count(millionths),
            money(sum(millionths)), '0.000000'
        FROM calls GROUP BY {label}, charge_currency"""


def charges(by):
    share = "millionths"
    if by == "agent":
        share = "CASE WHEN gid IS NULL THEN millionths ELSE millionths // places + CASE WHEN place <= millionths % places THEN 1 ELSE 0 END END"
    zero = "NULL" if by == "total" else "'0.000000'"
    return f"""
        SELECT CASE WHEN gid IS NULL THEN 'none' ELSE 'group' END, gid, max(gname), charge_currency, count(*),
            count(*) - count(millionths), sum(total_duration), money(sum({share})), NULL
        FROM ({members(by)}) GROUP BY gid, charge_currency
        UNION ALL SELECT 'total', NULL, NULL, charge_currency, count(*), count(*) - count(millionths),
            sum(total_duration), money(sum(millionths)), {zero}
        FROM calls GROUP BY charge_currency"""


def charge_audit(minutes):
    # Minutes begun, counted one by one: those that begin within the seconds of the leg.
    ran = "(epoch_ms(leg.start_time) - begins) // 1000" if minutes == "call" else "0"
    return f"""
        WITH items AS (
            SELECT
                engagement_id, begins, local, place, leg.charge_currency AS currency, leg.total_duration AS seconds,
                len(list_filter(range(0, {ran} + leg.total_duration, 60), lambda second: second >= {ran})) AS minutes,
                CAST(CAST(replace(leg.rate, '$', '') AS DECIMAL(18, 6)) * 1000000 AS BIGINT) AS rate,
                CAST(leg.charge_amount * 1000000 AS BIGINT) AS charge,
                leg.charge_type IS NOT DISTINCT FROM 'per_minute' AND rate IS NOT NULL AND charge IS NOT NULL AS checked
            FROM legs
        )
        SELECT 'mismatch', engagement_id, strftime(local, '%Y-%m-%d %H:%M:%S'), place, currency, seconds, minutes,
            money(rate), money(minutes * rate), money(charge), money(charge - minutes * rate), NULL, NULL, NULL
        FROM items WHERE checked AND charge <> minutes * rate
        UNION ALL SELECT 'total', NULL, NULL, NULL, currency, sum(seconds) FILTER (WHERE checked),
            sum(minutes) FILTER (WHERE checked), NULL, money(sum(minutes * rate) FILTER (WHERE checked)),
            money(sum(charge) FILTER (WHERE checked)), money(sum(charge - minutes * rate) FILTER (WHERE checked)),
            count(*) FILTER (WHERE checked), count(*) FILTER (WHERE checked AND charge <> minutes * rate),
            count(*) FILTER (WHERE NOT checked)
        FROM items GROUP BY currency"""


def directed(direction):
    return "true" if direction == "all" else f"direction = '{direction}'"


def call_volume(by, direction):
    day = {"weekday_hour": "weekday", "weekday": "weekday", "day_hour": "day", "day": "day"}.get(by)
    day = period_label(day) if day else "'all'"
    hour = "'all'" if by in ("weekday", "day") else "strftime(local, '%H')"
    return f"""
        WITH cells AS (
            SELECT {day} AS day, {hour} AS hour, sum(length) AS length FROM seconds_of_period GROUP BY ALL
        ),
        counted AS (
            SELECT {day} AS day, {hour} AS hour, count(*) AS n FROM calls WHERE {directed(direction)} GROUP BY ALL
        )
        SELECT 'cell', day, hour, coalesce(n, 0), ratio(length, 3600000, 1000),
            ratio(coalesce(n, 0) * 3600000, length, 1000), NULL
        FROM cells LEFT JOIN counted USING (day, hour)
        UNION ALL SELECT 'total', NULL, NULL, count(*), ratio(to_ms() - from_ms(), 3600000, 1000),
            ratio(count(*) * 3600000, to_ms() - from_ms(), 1000), 0
        FROM calls WHERE {directed(direction)}"""


# When an interval begins: in these zones and this period, offsets are whole half hours and clocks change
# on the hour, so that a count of minutes since local midnight tells it.
def intervals(minutes):
    if minutes == 1440:
        key = "date_trunc('day', local)"
    else:
        key = f"time_bucket(INTERVAL '{minutes} minutes', local)"
    return f"""
        SELECT min(ms) AS starts, max(ms) + 60000 AS stops, sum(length) AS length, floored AS shown
        FROM (SELECT *, {key} AS floored, epoch_ms(local) - ms AS zone_offset FROM seconds_of_period)
        GROUP BY floored {'' if minutes == 1440 else ', zone_offset'}"""


SPANS = """
    SELECT greatest(begins, from_ms()) AS b, least(ends, to_ms()) AS e FROM everything
    WHERE begins >= from_ms() - 86400000 AND begins < to_ms() AND ends > begins AND ends > from_ms() AND {where}"""


# When the interval begins, even where the period cuts its beginning off.
BEGINS = "make_timestamptz(CAST(starts - (epoch_ms(local_at(starts)) - epoch_ms(shown)) AS BIGINT) * 1000)"


def endless(direction):
    return f"(SELECT count(*) FROM calls WHERE (ends IS NULL OR ends < begins) AND {directed(direction)})"


def traffic(minutes, direction):
    return f"""
        WITH spans AS ({SPANS.format(where=directed(direction))}), cells AS ({intervals(minutes)}),
        parts AS (
            SELECT starts, least(e, stops) - greatest(b, starts) AS part FROM cells JOIN spans ON b < stops AND e > starts
        ),
        carried AS (SELECT starts, count(*) AS n, sum(part) AS part FROM parts GROUP BY ALL)
        SELECT 'interval', strftime(shown, '%Y-%m-%d %H:%M'), {BEGINS}, coalesce(n, 0),
            fixed(coalesce(part, 0), 1000), fixed(length, 1000), ratio(coalesce(part, 0), length, 10000), NULL, NULL
        FROM cells LEFT JOIN carried USING (starts)
        UNION ALL SELECT 'total', NULL, NULL, count(*), fixed(sum(e - b), 1000), fixed(to_ms() - from_ms(), 1000),
            ratio(sum(e - b), to_ms() - from_ms(), 10000),
            {endless(direction)}, '0.000'
        FROM spans"""


def peak_concurrency(minutes, direction):
    # At each moment at which a call or an interval begins: calls begun by then less calls ended by then.
    return f"""
        WITH spans AS ({SPANS.format(where=directed(direction))}), cells AS ({intervals(minutes)}),
        moments AS (SELECT b AS moment FROM spans UNION SELECT greatest(starts, from_ms()) FROM cells),
        begun AS (SELECT b, row_number() OVER (ORDER BY b) AS n FROM spans),
        ended AS (SELECT e, row_number() OVER (ORDER BY e) AS n FROM spans),
        begun_by AS (SELECT b, max(n) AS n FROM begun GROUP BY b),
        ended_by AS (SELECT e, max(n) AS n FROM ended GROUP BY e),
        levels AS (
            SELECT moment, coalesce(begun_by.n, 0) - coalesce(ended_by.n, 0) AS n
            FROM moments ASOF LEFT JOIN begun_by ON moment >= b ASOF LEFT JOIN ended_by ON moment >= e
        )
        SELECT 'interval', strftime(shown, '%Y-%m-%d %H:%M'), {BEGINS}, max(n),
            make_timestamptz(CAST(arg_min(moment, (-n, moment)) AS BIGINT) * 1000), NULL
        FROM cells JOIN levels ON moment >= starts AND moment < stops GROUP BY starts, shown
        UNION ALL SELECT 'total', NULL, NULL, max(n), make_timestamptz(CAST(arg_min(moment, (-n, moment)) AS BIGINT) * 1000),
            {endless(direction)}
        FROM levels"""


def repeat_callers(per, days):
    label = period_label(per)
    figures = """count(DISTINCT number), count(number), count(*) FILTER (WHERE again),
        ratio(count(*) FILTER (WHERE again), count(number), 1000000), count(*) - count(number),
        'repeat_calls / calls; a proxy for first-contact resolution'"""
    periods = f"SELECT 'period', {label}, {figures} FROM judged GROUP BY {label} UNION ALL" if per != "all" else ""
    return f"""
        WITH inbound AS (SELECT begins, number, engagement_id FROM everything WHERE direction = 'inbound' AND number IS NOT NULL),
        again AS (
            SELECT DISTINCT calls.engagement_id FROM calls JOIN inbound AS earlier
            ON earlier.number = calls.number AND earlier.engagement_id <> calls.engagement_id
                AND earlier.begins <= calls.begins AND earlier.begins >= calls.begins - {days} * 86400000
                AND (earlier.begins < calls.begins OR earlier.engagement_id < calls.engagement_id)
        ),
        judged AS (
            SELECT calls.*, again.engagement_id IS NOT NULL AS again FROM calls LEFT JOIN again USING (engagement_id)
            WHERE direction = 'inbound'
        )
        {periods} SELECT 'total', 'all', {figures} FROM judged"""


def result_mix(per, direction):
    label = period_label(per)
    return f"""
        WITH whole AS (SELECT {label} AS p, count(*) AS n FROM calls WHERE {directed(direction)} GROUP BY ALL)
        SELECT 'class', p, class, count(*), ratio(count(*), any_value(n), 1000000), NULL
        FROM calls JOIN whole ON p = {label} WHERE {directed(direction)} GROUP BY p, class
        UNION ALL SELECT 'total', p, NULL, n, '1.000000', 0 FROM whole"""


def transfers(per):
    label = period_label(per)
    return f"""
        WITH stays AS (
            SELECT engagement_id, local, leg.queue.cc_queue_id AS id, leg.queue.queue_name AS name,
                row_number() OVER (PARTITION BY engagement_id ORDER BY leg.start_time, place) AS n
            FROM legs WHERE leg.queue.cc_queue_id IS NOT NULL
        ),
        moves AS (
            SELECT a.engagement_id, {label.replace('local', 'a.local')} AS p, a.id AS a, a.name AS aname, b.id AS b, b.name AS bname
            FROM stays AS a JOIN stays AS b ON a.engagement_id = b.engagement_id AND b.n = a.n + 1 AND a.id <> b.id
        ),
        whole AS (SELECT p, count(*) AS n, count(DISTINCT engagement_id) AS calls FROM moves GROUP BY p)
        SELECT 'move', p, a, max(aname), b, max(bname), count(*), count(DISTINCT engagement_id),
            ratio(count(*), any_value(n), 1000000), NULL
        FROM moves JOIN whole USING (p) GROUP BY p, a, b
        UNION ALL SELECT 'total', p, NULL, NULL, NULL, NULL, n, calls, '1.000000', 0 FROM whole"""


def containment(by):
    contained = "count(*) FILTER (WHERE class = 'contained')"
    figures = f"""count(*), {contained}, count(*) FILTER (WHERE class = 'unclassified'),
        ratio({contained}, count(*), 1000000), 'contained / inbound calls'"""
    return lined(by, figures, "direction = 'inbound'")


def agent_activity():
    figures = """count(*), count(*) FILTER (WHERE direction = 'inbound'), count(*) FILTER (WHERE direction = 'outbound'),
        sum(total_duration), count(*) - count(total_duration), count(DISTINCT CAST(local AS DATE)),
        strftime(local_at(min(begins)), '%Y-%m-%d %H:%M:%S'),
        strftime(local_at(max(begins)), '%Y-%m-%d %H:%M:%S')"""
    return lined("agent", figures).replace("ELSE 'group'", "ELSE 'agent'")


def top_consumers(rank_by, limit):
    rank = "count(*)" if rank_by == "calls" else "coalesce(sum(total_duration), 0)"
    figures = """charge_currency, count(*), sum(total_duration), count(*) - count(millionths), money(sum(millionths)),
        strftime(local_at(max(begins)), '%Y-%m-%d %H:%M:%S')"""
    return f"""
        WITH top AS (
            SELECT number, row_number() OVER (ORDER BY {rank} DESC, number) AS r FROM calls
            WHERE number IS NOT NULL GROUP BY number ORDER BY r LIMIT {limit}
        )
        SELECT 'consumer', r, number, {figures}, NULL, NULL FROM calls JOIN top USING (number)
        GROUP BY r, number, charge_currency
        UNION ALL SELECT 'other', NULL, NULL, {figures}, NULL, NULL FROM calls
        WHERE number IS NOT NULL AND number NOT IN (SELECT number FROM top) GROUP BY charge_currency
        UNION ALL SELECT 'none', NULL, NULL, {figures}, NULL, NULL FROM calls
        WHERE number IS NULL GROUP BY charge_currency
        UNION ALL SELECT 'total', NULL, NULL, {figures}, 0, '0.000000' FROM calls GROUP BY charge_currency"""


CHECKS = {
    "no direction": "direction IS NULL",
    "no result": "result IS NULL",
    "result not classified": "result IS NOT NULL AND class = 'unclassified'",
    "no end time": "end_time IS NULL",
    "no duration": "total_duration IS NULL",
    "end before start": "end_time < start_time",
    "duration below zero": "total_duration < 0",
    "duration is not end - start": "abs(date_diff('millisecond', start_time, end_time) - total_duration * 1000) > 999",
    "no charge": "coalesce(charge, '') = ''",
    "charge not readable": "coalesce(charge, '') <> '' AND charge_amount IS NULL",
    "charge without currency": "charge_amount IS NOT NULL AND charge_currency IS NULL",
    "no consumer number": "coalesce(consumer_number, '') = ''",
    "consumer number hidden": "consumer_number = 'anonymous'",
    "no country": "country_name IS NULL",
    "no queue": "coalesce(len(queues), 0) = 0",
    "offered, no queue": "offered AND coalesce(len(queues), 0) = 0",
    "no agent": "coalesce(len(agents), 0) = 0",
    "handled, no agent": "class = 'handled' AND coalesce(len(agents), 0) = 0",
    "no legs": "coalesce(len(voice_call_details), 0) = 0",
    "fields that no column takes": "extra IS NOT NULL",
}


def data_quality(per):
    label = period_label(per)
    checks = " UNION ALL ".join(
        f"""SELECT 'check', {label}, '{name}', count(*) FILTER (WHERE {check}),
            ratio(count(*) FILTER (WHERE {check}), count(*), 1000000) FROM calls GROUP BY {label}"""
        for name, check in CHECKS.items()
    )
    return f"{checks} UNION ALL SELECT 'total', {label}, NULL, count(*), '1.000000' FROM calls GROUP BY {label}"


def cases():
    times = ["hour", "weekday", "day", "week", "month"]
    periods = ["all", "month", "week", "day"]
    directions = ["all", "inbound", "outbound"]
    for by in ["total", "queue", "team", "country", *times]:
        yield "abandonment_rate", {"by": by}, abandonment_rate(by)
    for by in ["total", "queue", "direction", "class", "agent", "team", "country", *times]:
        yield "duration_percentiles", {"by": by}, duration_percentiles(by)
    for attribution in ["auto", "legs", "split", "first", "last"]:
        for per in periods:
            yield "queue_charges", {"attribution": attribution, "per": per}, queue_charges(attribution, per)
    for by in ["total", "country", "number_type", "charge_type", "agent", "direction", "day", "week", "month"]:
        yield "charges", {"by": by}, charges(by)
    for minutes in ["call", "leg"]:
        yield "charge_audit", {"minutes": minutes}, charge_audit(minutes)
    for by in ["weekday_hour", "day_hour", "hour", "weekday", "day"]:
        for direction in directions:
            yield "call_volume", {"by": by, "direction": direction}, call_volume(by, direction)
    for minutes in [15, 30, 60]:
        yield "traffic", {"minutes": minutes}, traffic(minutes, "all")
    yield "traffic", {"minutes": 60, "direction": "inbound"}, traffic(60, "inbound")
    for minutes in [15, 30, 60, 1440]:
        yield "peak_concurrency", {"minutes": minutes}, peak_concurrency(minutes, "all")
    yield "peak_concurrency", {"direction": "outbound"}, peak_concurrency(1440, "outbound")
    for per in periods:
        yield "repeat_callers", {"per": per}, repeat_callers(per, 7)
    yield "repeat_callers", {"days": 1}, repeat_callers("all", 1)
    for per in periods:
        for direction in directions:
            yield "result_mix", {"per": per, "direction": direction}, result_mix(per, direction)
    for per in periods:
        yield "transfers", {"per": per}, transfers(per)
    for by in ["total", "flow", *times]:
        yield "containment", {"by": by}, containment(by)
    yield "agent_activity", {}, agent_activity()
    for rank_by in ["calls", "seconds"]:
        yield "top_consumers", {"rank_by": rank_by, "limit": 50}, top_consumers(rank_by, 50)
    for per in periods:
        yield "data_quality", {"per": per}, data_quality(per)


CASES = list(cases())
