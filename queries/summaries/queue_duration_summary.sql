-- queue_duration_summary: number of calls through a queue of each duration. A call counts once in
-- each of its queues, with the duration of the whole call; a call without a queue counts where
-- queue_id is NULL.
--
--   start_time  earliest possible start of these calls (UTC, ms)
--   queue_id    first given value of cc_queue_id, queue_id and queue_name. An entry or leg with a
--               name but no id belongs to the call's queue of that name if there is exactly one
--   queue_name  first name that the call gives for the queue
--   seconds     duration of the call; NULL if it is unknown (s)
--   calls       number of calls
--   last_start  start of the last of these calls (UTC, ms)
SELECT
    start_time,
    visit['queue_id'] AS queue_id,
    visit['queue_name'] AS queue_name,
    total_duration AS seconds,
    1 AS calls,
    start_time AS last_start
FROM (
    SELECT
        start_time,
        total_duration,
        -- A call without a queue has one NULL visit.
        unnest(or_null_entry(visits)) AS visit
    FROM (
        SELECT
            start_time,
            total_duration,
            queue_visits(queues, voice_call_details, result, charge_amount, charge_currency) AS visits
        FROM voice_calls
        WHERE through_queues($queue, queues, voice_call_details)
    ) AS asked
) AS visited
