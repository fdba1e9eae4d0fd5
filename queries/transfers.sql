-- title: From which queue to which do calls move?
-- description:
--   Moves of calls from one queue to the next. Where legs were fetched and name queues, their order is
--   that of their starts; legs without a queue are passed over, and legs in one queue one after the
--   other are one stay. Else it is the order of the call's queues, in which a return does not show.
--
--   A call that goes there, back and there again makes three moves, two of them alike.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days, weeks and months.
-- parameter: queue texts =
--   Ids or names of queues: only moves from or to one of them count. None given means all.
-- parameter: per text = all in all, month, week, day
--   What to tell apart: nothing, or local months, ISO weeks or days.
-- column: line text
--   'move', or 'total' for each period that has one.
-- column: period text
--   The local month as YYYY-MM, ISO week as YYYY-Www or day as YYYY-MM-DD in which the calls
--   started; 'all' for the whole.
-- column: from_id text (id)
--   Id of the queue that was left.
-- column: from_queue text
--   Its last known name.
-- column: to_id text (id)
--   Id of the queue that was entered.
-- column: to_queue text
--   Its last known name.
-- column: moves integer (moves)
--   Moves from the one to the other.
-- column: calls integer (calls)
--   Calls that made them, each once.
-- column: share decimal (share, 0 to 1)
--   Of all moves of the period, to six digits.
-- column: difference integer (moves)
--   On the total: the moves of the lines - total, 0. NULL on other lines.
WITH moves AS (
    SELECT
        local_period(start_time, $per, $timezone) AS period,
        start_time,
        engagement_id,
        move['from_id'] AS from_id,
        move['from_name'] AS from_name,
        move['to_id'] AS to_id,
        move['to_name'] AS to_name
    FROM (
        SELECT start_time, engagement_id, unnest(queue_moves(queues, voice_call_details)) AS move
        FROM voice_calls
        WHERE start_time >= $from AND start_time < $to
    ) AS unnested
    WHERE
        in_queues($queue, move['from_id'], move['from_name'])
        OR in_queues($queue, move['to_id'], move['to_name'])
),
lines AS (
    SELECT
        'move' AS line,
        period,
        from_id,
        last_value(from_name ORDER BY start_time, from_name) FILTER (WHERE from_name IS NOT NULL) AS from_queue,
        to_id,
        last_value(to_name ORDER BY start_time, to_name) FILTER (WHERE to_name IS NOT NULL) AS to_queue,
        count(*) AS moves,
        count(DISTINCT engagement_id) AS calls
    FROM moves
    GROUP BY period, from_id, to_id
    UNION ALL
    SELECT
        'total' AS line,
        period,
        NULL AS from_id,
        NULL AS from_queue,
        NULL AS to_id,
        NULL AS to_queue,
        count(*) AS moves,
        count(DISTINCT engagement_id) AS calls
    FROM moves
    GROUP BY period
),
balanced AS (
    SELECT
        *,
        sum(CASE line WHEN 'total' THEN moves ELSE 0 END) OVER (PARTITION BY period) AS period_moves,
        sum(CASE line WHEN 'total' THEN -moves ELSE moves END) OVER (PARTITION BY period) AS difference
    FROM lines
)
SELECT
    line,
    period,
    from_id,
    from_queue,
    to_id,
    to_queue,
    moves,
    calls,
    CAST(
        CAST(moves AS DECIMAL(38, 16)) / CAST(nullif(period_moves, 0) AS DECIMAL(20, 0)) AS DECIMAL(9, 6)
    ) AS share,
    CASE line WHEN 'total' THEN difference END AS difference
FROM balanced
ORDER BY period, CASE line WHEN 'move' THEN 0 ELSE 1 END, moves DESC, from_queue, to_queue, from_id, to_id
