-- title: How many calls were there at once, at most, on each day?
-- description:
--   Over the whole lake: the most calls in progress just after one began, by the UTC day on which it began. A
--   call is in progress from its start to before its end, also over midnight. Calls without an end are
--   left out.
-- column: day text
--   The day as YYYY-MM-DD.
-- column: peak integer (calls)
--   The most calls at once.
SELECT to_char(day, '%Y-%m-%d') AS day, max(level) AS peak
FROM (
    SELECT
        date_trunc('day', moment) AS day,
        change,
        -- At the same moment ends come before starts.
        sum(change) OVER (ORDER BY moment, change ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS level
    FROM (
        SELECT start_time AS moment, 1 AS change FROM voice_calls WHERE end_time >= start_time
        UNION ALL
        SELECT end_time AS moment, -1 AS change FROM voice_calls WHERE end_time >= start_time
    ) AS moments
) AS levels
WHERE change = 1
GROUP BY day
ORDER BY day
