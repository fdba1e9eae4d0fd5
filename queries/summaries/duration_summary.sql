-- duration_summary: how many calls lasted how many seconds, which is all that exact percentiles need.
--
--   start_time  when the first of them can have begun (UTC, ms)
--   seconds     how long they lasted; NULL where that is not known (s)
--   calls       how many
SELECT
    start_time,
    direction,
    result,
    total_duration AS seconds,
    1 AS calls
FROM voice_calls
WHERE through_queues($queue, queues, voice_call_details)
