-- title: How long do calls last, by direction and result?
-- description:
--   Over the whole lake: exact percentiles with linear interpolation between ranks, as in
--   percentile_cont. Calls without a duration are left out.
-- column: direction text
--   inbound or outbound.
-- column: result text
--   Result of the call.
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
    direction,
    result,
    calls,
    percentiles[1] AS p50,
    percentiles[2] AS p90,
    percentiles[3] AS p95,
    percentiles[4] AS p99
FROM (
    SELECT
        direction,
        result,
        count(*) AS calls,
        exact_percentiles(total_duration, [0.50, 0.90, 0.95, 0.99]) AS percentiles
    FROM voice_calls
    WHERE total_duration IS NOT NULL
    GROUP BY direction, result
) AS measured
ORDER BY direction, result
