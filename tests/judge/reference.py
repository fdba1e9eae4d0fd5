"""The named queries in DuckDB's SQL over the raw files, written differently from voxlake's if possible.

`prepare` creates the tables of a period in a time zone, for all queues or some. `CASES` lists
(query, parameters, SQL of the result). Decimals are computed from integers, because DuckDB divides
decimals in floating point.
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


def resolved(kind, mentions, joins_by_name=False):
    """SQL statements that make the table `{kind}_uses`: each mention of a thing with the thing's id.

    `mentions` selects rec, part, moment, pos, id, lesser, name: record, place by which uses are ordered (a number, then
    a time, then a number), two kinds of ids and the name, blank texts being NULL. Identity is the id; a lesser id
    stands for the only id that an entry gives with it; a name for the only thing that it is given to.
    """
    by_name = f"""
        SELECT rec, name,
            min(gid) FILTER (WHERE id IS NULL) AS old, count(DISTINCT gid) FILTER (WHERE id IS NULL) AS olds,
            min(gid) FILTER (WHERE id IS NOT NULL) AS new, count(DISTINCT gid) FILTER (WHERE id IS NOT NULL) AS news,
            bool_or(coalesce(has_lesser, false)) FILTER (WHERE id IS NOT NULL) AS known
        FROM {kind}_ids WHERE name IS NOT NULL AND (id IS NOT NULL OR is_old) GROUP BY rec, name
        HAVING olds = 1 AND news = 1 AND NOT known"""
    joined = f"""
        SELECT rec, old, min(new) AS gid FROM ({by_name}) GROUP BY rec, old HAVING count(DISTINCT new) = 1"""
    if not joins_by_name:
        joined = f"SELECT rec, old, new AS gid FROM ({by_name}) WHERE false"
    return f"""
        CREATE OR REPLACE TABLE {kind}_mentions AS {mentions};
        CREATE OR REPLACE TABLE {kind}_ids AS
            WITH pairs AS (
                SELECT rec, lesser, CASE WHEN count(DISTINCT id) = 1 THEN min(id) END AS only_id
                FROM {kind}_mentions WHERE id IS NOT NULL AND lesser IS NOT NULL GROUP BY ALL
            ),
            ids AS (SELECT DISTINCT rec, id FROM {kind}_mentions WHERE id IS NOT NULL),
            with_lesser AS (SELECT DISTINCT rec, id, true AS has_lesser FROM {kind}_mentions WHERE id IS NOT NULL AND lesser IS NOT NULL)
            SELECT m.*, coalesce(m.id, only_id, m.lesser) AS gid, has_lesser,
                m.id IS NULL AND only_id IS NULL AND m.lesser IS NOT NULL AND ids.id IS NULL AS is_old
            FROM {kind}_mentions AS m
            LEFT JOIN pairs ON pairs.rec = m.rec AND pairs.lesser = m.lesser
            LEFT JOIN ids ON ids.rec = m.rec AND ids.id = m.lesser
            LEFT JOIN with_lesser ON with_lesser.rec = m.rec AND with_lesser.id = m.id;
        CREATE OR REPLACE TABLE {kind}_joined AS
            SELECT i.* EXCLUDE (gid), coalesce(j.gid, i.gid) AS gid
            FROM {kind}_ids AS i LEFT JOIN ({joined}) AS j ON j.rec = i.rec AND is_old AND j.old = i.gid;
        CREATE OR REPLACE TABLE {kind}_uses AS
            WITH named AS (
                SELECT rec, name, min(gid) AS gid FROM {kind}_joined
                WHERE gid IS NOT NULL AND name IS NOT NULL GROUP BY rec, name HAVING count(DISTINCT gid) = 1
            )
            SELECT m.* EXCLUDE (gid), coalesce(m.gid, named.gid, m.name) AS gid
            FROM {kind}_joined AS m LEFT JOIN named ON named.rec = m.rec AND named.name = m.name;
        CREATE OR REPLACE TABLE {kind}_names AS
            SELECT gid, arg_max(u.name, (begins, engagement_id, part, moment, pos)) FILTER (WHERE u.name IS NOT NULL) AS last_name
            FROM {kind}_uses AS u JOIN everything USING (rec) WHERE gid IS NOT NULL AND begins < to_ms() GROUP BY gid;
        CREATE OR REPLACE TABLE {kind}s_in AS
            SELECT rec, gid AS id, row_number() OVER (PARTITION BY rec ORDER BY min((part, pos))) AS place,
                count(*) OVER (PARTITION BY rec) AS places
            FROM {kind}_uses WHERE gid IS NOT NULL GROUP BY rec, gid;
    """


NEVER = 1 << 62
# Millionths that no charge can have. If legs add up to more, charges of queues are unknown.
TOO_MUCH = 10**18


def mentions_of(kind):
    """SQL of the mentions of queues, agents, teams or flows in `everything`."""
    given = lambda text: f"nullif(trim({text}, ' \t\n'), '')"  # noqa: E731
    # The text as given; NULL if it is blank.
    text = lambda column: f"CASE WHEN {given(column)} IS NOT NULL THEN {column} END"  # noqa: E731
    return {
        "queue": f"""
            SELECT rec, 0 AS part, 0 AS moment, pos, {text('q.cc_queue_id')} AS id, {text('q.queue_id')} AS lesser, {text('q.queue_name')} AS name
            FROM (SELECT rec, unnest(queues) AS q, unnest(range(1, len(queues) + 1)) AS pos FROM everything)
            UNION ALL
            SELECT rec, 1, coalesce(epoch_ms(leg.start_time), {NEVER}), pos,
                {text('leg.queue.cc_queue_id')}, NULL, {text('leg.queue.queue_name')}
            FROM (
                SELECT rec, unnest(voice_call_details) AS leg, unnest(range(1, len(voice_call_details) + 1)) AS pos
                FROM everything
            )""",
        "agent": f"""
            SELECT rec, 0 AS part, 0 AS moment, pos, {text('a.user_id')} AS id, {text('a.user_email')} AS lesser, {text('a.display_name')} AS name
            FROM (SELECT rec, unnest(agents) AS a, unnest(range(1, len(agents) + 1)) AS pos FROM everything)""",
        "flow": f"""
            SELECT rec, 0 AS part, 0 AS moment, pos, {text('f.flow_id')} AS id, NULL AS lesser, {text('f.flow_name')} AS name
            FROM (SELECT rec, unnest(flows) AS f, unnest(range(1, len(flows) + 1)) AS pos FROM everything)""",
        "team": f"""
            SELECT rec, 0 AS part, 0 AS moment, 1000 * pos + n AS pos, {text('a.team_ids[n]')} AS id, NULL AS lesser,
                {text('a.team_names[n]')} AS name
            FROM (
                SELECT rec, a, pos,
                    unnest(range(1, greatest(coalesce(len(a.team_ids), 0), coalesce(len(a.team_names), 0)) + 1)) AS n
                FROM (SELECT rec, unnest(agents) AS a, unnest(range(1, len(agents) + 1)) AS pos FROM everything)
            )""",
    }[kind]


def prepare(connection, period, zone, chosen=()):
    """Tables of the calls of `period`, with local times of `zone`, through the queues of these ids or names.

    calls: one row per record, charges in millionths, times in ms, and in placed the currency of the record's lines: that of
    most charges for a record without a charge; visits: record and queue; agents_in, teams_in, flows_in:
    record and agent, team or flow; legs: leg of a record; KIND_names: the last name of each thing.
    """
    start, end = period
    whens = " ".join(
        f"WHEN result IN ({', '.join(repr(result) for result in results)}) THEN '{name}'"
        for name, results in CLASSES.items()
    )
    texts = ", ".join("'" + text.replace("'", "''") + "'" for text in chosen) or "NULL"
    identities = "".join(
        resolved(kind, mentions_of(kind), joins_by_name=kind == "queue") for kind in ("queue", "agent", "team", "flow")
    )
    for statement in f"""
        CREATE OR REPLACE MACRO class_of(result) AS CASE {whens} ELSE 'unclassified' END;
        CREATE OR REPLACE MACRO fixed(x, one) AS CASE WHEN x IS NULL THEN NULL ELSE
            CASE WHEN x < 0 THEN '-' ELSE '' END || CAST(abs(x) // one AS VARCHAR) || '.'
            || lpad(CAST(abs(x) % one AS VARCHAR), CAST(log10(one) AS INT), '0') END;
        CREATE OR REPLACE MACRO ratio(a, b, one) AS CASE WHEN b <> 0 THEN
            fixed(CAST(sign(a) AS HUGEINT) * ((2 * abs(CAST(a AS HUGEINT)) * one + b) // (2 * b)), one) END;
        CREATE OR REPLACE MACRO money(x) AS fixed(CAST(x AS HUGEINT), 1000000);
        CREATE OR REPLACE MACRO given(t) AS CASE WHEN trim(t, ' \t\n') <> '' THEN t END;
        CREATE OR REPLACE MACRO from_ms() AS epoch_ms(TIMESTAMPTZ '{start}');
        CREATE OR REPLACE MACRO to_ms() AS epoch_ms(TIMESTAMPTZ '{end}');
        CREATE OR REPLACE MACRO local_at(ms) AS make_timestamptz(CAST(ms AS BIGINT) * 1000) AT TIME ZONE '{zone}';
        CREATE OR REPLACE TABLE everything AS
            SELECT
                * REPLACE (
                    given(direction) AS direction, given(result) AS result, given(country_name) AS country_name,
                    given(charge_type) AS charge_type, given(charge) AS charge, given(consumer_number) AS consumer_number,
                    given(caller_number_type) AS caller_number_type, given(callee_number_type) AS callee_number_type
                ),
                epoch_ms(start_time) || ' ' || engagement_id AS rec,
                epoch_ms(start_time) AS begins,
                coalesce(
                    CAST(epoch_ms(end_time) AS HUGEINT), epoch_ms(start_time) + 1000 * CAST(total_duration AS HUGEINT)
                ) AS ends,
                local_at(epoch_ms(start_time)) AS local,
                class_of(given(result)) AS class,
                CAST(CAST(charge_amount AS DECIMAL(38, 6)) * 1000000 AS BIGINT) AS millionths,
                CASE WHEN lower(trim(coalesce(given(consumer_number), ''))) NOT IN {HIDDEN} THEN trim(consumer_number) END AS number
            FROM raw;
        {identities}
        CREATE OR REPLACE TABLE chosen AS
            SELECT DISTINCT gid AS id FROM queue_uses WHERE gid IN ({texts}) OR name IN ({texts});
        CREATE OR REPLACE MACRO is_chosen(queue) AS {'queue IN (SELECT id FROM chosen)' if chosen else 'true'};
        CREATE OR REPLACE TABLE calls AS
            SELECT
                *,
                direction IS NOT DISTINCT FROM 'inbound'
                    AND coalesce(list_contains(distributions, 'acd'), false) AND class <> 'contained' AS offered
            FROM everything
            WHERE begins >= from_ms() AND begins < to_ms()
                AND {'rec IN (SELECT rec FROM queues_in WHERE is_chosen(id))' if chosen else 'true'};
        CREATE OR REPLACE TABLE main_currency AS SELECT (
            SELECT charge_currency FROM calls WHERE charge_currency IS NOT NULL
            GROUP BY charge_currency ORDER BY count(*) DESC, charge_currency LIMIT 1
        ) AS code;
        ALTER TABLE calls ADD COLUMN placed VARCHAR;
        UPDATE calls SET placed = CASE WHEN millionths IS NULL THEN (SELECT code FROM main_currency) ELSE charge_currency END;
        CREATE OR REPLACE TABLE legs AS
            SELECT e.rec, engagement_id, e.pos, leg, begins, local, u.gid AS queue
            FROM (
                SELECT rec, engagement_id, begins, local,
                    unnest(range(1, len(voice_call_details) + 1)) AS pos, unnest(voice_call_details) AS leg
                FROM everything WHERE begins >= from_ms() AND begins < to_ms()
            ) AS e LEFT JOIN queue_uses AS u ON u.rec = e.rec AND u.part = 1 AND u.pos = e.pos;
        CREATE OR REPLACE TABLE by_leg AS
            SELECT
                rec, queue AS id, true AS has_leg,
                arg_max(struct_pack(r := given(leg.result)), (coalesce(epoch_ms(leg.start_time), -{NEVER}), pos)).r AS leg_result,
                coalesce(sum(CAST(CAST(leg.charge_amount AS DECIMAL(38, 6)) * 1000000 AS BIGINT)), 0) AS leg_millionths
            FROM legs WHERE queue IS NOT NULL GROUP BY ALL;
        CREATE OR REPLACE TABLE tell AS
            SELECT rec FROM legs JOIN everything USING (rec) WHERE leg.charge_amount IS NOT NULL AND millionths IS NOT NULL
            GROUP BY rec, charge_currency
            HAVING bool_and(leg.charge_currency IS NOT DISTINCT FROM charge_currency);
        DELETE FROM tell WHERE rec IN (SELECT rec FROM by_leg WHERE abs(leg_millionths) >= {TOO_MUCH});
        DELETE FROM tell WHERE rec IN (
            SELECT rec FROM everything JOIN by_leg USING (rec) GROUP BY rec, millionths
            HAVING abs(millionths - sum(leg_millionths)) >= {TOO_MUCH}
        );
        CREATE OR REPLACE TABLE visits AS
            SELECT
                c.*, q.id, q.place, q.places, class_of(CASE WHEN has_leg THEN leg_result ELSE c.result END) AS class_here,
                CASE WHEN tell.rec IS NOT NULL THEN coalesce(leg_millionths, 0) END AS cost_legs,
                {share('millionths')} AS cost_split
            FROM calls AS c JOIN queues_in AS q USING (rec) LEFT JOIN by_leg USING (rec, id) LEFT JOIN tell USING (rec);
        CREATE OR REPLACE TABLE seconds_of_period AS
            SELECT ms, local_at(ms) AS local, least(ms + 60000, to_ms()) - greatest(ms, from_ms()) AS length
            FROM (SELECT unnest(range(from_ms() // 60000 * 60000, to_ms(), 60000)) AS ms);
    """.split(";\n"):
        if statement.strip():
            connection.execute(statement)


def share(amount):
    """SQL of a place's equal share of an amount in whole millionths, the remainder to the first places."""
    left = f"abs({amount}) % places"
    return f"sign({amount}) * (abs({amount}) // places + CASE WHEN place <= {left} THEN 1 ELSE 0 END)"


def members(by):
    """SQL of one row per record and group: id, and the columns of the record."""
    if by == "total":
        return "SELECT NULL AS gid, * FROM calls WHERE false"
    if by in FORMATS:
        return f"SELECT strftime(local, '{FORMATS[by]}') AS gid, * FROM calls"
    if by == "queue":
        # A separate alias, because a queue has a result of its own.
        return (
            "SELECT id AS gid, * EXCLUDE (class), class_here AS class FROM visits WHERE is_chosen(id) "
            "UNION ALL BY NAME SELECT NULL AS gid, *, NULL AS id FROM calls WHERE rec NOT IN (SELECT rec FROM queues_in)"
        )
    if by in ("agent", "team", "flow"):
        return f"SELECT g.id AS gid, g.place, g.places, calls.* FROM calls LEFT JOIN {by}s_in AS g USING (rec)"
    value = {
        "direction": "direction",
        "class": "class",
        "country": "country_name",
        "charge_type": "charge_type",
        "number_type": """CASE direction WHEN 'outbound' THEN coalesce(caller_number_type, callee_number_type)
            ELSE coalesce(callee_number_type, caller_number_type) END""",
    }[by]
    return f"SELECT {value} AS gid, * FROM calls"


def name_of(by, gid="gid"):
    """SQL of the name of a group."""
    if by in ("queue", "agent", "team", "flow"):
        return f"(SELECT last_name FROM {by}_names WHERE gid = {gid})"
    return gid


def labels(per):
    """SQL of the local periods of the period."""
    return f"SELECT DISTINCT {period_label(per)} AS cell FROM seconds_of_period"


def lined(by, figures, where="true", total=None):
    """SQL of the lines of groups, none and total, each with the same figures; of times also those without a call."""
    empty = f"""
        UNION ALL SELECT 'group', cell, cell, * EXCLUDE (cell) FROM ({labels(by)}), (SELECT {figures} FROM calls WHERE false)
        WHERE cell NOT IN (SELECT gid FROM ({members(by)}) WHERE {where})""" if by in FORMATS else ""
    return f"""
        SELECT line, gid, {name_of(by, 'lines.gid')}, * EXCLUDE (line, gid) FROM (
            SELECT CASE WHEN gid IS NULL THEN 'none' ELSE 'group' END AS line, gid, {figures}
            FROM ({members(by)}) WHERE {where} GROUP BY gid
        ) AS lines
        {empty}
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
    # In hundredths, with integers: interpolates between two ranks of the sorted list.
    percentile = """CASE WHEN count(total_duration) > 0 THEN fixed(
            CAST(sorted[1 + {p} * (n - 1) // 100] AS HUGEINT) * (100 - {p} * (n - 1) % 100)
            + CAST(sorted[least(2 + {p} * (n - 1) // 100, n)] AS HUGEINT) * ({p} * (n - 1) % 100), 100) END"""
    values = "list_sort(list(total_duration) FILTER (WHERE total_duration IS NOT NULL))"
    percentiles = ", ".join(
        percentile.replace("{p}", str(p)).replace("sorted", values).replace("(n - 1)", "(count(total_duration) - 1)")
        .replace(", n)", ", count(total_duration))")
        for p in (50, 75, 90, 95, 99)
    )
    return lined(
        by,
        f"""count(total_duration), count(*) - count(total_duration), {percentiles},
        ratio(sum(total_duration), count(total_duration), 1000), max(total_duration)""",
    )


def period_label(per, local="local"):
    return f"strftime({local}, '{FORMATS[per]}')" if per in FORMATS else "'all'"


# Calls, calls without a charge, calls with an invalid charge.
CHARGED = """count(rec), count(rec) FILTER (WHERE millionths IS NULL AND charge IS NULL),
    count(rec) FILTER (WHERE millionths IS NULL AND charge IS NOT NULL)"""
CURRENCIES = "(SELECT DISTINCT placed FROM calls UNION ALL SELECT NULL WHERE NOT EXISTS (SELECT 1 FROM calls))"


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
        WITH borne AS (SELECT rec, sum({cost}) AS borne FROM visits GROUP BY ALL),
        whole AS (
            SELECT *, {left} AS remains,
                CASE
                    WHEN rec IN (SELECT rec FROM visits WHERE cost_legs IS NOT NULL) THEN 'legs without queue'
                    WHEN rec IN (SELECT rec FROM queues_in) THEN 'no usable legs'
                    WHEN direction IN ('inbound', 'outbound') THEN direction || ' without queue'
                    ELSE 'without queue'
                END AS part
            FROM calls LEFT JOIN borne USING (rec)
        ),
        sums AS (
            SELECT 'queue' AS line, {label} AS p, id, placed, {CHARGED}, money(sum({cost})), NULL, NULL
            FROM visits WHERE is_chosen(id) GROUP BY p, id, placed
        )
        SELECT line, p, id, {name_of('queue', 'sums.id')}, * EXCLUDE (line, p, id) FROM sums
        UNION ALL SELECT 'other', {label} AS p, NULL, NULL, placed, {CHARGED}, money(sum({cost})), NULL, NULL
        FROM visits WHERE NOT is_chosen(id) GROUP BY p, placed
        UNION ALL SELECT 'unallocated', {label} AS p, NULL, NULL, placed, {CHARGED}, money(sum(remains)), NULL, part
        FROM whole WHERE remains <> 0 OR rec NOT IN (SELECT rec FROM queues_in) GROUP BY p, placed, part
        UNION ALL SELECT 'total', cell, NULL, NULL, k.placed, {CHARGED},
            CASE WHEN count(rec) = 0 THEN '0.000000' ELSE money(sum(millionths)) END, '0.000000', NULL
        FROM ({labels(per)}) CROSS JOIN {CURRENCIES} AS k
        LEFT JOIN calls ON calls.placed IS NOT DISTINCT FROM k.placed AND {label} = cell
        GROUP BY cell, k.placed"""


def charges(by):
    amount = "millionths"
    if by == "agent":
        amount = f"CASE WHEN gid IS NULL THEN millionths ELSE {share('millionths')} END"
    sums = f"""CASE WHEN count(rec) = 0 THEN 0 ELSE sum(total_duration) END,
        CASE WHEN count(rec) = 0 THEN '0.000000' ELSE money(sum({{}})) END"""
    empty = f"""
        UNION ALL SELECT 'group', cell, cell, placed, 0, 0, 0, 0, '0.000000', NULL
        FROM ({labels(by)}) CROSS JOIN {CURRENCIES} AS k
        WHERE NOT EXISTS (
            SELECT 1 FROM ({members(by)}) WHERE gid = cell AND placed IS NOT DISTINCT FROM k.placed
        )""" if by in FORMATS else ""
    zero = "NULL" if by == "total" else "'0.000000'"
    return f"""
        SELECT line, gid, {name_of(by, 'lines.gid')}, * EXCLUDE (line, gid) FROM (
            SELECT CASE WHEN gid IS NULL THEN 'none' ELSE 'group' END AS line, gid, placed, {CHARGED},
                {sums.format(amount)}, NULL
            FROM ({members(by)}) GROUP BY gid, placed
        ) AS lines
        {empty}
        UNION ALL SELECT 'total', NULL, NULL, k.placed, {CHARGED}, {sums.format('millionths')}, {zero}
        FROM {CURRENCIES} AS k LEFT JOIN calls ON calls.placed IS NOT DISTINCT FROM k.placed
        GROUP BY k.placed"""


def price(text):
    """SQL of a price in millionths and of its currency: a sign before digits."""
    parts = f"regexp_extract({text}, '^([^0-9]*)([0-9]+(\\.[0-9]+)?)$', ['sign', 'digits'])"
    amount = f"CAST(CAST(nullif({parts}.digits, '') AS DECIMAL(38, 6)) * 1000000 AS BIGINT)"
    currency = f"CASE {parts}.sign WHEN '$' THEN 'USD' WHEN '€' THEN 'EUR' WHEN '£' THEN 'GBP' END"
    return amount, currency


def charge_audit(minutes):
    # Started minutes: those that start within the seconds of the leg. Unknown for a leg without a
    # start, except the first. DuckDB's greatest would ignore the NULL.
    ran = """(CASE WHEN leg.start_time IS NOT NULL THEN greatest((epoch_ms(leg.start_time) - begins) // 1000, 0)
        WHEN pos = 1 THEN 0 END)"""
    ran = ran if minutes == "call" else "0"
    amount, currency = price("rate")
    return f"""
        WITH charged AS (SELECT DISTINCT rec FROM legs WHERE leg.charge_amount IS NOT NULL),
        items AS (
            SELECT rec, engagement_id, begins, local, pos, leg.charge_currency AS currency, leg.total_duration AS seconds,
                {ran} AS ran, 1 AS rates, given(leg.rate) AS rate, given(leg.charge) AS charge,
                CAST(CAST(leg.charge_amount AS DECIMAL(38, 6)) * 1000000 AS BIGINT) AS millionths, leg.charge_type AS charge_type
            FROM legs WHERE rec IN (SELECT rec FROM charged) AND rec IN (SELECT rec FROM calls)
            UNION ALL
            SELECT rec, engagement_id, begins, local, NULL, charge_currency, total_duration, 0, coalesce(len(rates), 0),
                CASE WHEN len(rates) = 1 THEN given(rates[1]) END, charge, millionths, charge_type
            FROM calls WHERE rec NOT IN (SELECT rec FROM charged)
        ),
        priced AS (
            SELECT *, {amount} AS price, {currency} AS price_currency,
                CASE
                    WHEN millionths IS NULL THEN CASE WHEN charge IS NULL THEN 'no charge' ELSE 'charge not readable' END
                    WHEN currency IS NULL THEN 'currency of the charge not known'
                    WHEN charge_type IS DISTINCT FROM 'per_minute' THEN 'not charged per minute'
                    WHEN rates > 1 THEN 'several rates'
                    WHEN rate IS NULL THEN 'no rate'
                    WHEN price IS NULL THEN 'rate not readable'
                    WHEN price_currency IS NULL THEN 'currency of the rate not known'
                    WHEN price_currency <> currency THEN 'rate in another currency'
                    WHEN seconds IS NULL THEN 'no duration'
                    WHEN seconds < 0 THEN 'duration below zero'
                    WHEN ran IS NULL THEN 'start of the leg not known'
                END AS reason
            FROM items
        ),
        judged AS (
            SELECT * REPLACE (CASE WHEN millionths IS NULL THEN (SELECT code FROM main_currency) ELSE currency END AS currency),
                reason IS NULL AS checked,
                CASE
                    WHEN reason IS NULL AND seconds < 1000000
                        THEN len(list_filter(range(0, ran + seconds, 60), lambda second: second >= ran))
                    WHEN reason IS NULL THEN (ran + seconds + 59) // 60 - (ran + 59) // 60
                END AS minutes,
                CAST(minutes AS HUGEINT) * price AS expected
            FROM priced
        )
        SELECT 'mismatch', engagement_id, strftime(local, '%Y-%m-%d %H:%M:%S'), pos, currency, NULL, seconds, minutes,
            money(price), money(expected), money(millionths), money(millionths - expected), NULL, NULL, NULL, NULL
        FROM judged WHERE checked AND millionths <> expected
        UNION ALL SELECT 'unchecked', NULL, NULL, NULL, currency, reason, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, count(*), NULL
        FROM judged WHERE NOT checked GROUP BY currency, reason
        UNION ALL SELECT 'total', NULL, NULL, NULL, currency, NULL, sum(seconds) FILTER (WHERE checked),
            sum(minutes), NULL, money(sum(expected)),
            money(sum(millionths) FILTER (WHERE checked)), money(sum(millionths - expected) FILTER (WHERE checked)),
            count(*) FILTER (WHERE checked),
            CASE WHEN bool_or(checked) THEN count(*) FILTER (WHERE checked AND millionths <> expected) END,
            count(*) FILTER (WHERE NOT checked),
            CASE WHEN NOT bool_or(checked) THEN 'not checked (' || count(*) || ')'
                ELSE count(*) FILTER (WHERE checked AND millionths <> expected) || ' of ' || count(*) FILTER (WHERE checked)
                    || ' differ' || CASE WHEN bool_and(checked) THEN ''
                        ELSE ', ' || count(*) FILTER (WHERE NOT checked) || ' not checked' END
            END
        FROM judged GROUP BY currency"""


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


# Start of an interval. In these time zones and this period, offsets are multiples of half an hour
# and clocks change on the hour, so the minutes since local midnight determine it.
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


# Start of the interval, even if it is before the period.
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
    # At each start of a call or an interval: calls started by then minus calls ended by then.
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
        ratio(count(*) FILTER (WHERE again), count(number), 1000000), count(rec) - count(number),
        'repeat_calls / calls; a proxy for first-contact resolution'"""
    periods = f"""
        SELECT 'period', cell, {figures} FROM ({labels(per)}) LEFT JOIN judged ON cell = {label} GROUP BY cell
        UNION ALL""" if per != "all" else ""
    return f"""
        WITH inbound AS (SELECT begins, number, engagement_id FROM everything WHERE direction = 'inbound' AND number IS NOT NULL),
        again AS (
            SELECT DISTINCT calls.rec FROM calls JOIN inbound AS earlier
            ON earlier.number = calls.number
                AND earlier.begins <= calls.begins AND earlier.begins >= calls.begins - {days} * 86400000
                AND (earlier.begins < calls.begins OR earlier.engagement_id < calls.engagement_id)
        ),
        judged AS (
            SELECT calls.*, again.rec IS NOT NULL AS again FROM calls LEFT JOIN again USING (rec)
            WHERE direction = 'inbound'
        )
        {periods} SELECT 'total', 'all', {figures} FROM judged"""


def result_mix(per, direction):
    label = period_label(per)
    return f"""
        WITH asked AS (SELECT *, {label} AS p FROM calls WHERE {directed(direction)}),
        whole AS (SELECT cell, count(rec) AS n FROM ({labels(per)}) LEFT JOIN asked ON p = cell GROUP BY cell),
        cells AS (SELECT * FROM whole CROSS JOIN (SELECT DISTINCT class FROM asked))
        SELECT 'class', cell, cells.class, count(rec), ratio(count(rec), any_value(n), 1000000), NULL
        FROM cells LEFT JOIN asked ON p = cell AND asked.class = cells.class GROUP BY cell, cells.class
        UNION ALL SELECT 'total', cell, NULL, n, CASE WHEN n > 0 THEN '1.000000' END, 0 FROM whole"""


def transfers(per):
    label = period_label(per)
    return f"""
        WITH of_legs AS (
            SELECT rec, local, queue AS id, coalesce(epoch_ms(leg.start_time), {NEVER}) AS moment, pos FROM legs WHERE queue IS NOT NULL
        ),
        stays AS (
            SELECT rec, local, id, row_number() OVER (PARTITION BY rec ORDER BY moment, pos) AS n
            FROM (
                FROM of_legs
                UNION ALL SELECT rec, local, gid, 0, pos FROM queue_uses JOIN everything USING (rec)
                WHERE part = 0 AND gid IS NOT NULL AND rec NOT IN (SELECT rec FROM of_legs)
                    AND begins >= from_ms() AND begins < to_ms()
            )
        ),
        moves AS (
            SELECT a.rec, {label.replace('local', 'a.local')} AS p, a.id AS a, b.id AS b
            FROM stays AS a JOIN stays AS b ON a.rec = b.rec AND b.n = a.n + 1 AND a.id <> b.id
            WHERE is_chosen(a.id) OR is_chosen(b.id)
        ),
        whole AS (
            SELECT cell, count(rec) AS n, count(DISTINCT rec) AS calls FROM ({labels(per)}) LEFT JOIN moves ON p = cell GROUP BY cell
        ),
        sums AS (
            SELECT p, a, b, count(*) AS n_moves, count(DISTINCT rec) AS n_calls, ratio(count(*), any_value(n), 1000000) AS part
            FROM moves JOIN whole ON p = cell GROUP BY p, a, b
        )
        SELECT 'move', p, a, {name_of('queue', 'sums.a')}, b, {name_of('queue', 'sums.b')}, n_moves, n_calls, part, NULL FROM sums
        UNION ALL SELECT 'total', cell, NULL, NULL, NULL, NULL, n, calls, CASE WHEN n > 0 THEN '1.000000' END, 0 FROM whole"""


def containment(by):
    contained = "count(*) FILTER (WHERE class = 'contained')"
    figures = f"""count(*), {contained}, count(*) FILTER (WHERE class = 'unclassified'),
        ratio({contained}, count(*), 1000000), 'contained / inbound calls'"""
    return lined(by, figures, "direction = 'inbound'")


def agent_activity():
    figures = """count(*), count(*) FILTER (WHERE direction = 'inbound'), count(*) FILTER (WHERE direction = 'outbound'),
        CASE WHEN count(*) = 0 THEN 0 ELSE sum(total_duration) END, count(*) - count(total_duration),
        count(DISTINCT CAST(local AS DATE)),
        strftime(local_at(min(begins)), '%Y-%m-%d %H:%M:%S'),
        strftime(local_at(max(begins)), '%Y-%m-%d %H:%M:%S')"""
    return lined("agent", figures).replace("ELSE 'group'", "ELSE 'agent'")


def top_consumers(rank_by, limit):
    rank = "count(*)" if rank_by == "calls" else "sum(total_duration)"
    figures = f"""placed, count(*), sum(total_duration),
        count(*) FILTER (WHERE millionths IS NULL AND charge IS NULL),
        count(*) FILTER (WHERE millionths IS NULL AND charge IS NOT NULL), money(sum(millionths)),
        strftime(local_at(max(begins)), '%Y-%m-%d %H:%M:%S')"""
    return f"""
        WITH top AS (
            SELECT number, row_number() OVER (ORDER BY {rank} DESC NULLS LAST, number) AS r FROM calls
            WHERE number IS NOT NULL GROUP BY number ORDER BY r LIMIT {limit}
        )
        SELECT 'consumer', r, number, {figures}, NULL, NULL FROM calls JOIN top USING (number)
        GROUP BY r, number, placed
        UNION ALL SELECT 'other', NULL, NULL, {figures}, NULL, NULL FROM calls
        WHERE number IS NOT NULL AND number NOT IN (SELECT number FROM top) GROUP BY placed
        UNION ALL SELECT 'none', NULL, NULL, {figures}, NULL, NULL FROM calls
        WHERE number IS NULL GROUP BY placed
        UNION ALL SELECT 'total', NULL, NULL, {figures}, 0, '0.000000' FROM calls GROUP BY placed"""


LONGEST = "(epoch_ms(fetched_at) // 1000 - 946684800)"
CHECKS = {
    "no direction": "direction IS NULL",
    "no result": "result IS NULL",
    "result not classified": "result IS NOT NULL AND class = 'unclassified'",
    "no end time": "end_time IS NULL",
    "no duration": "total_duration IS NULL",
    "end before start": "end_time < start_time",
    "duration below zero": "total_duration < 0",
    "duration that cannot be": f"total_duration > {LONGEST}",
    "durations of legs that cannot be": f"""list_min(list_transform(voice_call_details, lambda l: l.total_duration)) < 0
        OR list_sum(list_transform(voice_call_details, lambda l: greatest(CAST(l.total_duration AS HUGEINT), 0))) > {LONGEST}""",
    "duration is not end - start": """abs(
        CAST(date_diff('millisecond', start_time, end_time) AS HUGEINT) - CAST(total_duration AS HUGEINT) * 1000) > 999""",
    "no charge": "charge IS NULL AND charge_amount IS NULL",
    "charge not readable": "charge IS NOT NULL AND charge_amount IS NULL",
    "charge without currency": "charge_amount IS NOT NULL AND charge_currency IS NULL",
    "no consumer number": "consumer_number IS NULL",
    "consumer number hidden": "consumer_number IS NOT NULL AND number IS NULL",
    "no country": "country_name IS NULL",
    "no queue": "rec NOT IN (SELECT rec FROM queues_in)",
    "offered, no queue": "offered AND rec NOT IN (SELECT rec FROM queues_in)",
    "no agent": "rec NOT IN (SELECT rec FROM agents_in)",
    "handled, no agent": "class = 'handled' AND rec NOT IN (SELECT rec FROM agents_in)",
    "no legs": "coalesce(len(voice_call_details), 0) = 0",
    "fields that no column takes": "extra IS NOT NULL",
    "engagement_id under several start times": "engagement_id IN (SELECT engagement_id FROM calls GROUP BY ALL HAVING count(*) > 1)",
}


def data_quality(per):
    label = period_label(per)
    several = CHECKS["engagement_id under several start times"]
    checks = " UNION ALL ".join(
        f"""SELECT 'check', cell, '{name}', count(*) FILTER (WHERE rec IS NOT NULL AND ({check})),
            ratio(count(*) FILTER (WHERE rec IS NOT NULL AND ({check})), count(rec), 1000000), NULL, NULL
            FROM ({labels(per)}) LEFT JOIN calls ON cell = {label} GROUP BY cell"""
        for name, check in CHECKS.items()
    )
    return f"""{checks}
        UNION ALL SELECT 'at stake', p, 'engagement_id under several start times', count(*),
            ratio(count(*), (SELECT count(*) FROM calls WHERE {label} = p), 1000000), charge_currency, money(sum(millionths))
        FROM (
            SELECT *, {label} AS p, max(begins) OVER (PARTITION BY engagement_id) AS last FROM calls WHERE {several}
        ) WHERE begins < last GROUP BY p, charge_currency
        UNION ALL SELECT 'total', cell, NULL, count(rec), CASE WHEN count(rec) > 0 THEN '1.000000' END, NULL, NULL
        FROM ({labels(per)}) LEFT JOIN calls ON cell = {label} GROUP BY cell"""


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
