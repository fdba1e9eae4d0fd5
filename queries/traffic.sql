-- title: How much traffic do the lines carry?
-- description:
--   Traffic intensity in erlangs: seconds of calls within an interval of the local clock, divided
--   by its length. One erlang is one line that is busy all the time. Intervals without a call have
--   a line with 0.
--
--   A call lasts from its start to its end, [start_time, end_time): two calls do not overlap if one
--   ends when the other starts. Without an end_time, the end is start_time + total_duration. Calls
--   that started up to a day before the period count with the part that lies in it.
--
--   This is the traffic of whole engagements, including menus and waiting: the API reports no other
--   times. An hour that the clock repeats is two intervals. An interval cut by the period or by a
--   clock change has its remaining length.
--
--   The line 'total' is computed from calls; its difference shows that the intervals add up to it.
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
-- parameter: minutes integer = 60 in 15, 30, 60
--   Length of an interval.
-- column: line text
--   'interval' or 'total'.
-- column: local text
--   Local start of the interval, as YYYY-MM-DD HH:MM.
-- column: begins timestamp
--   Start of the interval in UTC, even if the period starts later.
-- column: calls integer (calls)
--   Calls that overlap the interval; on the total, calls that overlap the period.
-- column: call_seconds decimal (s in total)
--   Seconds of calls within the interval.
-- column: seconds decimal (s)
--   Length of the interval.
-- column: erlangs decimal (erlangs)
--   call_seconds / seconds, to four digits; NULL on the total of an empty period.
-- column: calls_without_end integer (calls)
--   On the total: calls that are not counted because neither end nor duration is known, or because
--   the end is before the start. NULL on other lines.
-- column: difference decimal (s)
--   On the total: intervals - total in call_seconds, exactly 0. NULL on other lines.
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
carried AS (
    SELECT level['begins'] AS begins, level['spans'] AS calls, level['milliseconds'] AS call_milliseconds
    FROM (SELECT unnest(concurrency(begins, ends, $minutes, $timezone)) AS level FROM spans) AS unnested
),
intervals AS (
    SELECT piece['begins'] AS begins, piece['local'] AS local, sum(piece['milliseconds']) AS milliseconds
    FROM (SELECT unnest(local_intervals($from, $to, $minutes, $timezone)) AS piece) AS pieces
    GROUP BY piece['begins'], piece['local']
),
lines AS (
    SELECT
        'interval' AS line,
        to_char(intervals.local, '%Y-%m-%d %H:%M') AS local,
        intervals.begins AS begins,
        coalesce(carried.calls, 0) AS calls,
        coalesce(carried.call_milliseconds, 0) AS call_milliseconds,
        intervals.milliseconds AS milliseconds
    FROM intervals
    LEFT JOIN carried ON carried.begins = intervals.begins
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS local,
        NULL AS begins,
        count(*) AS calls,
        coalesce(sum(CAST(CAST(ends AS BIGINT) - CAST(begins AS BIGINT) AS DECIMAL(19, 0))), 0) AS call_milliseconds,
        CAST($to AS BIGINT) - CAST($from AS BIGINT) AS milliseconds
    FROM spans
),
endless AS (
    SELECT count(*) AS calls
    FROM selected
    WHERE start_time >= $from AND (ends IS NULL OR ends < start_time)
)
SELECT
    line,
    local,
    begins,
    lines.calls AS calls,
    CAST(CAST(call_milliseconds AS DECIMAL(30, 3)) / 1000 AS DECIMAL(24, 3)) AS call_seconds,
    CAST(CAST(milliseconds AS DECIMAL(30, 3)) / 1000 AS DECIMAL(18, 3)) AS seconds,
    CAST(
        CAST(call_milliseconds AS DECIMAL(38, 4)) / CAST(nullif(milliseconds, 0) AS DECIMAL(20, 0))
        AS DECIMAL(18, 4)
    ) AS erlangs,
    CASE line WHEN 'total' THEN endless.calls END AS calls_without_end,
    CASE line
        WHEN 'total' THEN CAST(
            CAST(
                sum(CASE line WHEN 'total' THEN -call_milliseconds ELSE call_milliseconds END) OVER ()
                AS DECIMAL(30, 3)
            ) / 1000 AS DECIMAL(24, 3)
        )
    END AS difference
FROM lines
CROSS JOIN endless
ORDER BY CASE line WHEN 'interval' THEN 0 ELSE 1 END, begins
