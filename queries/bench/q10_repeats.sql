-- title: How many callers of a month had called within the week before?
-- description:
--   Inbound calls of the month from a number in international form. A call is a repeat if the same
--   number called inbound within the seven days before it, to the second. Calls before the month
--   are read to find repeats, but not counted.
-- parameter: month_from timestamp
--   Start of the month, inclusive.
-- parameter: month_to timestamp
--   End of the month, exclusive.
-- column: calls integer (calls)
--   Calls from a known number.
-- column: repeat_calls integer (calls)
--   Repeat calls.
WITH inbound AS (
    SELECT
        start_time,
        lag(start_time) OVER (PARTITION BY consumer_number ORDER BY start_time) AS time_before
    FROM voice_calls
    WHERE
        direction = 'inbound'
        AND starts_with(consumer_number, '+')
        AND start_time >= $month_from - INTERVAL '7 days'
        AND start_time < $month_to
)
SELECT
    count(*) AS calls,
    -- Compares instants: DataFusion 55 compares a time difference with an interval wrongly.
    count(*) FILTER (WHERE start_time <= time_before + INTERVAL '7 days') AS repeat_calls
FROM inbound
WHERE start_time >= $month_from
