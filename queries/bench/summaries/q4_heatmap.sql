-- title: When do calls come, by weekday and hour?
-- description:
--   From daily summaries.
--
--   Over the whole lake, by the start of the call in UTC.
-- column: weekday integer (ISO: 1 Monday to 7 Sunday)
--   The weekday.
-- column: hour integer (0 to 23)
--   The hour of the day.
-- column: calls integer (calls)
--   Calls that began then.
SELECT
    CAST(extract(isodow FROM start_time) AS INT) AS weekday,
    CAST(extract(hour FROM start_time) AS INT) AS hour,
    sum(calls) AS calls
FROM call_summary('2000-01-01', '2200-01-01', [], 'hour')
GROUP BY 1, 2
ORDER BY 1, 2
