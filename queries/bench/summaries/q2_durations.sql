-- title: How long do calls last, by direction and result?
-- description:
--   Uses daily summaries.
--
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
        sum(calls) AS calls,
        exact_percentiles_of_counts(seconds, calls, [0.50, 0.90, 0.95, 0.99]) AS percentiles
    FROM duration_summary('2000-01-01', '2200-01-01')
    WHERE seconds IS NOT NULL
    GROUP BY direction, result
) AS measured
ORDER BY direction, result
