-- title: When do calls come, by weekday and hour of a clock that changes?
-- description:
--   Uses daily summaries.
--
--   Like q4_heatmap, but in the time zone Europe/Berlin: each call uses the UTC offset at its
--   start.
-- column: weekday integer (ISO: 1 Monday to 7 Sunday)
--   Local weekday.
-- column: hour integer (0 to 23)
--   Local hour of the day.
-- column: calls integer (calls)
--   Calls that started in this hour.
SELECT
    CAST(extract(isodow FROM local) AS INT) AS weekday,
    CAST(extract(hour FROM local) AS INT) AS hour,
    sum(calls) AS calls
FROM (
    SELECT local_time(start_time, 'Europe/Berlin') AS local, calls
    FROM call_summary('2000-01-01', '2200-01-01', [], 'hour', 'Europe/Berlin')
) AS placed
GROUP BY 1, 2
ORDER BY 1, 2
