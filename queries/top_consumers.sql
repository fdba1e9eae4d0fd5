-- title: Who calls most, and what does it cost?
-- description:
--   Consumer numbers with the most calls or the most seconds, and the charges of their calls.
--   Charges in different currencies are never added up: a number with charges in two currencies has
--   two adjacent lines, and its rank is that of all its calls. Charges of an unknown currency have
--   the currency NULL. Calls whose charge is missing or cannot be parsed have no currency of their
--   own: they count in the lines of the currency that most charges have. When ranked by seconds,
--   numbers without a known duration come last.
--
--   All other numbers are in the line 'other'. Calls without a number or with a hidden one (their
--   known_number in the view calls is NULL) are in the line 'none'. The line 'total' is computed
--   from calls alone; its differences show that the lines add up to it.
-- notices: charges
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of last_call.
-- parameter: queue queues =
--   Queue ids or names: only calls through one of these queues count. A name matches every queue
--   that ever had it. Default: all queues.
-- parameter: direction text = all in all, inbound, outbound
--   Direction of the calls that count.
-- parameter: rank_by text = calls in calls, seconds
--   Ranking. There is no ranking by charge, because amounts in different currencies cannot be
--   compared.
-- parameter: limit integer = 20 in 1..100000
--   Maximum number of consumer numbers; ties are ordered by the number itself.
-- column: line text
--   'consumer', 'other', 'none' or 'total'.
-- column: rank integer (rank)
--   Rank of the consumer, from 1.
-- column: consumer_number text
--   Number of the consumer.
-- column: charge_currency text
--   ISO 4217 code; NULL if it is unknown or no call has a charge.
-- column: calls integer (calls)
--   Calls of the consumer with this currency; in the currency of most charges also those without a
--   charge.
-- column: seconds integer (s in total)
--   Sum of the known engagement durations; NULL if there are calls but no duration is known.
-- column: calls_without_charge integer (calls)
--   Calls without a charge.
-- column: calls_with_unreadable_charge integer (calls)
--   Calls whose charge text cannot be parsed.
-- column: charge decimal (units of charge_currency)
--   Sum of the known charges; NULL if there are calls but no charge is known.
-- column: last_call text
--   Local start time of the last call, as YYYY-MM-DD HH:MM:SS.
-- column: difference_calls integer (calls)
--   On the total: the lines - total, 0. NULL on other lines.
-- column: difference decimal (units of charge_currency)
--   On the total: the charges of the lines - total, exactly 0. NULL on other lines.
WITH selected AS (
    SELECT
        known_number AS number,
        start_time,
        -- Decimals: the sum of the durations can exceed 64 bits.
        CAST(total_duration AS DECIMAL(38, 0)) AS seconds,
        charge,
        charge_amount,
        charge_currency
    FROM calls
    WHERE
        start_time >= $from
        AND start_time < $to
        AND through_queues($queue, queues, voice_call_details)
        AND ($direction = 'all' OR direction = $direction)
),
main_currency AS (
    -- The currency of most charges; its lines include the calls without a charge.
    SELECT first_value(charge_currency ORDER BY charged DESC, charge_currency) AS code
    FROM (
        SELECT charge_currency, count(*) AS charged
        FROM selected
        WHERE charge_currency IS NOT NULL
        GROUP BY charge_currency
    ) AS known
),
placed_calls AS (
    SELECT
        number,
        start_time,
        seconds,
        charge,
        charge_amount,
        CASE WHEN charge_amount IS NULL THEN code ELSE charge_currency END AS charge_currency
    FROM selected
    CROSS JOIN main_currency
),
consumers AS (
    SELECT
        number,
        charge_currency,
        count(*) AS calls,
        sum(seconds) AS seconds,
        count(*) FILTER (WHERE charge_amount IS NULL AND nonblank(charge) IS NULL) AS calls_without_charge,
        count(*) FILTER (WHERE charge_amount IS NULL AND nonblank(charge) IS NOT NULL) AS calls_with_unreadable_charge,
        sum(charge_amount) AS charge,
        max(start_time) AS last_call
    FROM placed_calls
    GROUP BY number, charge_currency
),
ranked AS (
    SELECT
        number,
        row_number() OVER (
            ORDER BY
                CASE $rank_by WHEN 'seconds' THEN sum(seconds) ELSE sum(calls) END DESC NULLS LAST,
                number
        ) AS rank
    FROM consumers
    WHERE number IS NOT NULL
    GROUP BY number
),
placed AS (
    SELECT
        CASE
            WHEN consumers.number IS NULL THEN 'none'
            WHEN ranked.rank <= $limit THEN 'consumer'
            ELSE 'other'
        END AS line,
        CASE WHEN ranked.rank <= $limit THEN ranked.rank END AS rank,
        CASE WHEN ranked.rank <= $limit THEN consumers.number END AS number,
        charge_currency,
        calls,
        seconds,
        calls_without_charge,
        calls_with_unreadable_charge,
        charge,
        last_call
    FROM consumers
    LEFT JOIN ranked ON ranked.number = consumers.number
),
lines AS (
    SELECT
        line,
        rank,
        number,
        charge_currency,
        sum(calls) AS calls,
        sum(seconds) AS seconds,
        sum(calls_without_charge) AS calls_without_charge,
        sum(calls_with_unreadable_charge) AS calls_with_unreadable_charge,
        sum(charge) AS charge,
        max(last_call) AS last_call
    FROM placed
    GROUP BY line, rank, number, charge_currency
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS rank,
        NULL AS number,
        charge_currency,
        count(*) AS calls,
        sum(seconds) AS seconds,
        count(*) FILTER (WHERE charge_amount IS NULL AND nonblank(charge) IS NULL) AS calls_without_charge,
        count(*) FILTER (WHERE charge_amount IS NULL AND nonblank(charge) IS NOT NULL) AS calls_with_unreadable_charge,
        sum(charge_amount) AS charge,
        max(start_time) AS last_call
    FROM placed_calls
    GROUP BY charge_currency
    UNION ALL
    -- Ensures a total even if there are no calls.
    SELECT
        'total' AS line,
        NULL AS rank,
        NULL AS number,
        NULL AS charge_currency,
        0 AS calls,
        0 AS seconds,
        0 AS calls_without_charge,
        0 AS calls_with_unreadable_charge,
        0 AS charge,
        NULL AS last_call
    FROM (SELECT count(*) AS calls FROM selected) AS counted
    WHERE counted.calls = 0
),
balanced AS (
    SELECT
        *,
        sum(CASE line WHEN 'total' THEN -calls ELSE calls END) OVER (PARTITION BY charge_currency)
            AS difference_calls,
        coalesce(
            sum(CASE line WHEN 'total' THEN -charge ELSE charge END) OVER (PARTITION BY charge_currency),
            0
        ) AS difference
    FROM lines
)
SELECT
    line,
    CAST(rank AS BIGINT) AS rank,
    number AS consumer_number,
    charge_currency,
    calls,
    seconds,
    calls_without_charge,
    calls_with_unreadable_charge,
    charge,
    to_char(local_time(last_call, $timezone), '%Y-%m-%d %H:%M:%S') AS last_call,
    CASE line WHEN 'total' THEN difference_calls END AS difference_calls,
    CASE line WHEN 'total' THEN difference END AS difference
FROM balanced
ORDER BY
    CASE line WHEN 'consumer' THEN 0 WHEN 'other' THEN 1 WHEN 'none' THEN 2 ELSE 3 END,
    rank,
    charge_currency NULLS LAST
