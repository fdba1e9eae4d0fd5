-- title: How many calls were there at once?
-- description:
--   Largest number of simultaneous calls in each interval of the local clock, and the time at which
--   it was first reached. A call that spans several intervals counts in each of them.
--
--   A call lasts from its start to its end, [start_time, end_time): two calls do not overlap if one
--   ends when the other starts. Without an end_time, the end is start_time + total_duration. Calls
--   that started up to a day before the period count with the part that lies in it.
--
--   A call of zero length is never counted. The line 'total' is the peak of the whole period.
-- reads-before: 1 day
-- parameter: from timestamp
--   Start of the period, inclusive.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the intervals.
-- parameter: queue queues =
--   Queue ids or names: only calls through one of these queues count. A name matches every queue
--   that ever had it. Default: all queues.
-- parameter: direction text = all in all, inbound, outbound
--   Direction of the calls that count.
-- parameter: minutes integer = 1440 in 15, 30, 60, 1440
--   Length of an interval; 1440 is a local day, which has 23 or 25 hours when clocks change.
-- column: line text
--   'interval' or 'total'.
-- column: local text
--   Local start of the interval, as YYYY-MM-DD HH:MM.
-- column: begins timestamp
--   Start of the interval in UTC, even if the period starts later.
-- column: peak integer (calls at once)
--   Largest number of simultaneous calls.
-- column: peak_at timestamp
--   First time at which the peak was reached, in UTC; the start of the interval if it was reached
--   earlier.
-- column: calls_without_end integer (calls)
--   On the total: calls that are not counted because neither end nor duration is known, or because
--   the end is before the start. NULL on other lines.
WITH selected AS (
    SELECT start_time, ends
    FROM calls
    WHERE
        start_time >= $from - INTERVAL '1 day'
        AND start_time < $to
        AND through_queues($queue, queues, voice_call_details)
        AND ($direction = 'all' OR direction = $direction)
),
spans AS (
    -- Part of each call that lies in the period.
    SELECT greatest(start_time, $from) AS begins, least(ends, $to) AS ends
    FROM selected
    WHERE selected.ends > start_time AND selected.ends > $from
),
levels AS (
    SELECT level['begins'] AS begins, level['peak'] AS peak, level['peak_at'] AS peak_at
    FROM (SELECT unnest(concurrency(begins, ends, $minutes, $timezone)) AS level FROM spans) AS unnested
),
intervals AS (
    SELECT piece['begins'] AS begins, piece['local'] AS local
    FROM (SELECT unnest(local_intervals($from, $to, $minutes, $timezone)) AS piece) AS pieces
    GROUP BY piece['begins'], piece['local']
),
peaks AS (
    SELECT
        intervals.local AS local,
        intervals.begins AS begins,
        coalesce(peak, 0) AS peak,
        coalesce(peak_at, greatest(intervals.begins, $from)) AS peak_at
    FROM intervals
    LEFT JOIN levels ON levels.begins = intervals.begins
)
SELECT
    'interval' AS line,
    to_char(local, '%Y-%m-%d %H:%M') AS local,
    begins,
    peak,
    peak_at,
    CAST(NULL AS BIGINT) AS calls_without_end
FROM peaks
UNION ALL
SELECT
    'total' AS line,
    NULL AS local,
    NULL AS begins,
    coalesce(max(peak), 0) AS peak,
    first_value(peak_at ORDER BY peak DESC, peak_at) AS peak_at,
    (SELECT count(*) FROM selected WHERE start_time >= $from AND (ends IS NULL OR ends < start_time)) AS calls_without_end
FROM peaks
ORDER BY line, begins
