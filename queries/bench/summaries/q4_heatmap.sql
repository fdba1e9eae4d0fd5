-- title: When do calls come, by weekday and hour?
-- description:
--   Uses daily summaries.
--
--   Over the whole lake, by the start of the call in UTC.
-- column: weekday integer (ISO: 1 Monday to 7 Sunday)
--   Weekday.
-- column: hour integer (0 to 23)
--   Hour of the day.
-- column: calls integer (calls)
--   Calls that started in this hour.
SELECT
    CAST(extract(isodow FROM start_time) AS INT) AS weekday,
    CAST(extract(hour FROM start_time) AS INT) AS hour,
    sum(calls) AS calls
FROM call_summary('2000-01-01', '2200-01-01', [], 'hour')
GROUP BY 1, 2
ORDER BY 1, 2
