-- title: Who calls most, and what does it cost?
-- description:
--   The consumer numbers with the most calls or the most seconds, with what their calls cost. Charges in
--   different currencies are never added up: a number whose calls were charged in two has a line for
--   each, side by side, and its rank goes by all its calls. A charge whose currency is not known, and no
--   charge, are the currency NULL. Numbers of whose calls no duration is known come last by
--   seconds.
--
--   All other numbers are the line 'other', calls without a number or with a hidden one (the view
--   calls has no known_number for them) the line 'none'. The line 'total' is computed from calls
--   alone; its differences show that the lines add up to it.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of last_call.
-- parameter: queue queues =
--   Ids or names of queues: only calls through one of them count. A name stands for every queue
--   that ever had it. None given means all.
-- parameter: direction text = all in all, inbound, outbound
--   Which calls count by their direction.
-- parameter: rank_by text = calls in calls, seconds
--   What makes a number come first. Charges do not, as those of different currencies cannot be compared.
-- parameter: limit integer = 20 in 1..100000
--   How many numbers to show; those of the same rank are told apart by the number itself.
-- column: line text
--   'consumer', 'other', 'none' or 'total'.
-- column: rank integer (rank)
--   Rank of the consumer, from 1.
-- column: consumer_number text
--   The number.
-- column: charge_currency text
--   ISO 4217 code; NULL where it is not known or there is no charge.
-- column: calls integer (calls)
--   Calls.
-- column: seconds integer (s)
--   Seconds of those engagements, as far as known; NULL where calls are and none is known.
-- column: calls_without_charge integer (calls)
--   Calls that have no charge.
-- column: calls_with_unreadable_charge integer (calls)
--   Calls whose charge is a text that cannot be read.
-- column: charge decimal (units of charge_currency)
--   Their charges; NULL where calls are and no charge is known.
-- column: last_call text
--   When the last of them began by the local clock, as YYYY-MM-DD HH:MM:SS.
-- column: difference_calls integer (calls)
--   On the total: the lines - total, 0. NULL on other lines.
-- column: difference decimal (units of charge_currency)
--   On the total: the charges of the lines - total, exactly 0. NULL on other lines.
WITH asked AS (
    SELECT
        known_number AS number,
        start_time,
        -- As decimals, which hold the sum of any durations.
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
    FROM asked
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
    FROM asked
    GROUP BY charge_currency
    UNION ALL
    -- Where there is no call, a total all the same.
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
    FROM (SELECT count(*) AS calls FROM asked) AS counted
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
