-- title: How many callers had to call again?
-- description:
--   An inbound call is a repeat if the same consumer number called inbound within the given number
--   of days before it, to the millisecond. Of calls that started at the same time, the one with the
--   greater engagement_id is the later. Calls before the period are read to find repeats, but not
--   counted.
--
--   This is only a proxy for first-contact resolution: the API does not report why someone calls, a
--   number may belong to a household or a company, and a call from another number is not
--   recognised. Calls without a number or with a hidden one (their known_number in the view calls
--   is NULL) are counted in calls_without_number and left out of all other figures.
--
--   If queues are chosen, only calls through them count; the earlier call may have reached any
--   queue.
-- reads-before: $days days
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days, weeks and months.
-- parameter: queue queues =
--   Queue ids or names: only calls through one of these queues count. A name matches every queue
--   that ever had it. Default: all queues.
-- parameter: days integer = 7 in 1..366
--   Longest time between a call and its repeat, in days of 24 hours.
-- parameter: per text = all in all, month, week, day
--   Granularity: the whole period, or local months, ISO weeks or days.
-- column: line text
--   'period', or 'total' for the whole period, always present.
-- column: period text
--   Local month as YYYY-MM, ISO week as YYYY-Www or day as YYYY-MM-DD in which the calls started;
--   'all' for the whole period.
-- column: callers integer (numbers)
--   Distinct numbers that called; a number that called in two periods counts once in the total.
-- column: calls integer (calls)
--   Inbound calls from a known number.
-- column: repeat_calls integer (calls)
--   Repeat calls.
-- column: repeat_rate decimal (share, 0 to 1) = repeat_calls / calls
--   repeat_calls / calls, to six digits; NULL if calls is 0.
-- column: calls_without_number integer (calls)
--   Inbound calls from an unknown number.
-- column: definition text (note)
--   Definition of repeat_rate.
WITH inbound AS (
    SELECT
        start_time,
        number,
        is_chosen,
        lag(start_time) OVER (PARTITION BY number ORDER BY start_time, engagement_id) AS before
    FROM (
        SELECT
            start_time,
            engagement_id,
            known_number AS number,
            through_queues($queue, queues, voice_call_details) AS is_chosen
        FROM calls
        WHERE
            direction = 'inbound'
            AND start_time >= $from - CAST(concat(CAST($days AS TEXT), ' days') AS INTERVAL)
            AND start_time < $to
    ) AS numbered
),
selected AS (
    SELECT
        local_period(start_time, $per, $timezone) AS period,
        number,
        -- Compares instants: DataFusion 55 compares a time difference with an interval wrongly.
        number IS NOT NULL
            AND start_time <= before + CAST(concat(CAST($days AS TEXT), ' days') AS INTERVAL) AS is_repeat
    FROM inbound
    WHERE start_time >= $from AND is_chosen
),
lines AS (
    SELECT
        'period' AS line,
        period,
        count(DISTINCT number) AS callers,
        count(number) AS calls,
        count(*) FILTER (WHERE is_repeat) AS repeat_calls,
        sum(is_call) - count(number) AS calls_without_number
    FROM (
        SELECT period, number, is_repeat, 1 AS is_call FROM selected
        UNION ALL
        SELECT unnest(local_periods($from, $to, $per, $timezone)) AS period, NULL, NULL, 0 AS is_call
    ) AS of_periods
    WHERE $per <> 'all'
    GROUP BY period
    UNION ALL
    SELECT
        'total' AS line,
        'all' AS period,
        count(DISTINCT number) AS callers,
        count(number) AS calls,
        count(*) FILTER (WHERE is_repeat) AS repeat_calls,
        count(*) - count(number) AS calls_without_number
    FROM selected
)
SELECT
    line,
    period,
    callers,
    calls,
    repeat_calls,
    CAST(
        CAST(repeat_calls AS DECIMAL(38, 16)) / CAST(nullif(calls, 0) AS DECIMAL(20, 0)) AS DECIMAL(9, 6)
    ) AS repeat_rate,
    calls_without_number,
    'repeat_calls / calls; a proxy for first-contact resolution' AS definition
FROM lines
ORDER BY CASE line WHEN 'period' THEN 0 ELSE 1 END, period
