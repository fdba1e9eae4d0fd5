-- duration_summary: number of calls of each duration, which exact percentiles are computed from.
--
--   start_time  earliest possible start of these calls (UTC, ms)
--   seconds     duration; NULL if it is unknown (s)
--   calls       number of calls
SELECT
    start_time,
    direction,
    result,
    total_duration AS seconds,
    1 AS calls
FROM voice_calls
WHERE through_queues($queue, queues, voice_call_details)
