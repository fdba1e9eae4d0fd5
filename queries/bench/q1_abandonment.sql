-- title: How many callers gave up, in each queue?
-- description:
--   Over the whole lake. A call counts once in each entry of its queues, with its own result.
--   Inbound calls with acd among their distributions are offered. Offered calls with the result
--   long_abandoned or abandon_quit are abandoned; short_abandoned is counted separately.
-- column: queue_name text
--   Name of the queue; NULL if the call does not name it.
-- column: offered integer (calls)
--   Offered calls.
-- column: abandoned integer (calls)
--   Abandoned calls.
-- column: short_abandoned integer (calls)
--   Offered calls that the caller gave up within moments.
SELECT
    queue['queue_name'] AS queue_name,
    count(*) AS offered,
    count(*) FILTER (WHERE result IN ('long_abandoned', 'abandon_quit')) AS abandoned,
    count(*) FILTER (WHERE result = 'short_abandoned') AS short_abandoned
FROM (
    SELECT unnest(queues) AS queue, result
    FROM voice_calls
    WHERE direction = 'inbound' AND array_has(distributions, 'acd')
) AS visits
GROUP BY queue['queue_name']
ORDER BY queue_name
