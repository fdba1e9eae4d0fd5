-- name_summary: names that calls use for queues, agents, teams and flows, and the last use of each.
--
--   start_time  earliest possible start of those calls (UTC, ms)
--   kind        queue, agent, team or flow
--   id          the queue's, agent's, team's or flow's id
--   name        the name; NULL where calls give none
--   last_use    the last use, as text that is greater the later the use is: by start_time, then
--               engagement_id
SELECT start_time, 'queue' AS kind, use['id'] AS id, use['name'] AS name, use['last_use'] AS last_use
FROM (
    SELECT start_time, unnest(queue_name_uses(queues, voice_call_details, start_time, engagement_id)) AS use
    FROM voice_calls
    WHERE through_queues($queue, queues, voice_call_details)
) AS queue_uses
UNION ALL
SELECT start_time, 'agent' AS kind, use['id'] AS id, use['name'] AS name, use['last_use'] AS last_use
FROM (
    SELECT start_time, unnest(agent_name_uses(agents, start_time, engagement_id)) AS use
    FROM voice_calls
    WHERE through_queues($queue, queues, voice_call_details)
) AS agent_uses
UNION ALL
SELECT start_time, 'team' AS kind, use['id'] AS id, use['name'] AS name, use['last_use'] AS last_use
FROM (
    SELECT start_time, unnest(team_name_uses(agents, start_time, engagement_id)) AS use
    FROM voice_calls
    WHERE through_queues($queue, queues, voice_call_details)
) AS team_uses
UNION ALL
SELECT start_time, 'flow' AS kind, use['id'] AS id, use['name'] AS name, use['last_use'] AS last_use
FROM (
    SELECT start_time, unnest(flow_name_uses(flows, start_time, engagement_id)) AS use
    FROM voice_calls
    WHERE through_queues($queue, queues, voice_call_details)
) AS flow_uses
