-- title: How many calls were there at once, at most, on each day?
-- description:
--   Over the whole lake: the most calls in progress just after one began, by the UTC day on which it began. A
--   call is in progress from its start to before its end, also over midnight. Calls that do not end after
--   they began are left out.
-- column: day text
--   The day as YYYY-MM-DD.
-- column: peak integer (calls)
--   The most calls at once.
SELECT to_char(level['begins'], '%Y-%m-%d') AS day, level['peak_as_begun'] AS peak
FROM (
    SELECT unnest(concurrency(start_time, end_time, 1440, 'UTC')) AS level
    FROM voice_calls
) AS levels
WHERE level['peak_as_begun'] IS NOT NULL
ORDER BY day
