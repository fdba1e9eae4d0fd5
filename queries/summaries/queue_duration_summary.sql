-- queue_duration_summary: how many calls through a queue lasted how many seconds. A call counts once in each
-- of its queues, with the whole call's duration; one without a queue counts where queue_id is NULL.
--
--   start_time  when the first of them can have begun (UTC, ms)
--   queue_id    the first of cc_queue_id, queue_id and queue_name that is given. An entry or leg with a name and no id
--               belongs to the call's queue of that name if there is exactly one
--   queue_name  the first name that the call gives the queue
--   seconds     how long they lasted; NULL where that is not known (s)
--   calls       how many
--   last_start  when the last of them began (UTC, ms)
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
        -- A call without a queue has one visit that is NULL.
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
