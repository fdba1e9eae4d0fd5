-- title: How do calls end, and does that change?
-- description:
--   Calls by the class of their result (see the view result_classes), and the share of each class
--   in all calls of its period. A missing, unknown or ambiguous result is 'unclassified'. Each
--   period has a line for every class that occurs in any period, with 0 if it has no such call.
--
--   The line 'total' is computed from calls; its difference shows that the classes add up to it.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days, weeks and months.
-- parameter: queue queues =
--   Queue ids or names: only calls through one of these queues count. A name matches every queue
--   that ever had it. Default: all queues.
-- parameter: direction text = all in all, inbound, outbound
--   Direction of the calls that count.
-- parameter: per text = week in all, month, week, day
--   Granularity: the whole period, or local months, ISO weeks or days.
-- column: line text
--   'class' or 'total'.
-- column: period text
--   Local month as YYYY-MM, ISO week as YYYY-Www or day as YYYY-MM-DD in which the calls started;
--   'all' for the whole period.
-- column: result_class text
--   Class of the result.
-- column: calls integer (calls)
--   Calls with a result of this class.
-- column: share decimal (share, 0 to 1) = calls / total calls
--   Share of all calls of the period, to six digits; NULL if there are no calls.
-- column: difference integer (calls)
--   On the total: classes - total, 0. NULL on other lines.
WITH selected AS (
    SELECT
        local_period(start_time, $per, $timezone) AS period,
        result_class(result) AS result_class,
        calls
    FROM call_summary($from, $to, $queue, $per, $timezone)
    WHERE $direction = 'all' OR direction = $direction
),
cells AS (
    SELECT unnest(local_periods($from, $to, $per, $timezone)) AS period
),
classes AS (
    SELECT DISTINCT result_class(result) AS result_class
    FROM call_summary($from, $to, $queue, 'all')
    WHERE $direction = 'all' OR direction = $direction
),
lines AS (
    SELECT 'class' AS line, period, result_class, sum(calls) AS calls
    FROM (
        SELECT period, result_class, calls FROM selected
        UNION ALL
        SELECT period, result_class, 0 AS calls FROM cells CROSS JOIN classes
    ) AS of_classes
    GROUP BY period, result_class
    UNION ALL
    SELECT 'total' AS line, period, NULL AS result_class, sum(calls) AS calls
    FROM (
        SELECT period, calls FROM selected
        UNION ALL
        SELECT period, 0 AS calls FROM cells
    ) AS of_periods
    GROUP BY period
),
balanced AS (
    SELECT
        line,
        period,
        result_class,
        calls,
        sum(CASE line WHEN 'total' THEN calls ELSE 0 END) OVER (PARTITION BY period) AS period_calls,
        sum(CASE line WHEN 'total' THEN -calls ELSE calls END) OVER (PARTITION BY period) AS difference
    FROM lines
)
SELECT
    line,
    period,
    result_class,
    calls,
    CAST(
        CAST(calls AS DECIMAL(38, 16)) / CAST(nullif(period_calls, 0) AS DECIMAL(20, 0)) AS DECIMAL(9, 6)
    ) AS share,
    CASE line WHEN 'total' THEN difference END AS difference
FROM balanced
ORDER BY period, CASE line WHEN 'class' THEN 0 ELSE 1 END, result_class
