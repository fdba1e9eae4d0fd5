-- title: How long do calls last, in each queue?
-- description:
--   Like q2_durations, but by queue: a call counts once in each entry of its queues, with the
--   duration of the whole call.
-- column: queue_name text
--   Name of the queue; NULL if the call does not name it.
-- column: calls integer (calls)
--   Calls with a duration.
-- column: p50 number (s)
--   50th percentile of the durations (median).
-- column: p90 number (s)
--   90th percentile of the durations.
-- column: p95 number (s)
--   95th percentile of the durations.
-- column: p99 number (s)
--   99th percentile of the durations.
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
