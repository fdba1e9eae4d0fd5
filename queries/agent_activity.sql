-- title: What did each agent do?
-- description:
--   Calls and engagement seconds by agent, the busiest first. A call counts once for each agent who took
--   part, with the duration of the whole engagement, since the API does not say what an agent's part in
--   it was: this is neither talk time nor handle time, and the total is computed from calls.
--
--   Calls without an agent have the line 'none'.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days and of first_call and last_call.
-- parameter: queue queues =
--   Ids or names of queues: only calls through one of them count. A name stands for every queue
--   that ever had it. None given means all.
-- column: line text
--   'agent'; 'none' for calls without one; 'total' for all calls, always there.
-- column: agent_id text (id)
--   The agent's id.
-- column: agent_name text
--   The agent's last known name.
-- column: calls integer (calls)
--   Calls in which the agent took part.
-- column: inbound integer (calls)
--   Those among them that came in.
-- column: outbound integer (calls)
--   Those among them that went out.
-- column: engagement_seconds integer (s)
--   Seconds of those engagements, as far as known; NULL where calls are and none is known.
-- column: calls_without_duration integer (calls)
--   Calls whose duration is not known.
-- column: days integer (days)
--   Local days on which one of the calls began.
-- column: first_call text
--   When the first of them began by the local clock, as YYYY-MM-DD HH:MM:SS.
-- column: last_call text
--   When the last of them began.
WITH asked AS (
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
        FROM asked
    ) AS visits
    UNION ALL
    SELECT 'none' AS line, NULL AS agent_id, start_time, local, direction, total_duration
    FROM asked
    WHERE cardinality(agent_visits(agents)) = 0
),
lines AS (
    SELECT
        line,
        agent_id,
        count(*) AS calls,
        count(*) FILTER (WHERE direction = 'inbound') AS inbound,
        count(*) FILTER (WHERE direction = 'outbound') AS outbound,
        -- As decimals, which hold the sum of any durations.
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
        -- As decimals, which hold the sum of any durations.
        CASE count(*) WHEN 0 THEN 0 ELSE sum(CAST(total_duration AS DECIMAL(38, 0))) END AS engagement_seconds,
        count(*) - count(total_duration) AS calls_without_duration,
        count(DISTINCT date_trunc('day', local)) AS days,
        min(start_time) AS first_call,
        max(start_time) AS last_call
    FROM asked
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
