-- title: How long do calls last, in each queue?
-- description:
--   From daily summaries. Those count a queue once in a call, also where only a leg names it, which is the same
--   as its entries where each call names each of its queues once.
--
--   As q2_durations, by queue: a call counts once in each entry of its queues, by the duration of the whole
--   call.
-- column: queue_name text
--   The queue; NULL where the call does not name it.
-- column: calls integer (calls)
--   Calls with a duration.
-- column: p50 number (s)
--   Half of the calls last no longer.
-- column: p90 number (s)
--   Nine tenths of the calls last no longer.
-- column: p95 number (s)
--   95 % of the calls last no longer.
-- column: p99 number (s)
--   99 % of the calls last no longer.
SELECT
    queue_name,
    calls,
    percentiles[1] AS p50,
    percentiles[2] AS p90,
    percentiles[3] AS p95,
    percentiles[4] AS p99
FROM (
    SELECT
        queue_name,
        sum(calls) AS calls,
        exact_percentiles_of_counts(seconds, calls, [0.50, 0.90, 0.95, 0.99]) AS percentiles
    FROM queue_duration_summary('2000-01-01', '2200-01-01')
    WHERE seconds IS NOT NULL AND queue_id IS NOT NULL
    GROUP BY queue_name
) AS measured
ORDER BY queue_name
