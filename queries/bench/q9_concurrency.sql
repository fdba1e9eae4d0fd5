-- title: How many calls were there at once, at most, on each day?
-- description:
--   Over the whole lake: largest number of calls in progress just after a call started, by the UTC
--   day of that start. A call is in progress from its start until just before its end, across
--   midnight too. Calls whose end is not after their start are left out.
-- column: day text
--   Day as YYYY-MM-DD.
-- column: peak integer (calls)
--   Largest number of simultaneous calls.
SELECT to_char(level['begins'], '%Y-%m-%d') AS day, level['peak_as_begun'] AS peak
FROM (
    SELECT unnest(concurrency(start_time, end_time, 1440, 'UTC')) AS level
    FROM voice_calls
) AS levels
WHERE level['peak_as_begun'] IS NOT NULL
ORDER BY day
