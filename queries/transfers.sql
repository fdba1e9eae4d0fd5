-- title: From which queue to which do calls move?
-- description:
--   Moves of calls from one queue to the next. If legs were fetched and name queues, the order is
--   that of the leg starts: legs without a queue are skipped, and consecutive legs in one queue are
--   one stay. Otherwise it is the order of the call's queues, which does not show returns.
--
--   Queues are identified by id. A leg with a queue name but no id belongs to the call's queue of
--   that name if there is exactly one. A call that moves from A to B, back to A and to B again
--   makes three moves, two of them from A to B.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days, weeks and months.
-- parameter: queue queues =
--   Queue ids or names: only moves from or to one of these queues count. A name matches every
--   queue that ever had it. Default: all queues.
-- parameter: per text = all in all, month, week, day
--   Granularity: the whole period, or local months, ISO weeks or days.
-- column: line text
--   'move', or 'total' for each period.
-- column: period text
--   Local month as YYYY-MM, ISO week as YYYY-Www or day as YYYY-MM-DD in which the calls started;
--   'all' for the whole period.
-- column: from_id text (id)
--   Id of the queue that the call left.
-- column: from_queue text
--   Last known name of that queue.
-- column: to_id text (id)
--   Id of the queue that the call entered.
-- column: to_queue text
--   Last known name of that queue.
-- column: moves integer (moves)
--   Moves from the first queue to the second.
-- column: calls integer (calls)
--   Calls with at least one such move.
-- column: share decimal (share, 0 to 1) = moves / total moves
--   Share of all moves of the period, to six digits.
-- column: difference integer (moves)
--   On the total: sum of the other lines - total, 0. NULL on other lines.
WITH moves AS (
    SELECT
        local_period(start_time, $per, $timezone) AS period,
        -- Key of a record as one text.
        concat(CAST(CAST(start_time AS BIGINT) AS TEXT), ' ', engagement_id) AS record,
        move['from_id'] AS from_id,
        move['to_id'] AS to_id
    FROM (
        SELECT start_time, engagement_id, unnest(queue_moves(queues, voice_call_details)) AS move
        FROM voice_calls
        WHERE start_time >= $from AND start_time < $to
    ) AS unnested
    WHERE in_queues($queue, move['from_id']) OR in_queues($queue, move['to_id'])
),
lines AS (
    SELECT
        'move' AS line,
        period,
        from_id,
        to_id,
        count(*) AS moves,
        count(DISTINCT record) AS calls
    FROM moves
    GROUP BY period, from_id, to_id
    UNION ALL
    SELECT
        'total' AS line,
        cell AS period,
        NULL AS from_id,
        NULL AS to_id,
        count(record) AS moves,
        count(DISTINCT record) AS calls
    FROM (SELECT unnest(local_periods($from, $to, $per, $timezone)) AS cell) AS cells
    LEFT JOIN moves ON moves.period = cells.cell
    GROUP BY cell
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
    left_queue.name AS from_queue,
    to_id,
    entered_queue.name AS to_queue,
    moves,
    calls,
    CAST(
        CAST(moves AS DECIMAL(38, 16)) / CAST(nullif(period_moves, 0) AS DECIMAL(20, 0)) AS DECIMAL(9, 6)
    ) AS share,
    CASE line WHEN 'total' THEN difference END AS difference
FROM balanced
LEFT JOIN last_names('queue', $from, $to) AS left_queue ON left_queue.id = balanced.from_id
LEFT JOIN last_names('queue', $from, $to) AS entered_queue ON entered_queue.id = balanced.to_id
ORDER BY period, CASE line WHEN 'move' THEN 0 ELSE 1 END, moves DESC, from_queue, to_queue, from_id, to_id
