-- title: How many calls were there at once?
-- description:
--   The largest number of calls at the same moment in each interval of the local clock, and when it was
--   first reached. Calls that run on from one interval into the next count in both.
--
--   A call lasts from its start to its end, [start_time, end_time): one that ends as another begins
--   does not overlap it. Where no end is given, total_duration tells it. Calls that began up to a day
--   before the period count with the part that lies in it.
--
--   A call of no length is never there. The line 'total' is the peak of the whole period.
-- reads-before: 1 day
-- parameter: from timestamp
--   Start of the period, inclusive.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the intervals.
-- parameter: queue texts =
--   Ids or names of queues: only calls through one of them count. None given means all.
-- parameter: direction text = all in all, inbound, outbound
--   Which calls count by their direction.
-- parameter: minutes integer = 1440 in 15, 30, 60, 1440
--   Length of an interval; 1440 is a local day, of 23 or 25 hours where clocks change.
-- column: line text
--   'interval' or 'total'.
-- column: local text
--   When the interval begins by the local clock, as YYYY-MM-DD HH:MM.
-- column: begins timestamp
--   The same in UTC; where the period begins within the interval, still the interval's own.
-- column: peak integer (calls)
--   The most calls at once.
-- column: peak_at timestamp
--   When there were first as many, in UTC; where they run on from before, the interval's beginning.
-- column: calls_without_end integer (calls)
--   On the total: calls that are never there, as neither end nor duration is known, or the end is before
--   the start. NULL on other lines.
WITH asked AS (
    SELECT
        start_time,
        coalesce(
            end_time,
            arrow_cast(CAST(start_time AS BIGINT) + 1000 * total_duration, 'Timestamp(Millisecond, Some("UTC"))')
        ) AS end_time
    FROM voice_calls
    WHERE
        start_time >= $from - INTERVAL '1 day'
        AND start_time < $to
        AND through_queues($queue, queues, voice_call_details)
        AND ($direction = 'all' OR direction = $direction)
),
spans AS (
    -- The part of each call that lies in the period.
    SELECT greatest(start_time, $from) AS begins, least(end_time, $to) AS ends
    FROM asked
    WHERE end_time > start_time AND end_time > $from
),
pieces AS (
    SELECT
        piece['begins'] AS begins,
        piece['local'] AS local,
        greatest(piece['begins'], $from) AS at
    FROM (SELECT unnest(local_intervals($from, $to, $minutes, $timezone)) AS piece) AS unnested
),
changes AS (
    -- Calls that begin less those that end, at each moment at which either happens or an interval begins.
    SELECT at, sum(change) AS change
    FROM (
        SELECT begins AS at, 1 AS change FROM spans
        UNION ALL
        SELECT ends AS at, -1 AS change FROM spans
        UNION ALL
        SELECT at, 0 AS change FROM pieces
    ) AS moments
    WHERE at < $to
    GROUP BY at
),
levels AS (
    SELECT at, sum(change) OVER (ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS calls
    FROM changes
),
placed AS (
    SELECT
        at,
        calls,
        local_intervals(at, at + INTERVAL '1 millisecond', $minutes, $timezone)[1] AS piece
    FROM levels
)
SELECT
    'interval' AS line,
    to_char(piece['local'], '%Y-%m-%d %H:%M') AS local,
    piece['begins'] AS begins,
    max(calls) AS peak,
    first_value(at ORDER BY calls DESC, at) AS peak_at,
    CAST(NULL AS BIGINT) AS calls_without_end
FROM placed
GROUP BY piece['begins'], piece['local']
UNION ALL
SELECT
    'total' AS line,
    NULL AS local,
    NULL AS begins,
    coalesce(max(calls), 0) AS peak,
    first_value(at ORDER BY calls DESC, at) AS peak_at,
    (
        SELECT count(*) FROM asked WHERE start_time >= $from AND (end_time IS NULL OR end_time < start_time)
    ) AS calls_without_end
FROM levels
ORDER BY line, begins
