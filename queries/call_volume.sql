-- title: When do calls come?
-- description:
--   Calls by local start time. A cell is an hour of a weekday, an hour of a day, an hour of day, a
--   weekday or a day. Cells without a call have a line with 0, so that quiet hours are visible.
--
--   The column hours is the exact time of the period that lies in the cell. Days on which clocks
--   change have 23 or 25 hours, and a partial hour counts as a fraction. calls_per_hour is
--   therefore a mean over the occurrences of the cell: a month with five Mondays does not make
--   Mondays look busier.
--
--   The line 'total' is computed from calls; its difference shows that the cells add up to it.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the hours and days.
-- parameter: queue queues =
--   Queue ids or names: only calls through one of these queues count. A name matches every queue
--   that ever had it. Default: all queues.
-- parameter: direction text = inbound in all, inbound, outbound
--   Direction of the calls that count.
-- parameter: by text = weekday_hour in weekday_hour, day_hour, hour, weekday, day
--   Time unit of a cell.
-- column: line text
--   'cell' or 'total'.
-- column: day text
--   The weekday as '1 Monday' or the day as YYYY-MM-DD; 'all' if by is hour.
-- column: hour text
--   The hour of day as 00 to 23; 'all' if by is weekday or day.
-- column: calls integer (calls)
--   Calls that started in the cell.
-- column: hours decimal (h)
--   Time of the period that lies in the cell, to three digits.
-- column: calls_per_hour decimal (calls per h)
--   calls / hours, to three digits; NULL if hours is 0.
-- column: difference integer (calls)
--   On the total: cells - total, 0. NULL on other lines.
WITH whole AS (
    SELECT calls
    FROM call_summary($from, $to, $queue, 'all')
    WHERE $direction = 'all' OR direction = $direction
),
selected AS (
    -- Finest granularity that the cells need.
    SELECT start_time, calls
    FROM call_summary(
        $from, $to, $queue, CASE WHEN $by IN ('weekday', 'day') THEN 'day' ELSE 'hour' END, $timezone
    )
    WHERE $direction = 'all' OR direction = $direction
),
started AS (
    SELECT
        local_period(
            start_time,
            CASE WHEN $by IN ('day_hour', 'day') THEN 'day' WHEN $by = 'hour' THEN 'all' ELSE 'weekday' END,
            $timezone
        ) AS day,
        local_period(start_time, CASE WHEN $by IN ('weekday', 'day') THEN 'all' ELSE 'hour' END, $timezone) AS hour,
        sum(calls) AS calls
    FROM selected
    GROUP BY day, hour
),
cells AS (
    SELECT
        -- Local wall-clock time, without a time zone.
        local_period(
            piece['local'],
            CASE WHEN $by IN ('day_hour', 'day') THEN 'day' WHEN $by = 'hour' THEN 'all' ELSE 'weekday' END,
            'UTC'
        ) AS day,
        local_period(piece['local'], CASE WHEN $by IN ('weekday', 'day') THEN 'all' ELSE 'hour' END, 'UTC') AS hour,
        sum(piece['milliseconds']) AS milliseconds
    FROM (SELECT unnest(local_intervals($from, $to, 60, $timezone)) AS piece) AS pieces
    GROUP BY day, hour
),
lines AS (
    SELECT
        'cell' AS line,
        cells.day AS day,
        cells.hour AS hour,
        coalesce(started.calls, 0) AS calls,
        cells.milliseconds AS milliseconds
    FROM cells
    LEFT JOIN started ON started.day = cells.day AND started.hour = cells.hour
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS day,
        NULL AS hour,
        coalesce(sum(calls), 0) AS calls,
        CAST($to AS BIGINT) - CAST($from AS BIGINT) AS milliseconds
    FROM whole
)
SELECT
    line,
    day,
    hour,
    calls,
    CAST(CAST(milliseconds AS DECIMAL(38, 16)) / 3600000 AS DECIMAL(18, 3)) AS hours,
    CAST(
        CAST(calls * 3600000 AS DECIMAL(38, 16)) / CAST(nullif(milliseconds, 0) AS DECIMAL(20, 0)) AS DECIMAL(18, 3)
    ) AS calls_per_hour,
    CASE line WHEN 'total' THEN sum(CASE line WHEN 'total' THEN -calls ELSE calls END) OVER () END AS difference
FROM lines
ORDER BY CASE line WHEN 'cell' THEN 0 ELSE 1 END, day, hour
