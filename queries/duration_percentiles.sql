-- title: How long do engagements last?
-- description:
--   Exact percentiles of total_duration, the engagement's duration from start to end: with linear
--   interpolation between ranks, as SQL's percentile_cont defines it, so that small groups come out
--   right. They are computed in whole numbers, however long the durations are: between whole
--   seconds and for these percentiles, two digits after the point are exact. Calls whose duration
--   is not known are left out of every figure and counted.
--
--   This is not handle time: the API gives neither waiting nor hold nor wrap-up times.
--
--   By queue, agent or team, a call counts once in each that it passed through, with the duration of the
--   whole engagement; so the total is computed from calls and is not made of the groups. Calls that
--   belong to no group (no queue, no agent, no team, no direction, no country) have the line 'none'.
--   Hours, weekdays, days, weeks and months of the period without a call have a line with 0.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the hours, days and months.
-- parameter: queue queues =
--   Ids or names of queues: only calls through one of them count. A name stands for every queue
--   that ever had it. None given means all.
-- parameter: by text = queue in total, queue, direction, class, agent, team, country, hour, weekday, day, week, month
--   What to group by; class is the class of the call's result, team that of an agent, and hour, weekday,
--   day, ISO week and month are local.
-- column: line text
--   'group'; 'none' for calls that belong to no group; 'total' for all calls, always there.
-- column: group_id text (id)
--   The queue's, agent's or team's id, or as group_name.
-- column: group_name text
--   The queue's, agent's or team's last known name; the direction, class or country; the local hour
--   of day as 00 to 23; the weekday as '1 Monday'; the day as YYYY-MM-DD, the ISO week as YYYY-Www,
--   the month as YYYY-MM.
-- column: calls integer (calls)
--   Calls whose duration is known.
-- column: calls_without_duration integer (calls)
--   Calls whose duration is not known.
-- column: p50 decimal (s)
--   Half of the calls last no longer.
-- column: p75 decimal (s)
--   Three quarters of the calls last no longer.
-- column: p90 decimal (s)
--   Nine in ten calls last no longer.
-- column: p95 decimal (s)
--   19 in 20 calls last no longer.
-- column: p99 decimal (s)
--   99 in 100 calls last no longer.
-- column: mean decimal (s)
--   Arithmetic mean, to three digits.
-- column: max integer (s)
--   The longest.
WITH asked AS (
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
    -- What counts in each group.
    SELECT queue_id AS group_id, seconds, calls
    FROM queue_duration_summary($from, $to, $queue)
    WHERE $by = 'queue' AND (queue_id IS NULL OR in_queues($queue, queue_id))
    UNION ALL
    SELECT visit['agent_id'] AS group_id, seconds, 1 AS calls
    FROM (
        -- A call without an agent has one visit that is NULL.
        SELECT seconds, unnest(or_null_entry(visits)) AS visit
        FROM (
            SELECT total_duration AS seconds, agent_visits(agents) AS visits
            FROM asked
            WHERE $by = 'agent'
        ) AS visiting
    ) AS visited
    UNION ALL
    SELECT visit['team_id'] AS group_id, seconds, 1 AS calls
    FROM (
        -- A call without a team has one visit that is NULL.
        SELECT seconds, unnest(or_null_entry(visits)) AS visit
        FROM (
            SELECT total_duration AS seconds, team_visits(agents) AS visits
            FROM asked
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
    FROM asked
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
        -- As decimals, which hold the sum of any durations.
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
