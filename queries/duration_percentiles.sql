-- title: How long do engagements last?
-- description:
--   Exact percentiles of total_duration, the engagement's duration from start to end: with linear
--   interpolation between ranks, as SQL's percentile_cont defines it, so that small groups come out
--   right. Between whole seconds and for these percentiles, two digits after the point are exact.
--   (exact_percentiles does what percentile_cont does, with every digit and one copy of the values.)
--   Calls whose duration is not known are left out of every figure and counted.
--
--   This is not handle time: the API gives neither waiting nor hold nor wrap-up times.
--
--   By queue or agent, a call counts once in each that it passed through, with the duration of the
--   whole engagement; so the total is computed from calls and is not made of the groups. Calls that
--   belong to no group (no queue, no agent, no direction, no country) have the line 'none'.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days and hours.
-- parameter: by text = queue in total, queue, direction, class, agent, country, day, hour
--   What to group by; class is the class of the call's result, day the local day, hour the local
--   hour of day.
-- column: line text
--   'group'; 'none' for calls that belong to no group; 'total' for all calls, always there.
-- column: group_id text (id)
--   The queue's or agent's id, or as group_name.
-- column: group_name text
--   The queue's or agent's last known name; the direction, class or country; the local day as
--   YYYY-MM-DD; the local hour of day as 00 to 23.
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
WITH grouped AS (
    -- One row for each group that a call counts in.
    SELECT queue_id AS group_id, queue_name AS group_name, start_time, total_duration
    FROM queue_calls
    WHERE $by = 'queue' AND start_time >= $from AND start_time < $to
    UNION ALL
    SELECT agent_id, agent_name, start_time, total_duration
    FROM agent_calls
    WHERE $by = 'agent' AND start_time >= $from AND start_time < $to
    UNION ALL
    SELECT NULL AS group_id, NULL AS group_name, start_time, total_duration
    FROM calls
    WHERE $by = 'queue' AND queue_count = 0 AND start_time >= $from AND start_time < $to
    UNION ALL
    SELECT NULL AS group_id, NULL AS group_name, start_time, total_duration
    FROM calls
    WHERE $by = 'agent' AND agent_count = 0 AND start_time >= $from AND start_time < $to
    UNION ALL
    SELECT direction AS group_id, direction AS group_name, start_time, total_duration
    FROM calls
    WHERE $by = 'direction' AND start_time >= $from AND start_time < $to
    UNION ALL
    SELECT result_class AS group_id, result_class AS group_name, start_time, total_duration
    FROM calls
    WHERE $by = 'class' AND start_time >= $from AND start_time < $to
    UNION ALL
    SELECT country_name AS group_id, country_name AS group_name, start_time, total_duration
    FROM calls
    WHERE $by = 'country' AND start_time >= $from AND start_time < $to
    UNION ALL
    SELECT local AS group_id, local AS group_name, start_time, total_duration
    FROM (
        SELECT
            to_char(
                local_time(start_time, $timezone),
                CASE WHEN $by = 'day' THEN '%Y-%m-%d' ELSE '%H' END
            ) AS local,
            start_time,
            total_duration
        FROM calls
        WHERE $by IN ('day', 'hour') AND start_time >= $from AND start_time < $to
    ) AS timed
),
measured AS (
    SELECT
        CASE WHEN group_id IS NULL THEN 'none' ELSE 'group' END AS line,
        group_id,
        last_value(group_name ORDER BY start_time, group_name)
            FILTER (WHERE group_name IS NOT NULL) AS group_name,
        count(total_duration) AS calls,
        count(*) - count(total_duration) AS calls_without_duration,
        exact_percentiles(total_duration, [0.50, 0.75, 0.90, 0.95, 0.99]) AS percentiles,
        avg(total_duration) AS mean,
        max(total_duration) AS max
    FROM grouped
    GROUP BY group_id
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS group_id,
        NULL AS group_name,
        count(total_duration),
        count(*) - count(total_duration),
        exact_percentiles(total_duration, [0.50, 0.75, 0.90, 0.95, 0.99]),
        avg(total_duration),
        max(total_duration)
    FROM calls
    WHERE start_time >= $from AND start_time < $to
)
SELECT
    line,
    group_id,
    group_name,
    calls,
    calls_without_duration,
    CAST(round(percentiles[1], 2) AS DECIMAL(18, 2)) AS p50,
    CAST(round(percentiles[2], 2) AS DECIMAL(18, 2)) AS p75,
    CAST(round(percentiles[3], 2) AS DECIMAL(18, 2)) AS p90,
    CAST(round(percentiles[4], 2) AS DECIMAL(18, 2)) AS p95,
    CAST(round(percentiles[5], 2) AS DECIMAL(18, 2)) AS p99,
    CAST(round(mean, 3) AS DECIMAL(18, 3)) AS mean,
    max
FROM measured
ORDER BY CASE line WHEN 'group' THEN 0 WHEN 'none' THEN 1 ELSE 2 END, group_name, group_id
