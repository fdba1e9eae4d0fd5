-- title: What did each agent do?
-- description:
--   Calls and engagement seconds by agent, the busiest first. A call counts once for each agent who
--   took part, with the duration of the whole engagement: the API does not report how long each
--   agent took part. This is neither talk time nor handle time. The total is computed from calls.
--
--   Calls without an agent count in the line 'none'.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days and of first_call and last_call.
-- parameter: queue queues =
--   Queue ids or names: only calls through one of these queues count. A name matches every queue
--   that ever had it. Default: all queues.
-- column: line text
--   'agent'; 'none' for calls without an agent; 'total' for all calls, always present.
-- column: agent_id text (id)
--   Id of the agent.
-- column: agent_name text
--   Last known name of the agent.
-- column: calls integer (calls)
--   Calls in which the agent took part.
-- column: inbound integer (calls)
--   Inbound calls.
-- column: outbound integer (calls)
--   Outbound calls.
-- column: engagement_seconds integer (s in total)
--   Sum of the known engagement durations; NULL if there are calls but no duration is known.
-- column: calls_without_duration integer (calls)
--   Calls of unknown duration.
-- column: days integer (days)
--   Local days with at least one of these calls.
-- column: first_call text
--   Local start time of the first call, as YYYY-MM-DD HH:MM:SS.
-- column: last_call text
--   Local start time of the last call.
WITH selected AS (
    SELECT start_time, local_time(start_time, $timezone) AS local, direction, total_duration, agents
    FROM voice_calls
    WHERE
        start_time >= $from
        AND start_time < $to
        AND through_queues($queue, queues, voice_call_details)
),
grouped AS (
    SELECT
        'agent' AS line,
        visit['agent_id'] AS agent_id,
        start_time,
        local,
        direction,
        total_duration
    FROM (
        SELECT start_time, local, direction, total_duration, unnest(agent_visits(agents)) AS visit
        FROM selected
    ) AS visits
    UNION ALL
    SELECT 'none' AS line, NULL AS agent_id, start_time, local, direction, total_duration
    FROM selected
    WHERE cardinality(agent_visits(agents)) = 0
),
lines AS (
    SELECT
        line,
        agent_id,
        count(*) AS calls,
        count(*) FILTER (WHERE direction = 'inbound') AS inbound,
        count(*) FILTER (WHERE direction = 'outbound') AS outbound,
        -- Decimals: the sum of the durations can exceed 64 bits.
        CASE count(*) WHEN 0 THEN 0 ELSE sum(CAST(total_duration AS DECIMAL(38, 0))) END AS engagement_seconds,
        count(*) - count(total_duration) AS calls_without_duration,
        count(DISTINCT date_trunc('day', local)) AS days,
        min(start_time) AS first_call,
        max(start_time) AS last_call
    FROM grouped
    GROUP BY line, agent_id
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS agent_id,
        count(*) AS calls,
        count(*) FILTER (WHERE direction = 'inbound') AS inbound,
        count(*) FILTER (WHERE direction = 'outbound') AS outbound,
        -- Decimals: the sum of the durations can exceed 64 bits.
        CASE count(*) WHEN 0 THEN 0 ELSE sum(CAST(total_duration AS DECIMAL(38, 0))) END AS engagement_seconds,
        count(*) - count(total_duration) AS calls_without_duration,
        count(DISTINCT date_trunc('day', local)) AS days,
        min(start_time) AS first_call,
        max(start_time) AS last_call
    FROM selected
)
SELECT
    line,
    agent_id,
    named.name AS agent_name,
    calls,
    inbound,
    outbound,
    engagement_seconds,
    calls_without_duration,
    days,
    to_char(local_time(first_call, $timezone), '%Y-%m-%d %H:%M:%S') AS first_call,
    to_char(local_time(last_call, $timezone), '%Y-%m-%d %H:%M:%S') AS last_call
FROM lines
LEFT JOIN last_names('agent', $from, $to) AS named ON named.id = lines.agent_id
ORDER BY
    CASE line WHEN 'agent' THEN 0 WHEN 'none' THEN 1 ELSE 2 END,
    engagement_seconds DESC NULLS LAST,
    agent_name,
    agent_id
