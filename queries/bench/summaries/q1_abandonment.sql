-- title: How many callers gave up, in each queue?
-- description:
--   Uses daily summaries. They count a queue once per call, even if only a leg names it. This
--   equals the number of its entries if each call names each of its queues once.
--
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
    queue_name,
    sum(calls) AS offered,
    coalesce(sum(calls) FILTER (WHERE call_result IN ('long_abandoned', 'abandon_quit')), 0) AS abandoned,
    coalesce(sum(calls) FILTER (WHERE call_result = 'short_abandoned'), 0) AS short_abandoned
FROM queue_summary('2000-01-01', '2200-01-01')
WHERE direction = 'inbound' AND is_acd AND queue_id IS NOT NULL
GROUP BY queue_name
ORDER BY queue_name
