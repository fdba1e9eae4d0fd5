-- title: When do calls come, by weekday and hour?
-- description:
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
    count(*) AS calls
FROM voice_calls
GROUP BY 1, 2
ORDER BY 1, 2
