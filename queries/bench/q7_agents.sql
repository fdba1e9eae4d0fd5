-- title: Which agents spent the most time on calls?
-- description:
--   Over the whole lake: the 20 agents with the most seconds. A call counts with its whole duration
--   once for each entry of its agents.
-- column: user_id text
--   Id of the agent.
-- column: calls integer (calls)
--   Calls of the agent.
-- column: seconds integer (s)
--   Sum of the durations of these calls.
SELECT agent['user_id'] AS user_id, count(*) AS calls, sum(total_duration) AS seconds
FROM (SELECT unnest(agents) AS agent, total_duration FROM voice_calls) AS visits
GROUP BY agent['user_id']
ORDER BY seconds DESC NULLS LAST, user_id
LIMIT 20
