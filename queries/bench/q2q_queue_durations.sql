-- title: How long do calls last, in each queue?
-- description:
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
        queue['queue_name'] AS queue_name,
        count(*) AS calls,
        exact_percentiles(total_duration, [0.50, 0.90, 0.95, 0.99]) AS percentiles
    FROM (
        SELECT unnest(queues) AS queue, total_duration
        FROM voice_calls
        WHERE total_duration IS NOT NULL
    ) AS visits
    GROUP BY queue['queue_name']
) AS measured
ORDER BY queue_name
