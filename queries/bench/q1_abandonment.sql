-- title: How many callers gave up, in each queue?
-- description:
--   Over the whole lake. A call counts once in each entry of its queues, by its own result. Offered are
--   inbound calls with acd among their distributions; given up are those with the result long_abandoned
--   or abandon_quit, and short_abandoned stands by itself.
-- column: queue_name text
--   The queue; NULL where the call does not name it.
-- column: offered integer (calls)
--   Calls offered.
-- column: abandoned integer (calls)
--   Offered calls that were given up.
-- column: short_abandoned integer (calls)
--   Offered calls that were given up within moments.
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
