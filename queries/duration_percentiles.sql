-- title: How long do engagements last?
-- description:
--   Exact percentiles of total_duration, the duration of the engagement from start to end, with
--   linear interpolation between ranks as in SQL's percentile_cont. They are computed with
--   integers: durations are whole seconds, so two digits after the point are exact for these
--   percentiles. Calls of unknown duration are counted in calls_without_duration and left out of
--   all other figures.
--
--   This is not handle time: the API reports no waiting, hold or wrap-up times.
--
--   By queue, agent or team, a call counts once in each that it passed through, with the duration
--   of the whole engagement. The total is therefore computed from calls and not from the groups.
--   Calls that belong to no group (no queue, agent, team, direction or country) count in the line
--   'none'. Hours, weekdays, days, weeks and months without a call have a line with 0.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the hours, days and months.
-- parameter: queue queues =
--   Queue ids or names: only calls through one of these queues count. A name matches every queue
--   that ever had it. Default: all queues.
-- parameter: by text = queue in total, queue, direction, class, agent, team, country, hour,
--   weekday, day, week, month
--   Grouping; class is the class of the call's result, team is the team of an agent, and hour,
--   weekday, day, week and month are local. Weeks are ISO weeks.
-- column: line text
--   'group'; 'none' for calls that belong to no group; 'total' for all calls, always present.
-- column: group_id text (id)
--   Id of the queue, agent or team; for other groupings, the same as group_name.
-- column: group_name text
--   Last known name of the queue, agent or team; the direction, class or country; the local hour of
--   day as 00 to 23; the weekday as '1 Monday'; the day as YYYY-MM-DD, the ISO week as YYYY-Www,
--   the month as YYYY-MM.
-- column: calls integer (calls)
--   Calls of known duration.
-- column: calls_without_duration integer (calls)
--   Calls of unknown duration.
-- column: p50 decimal (s)
--   50th percentile of the durations (median).
-- column: p75 decimal (s)
--   75th percentile of the durations.
-- column: p90 decimal (s)
--   90th percentile of the durations.
-- column: p95 decimal (s)
--   95th percentile of the durations.
-- column: p99 decimal (s)
--   99th percentile of the durations.
-- column: mean decimal (s)
--   Arithmetic mean, to three digits.
-- column: max integer (s)
--   Longest duration.
WITH selected AS (
    SELECT *
    FROM voice_calls
    WHERE
        start_time >= $from
        AND start_time < $to
        AND through_queues($queue, queues, voice_call_details)
),
summed AS (
    SELECT direction, result_class(result) AS result_class, seconds, calls
    FROM duration_summary($from, $to, $queue)
),
grouped AS (
    -- Counts of each group.
    SELECT queue_id AS group_id, seconds, calls
    FROM queue_duration_summary($from, $to, $queue)
    WHERE $by = 'queue' AND (queue_id IS NULL OR in_queues($queue, queue_id))
    UNION ALL
    SELECT visit['agent_id'] AS group_id, seconds, 1 AS calls
    FROM (
        -- A call without an agent has one NULL visit.
        SELECT seconds, unnest(or_null_entry(visits)) AS visit
        FROM (
            SELECT total_duration AS seconds, agent_visits(agents) AS visits
            FROM selected
            WHERE $by = 'agent'
        ) AS visiting
    ) AS visited
    UNION ALL
    SELECT visit['team_id'] AS group_id, seconds, 1 AS calls
    FROM (
        -- A call without a team has one NULL visit.
        SELECT seconds, unnest(or_null_entry(visits)) AS visit
        FROM (
            SELECT total_duration AS seconds, team_visits(agents) AS visits
            FROM selected
            WHERE $by = 'team'
        ) AS visiting
    ) AS visited
    UNION ALL
    SELECT
        CASE $by WHEN 'direction' THEN nonblank(direction) ELSE result_class END AS group_id,
        seconds,
        calls
    FROM summed
    WHERE $by IN ('direction', 'class')
    UNION ALL
    SELECT
        CASE $by
            WHEN 'country' THEN nonblank(country_name)
            ELSE local_period(start_time, $by, $timezone)
        END AS group_id,
        total_duration AS seconds,
        1 AS calls
    FROM selected
    WHERE $by IN ('country', 'hour', 'weekday', 'day', 'week', 'month')
    UNION ALL
    SELECT unnest(local_periods($from, $to, $by, $timezone)) AS group_id, NULL AS seconds, 0 AS calls
    WHERE $by IN ('hour', 'weekday', 'day', 'week', 'month') AND $from < $to
),
measured AS (
    SELECT
        CASE WHEN group_id IS NULL THEN 'none' ELSE 'group' END AS line,
        group_id,
        coalesce(sum(calls) FILTER (WHERE seconds IS NOT NULL), 0) AS calls,
        coalesce(sum(calls) FILTER (WHERE seconds IS NULL), 0) AS calls_without_duration,
        decimal_percentiles_of_counts(seconds, calls, [0.50, 0.75, 0.90, 0.95, 0.99]) AS percentiles,
        -- Decimals: the sum of the durations can exceed 64 bits.
        sum(CAST(seconds AS DECIMAL(19, 0)) * calls) AS seconds,
        max(seconds) AS max
    FROM grouped
    GROUP BY group_id
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS group_id,
        coalesce(sum(calls) FILTER (WHERE seconds IS NOT NULL), 0) AS calls,
        coalesce(sum(calls) FILTER (WHERE seconds IS NULL), 0) AS calls_without_duration,
        decimal_percentiles_of_counts(seconds, calls, [0.50, 0.75, 0.90, 0.95, 0.99]) AS percentiles,
        sum(CAST(seconds AS DECIMAL(19, 0)) * calls) AS seconds,
        max(seconds) AS max
    FROM summed
)
SELECT
    line,
    group_id,
    CASE WHEN $by IN ('queue', 'agent', 'team') THEN named.name ELSE group_id END AS group_name,
    calls,
    calls_without_duration,
    CAST(percentiles[1] AS DECIMAL(38, 2)) AS p50,
    CAST(percentiles[2] AS DECIMAL(38, 2)) AS p75,
    CAST(percentiles[3] AS DECIMAL(38, 2)) AS p90,
    CAST(percentiles[4] AS DECIMAL(38, 2)) AS p95,
    CAST(percentiles[5] AS DECIMAL(38, 2)) AS p99,
    CAST(CAST(seconds AS DECIMAL(38, 3)) / CAST(nullif(calls, 0) AS DECIMAL(20, 0)) AS DECIMAL(38, 3)) AS mean,
    max
FROM measured
LEFT JOIN last_names($by, $from, $to) AS named ON named.id = measured.group_id
ORDER BY CASE line WHEN 'group' THEN 0 WHEN 'none' THEN 1 ELSE 2 END, group_name, group_id
