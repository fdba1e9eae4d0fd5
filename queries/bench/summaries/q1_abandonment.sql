-- title: How many callers gave up, in each queue?
-- description:
--   From daily summaries. Those count a queue once in a call, also where only a leg names it, which is the same
--   as its entries where each call names each of its queues once.
--
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
    queue_name,
    sum(calls) AS offered,
    coalesce(sum(calls) FILTER (WHERE call_result IN ('long_abandoned', 'abandon_quit')), 0) AS abandoned,
    coalesce(sum(calls) FILTER (WHERE call_result = 'short_abandoned'), 0) AS short_abandoned
FROM queue_summary('2000-01-01', '2200-01-01')
WHERE direction = 'inbound' AND is_acd AND queue_id IS NOT NULL
GROUP BY queue_name
ORDER BY queue_name
