-- queue_calls: one row for each call and distinct queue that it passed through. A call that returns
-- to a queue has one row for it; a call without a queue has no row. To add up charges over queues,
-- use charge_split, or charge_legs with charge_outside_queues, never charge_amount. An entry or leg
-- with a name but no id belongs to the call's queue of that name if there is exactly one.
--
--   queue_id       first given value of cc_queue_id, queue_id and queue_name
--   queue_name     first name that the call gives for the queue
--   queue_ordinal  position of the queue among the queue_count queues of the call, from 1
--   queue_count    number of distinct queues that the call or one of its legs names
--   result         result in this queue: that of the last leg in the queue, or that of the call if
--                  there is no such leg; see result_from_legs
--   result_from_legs
--                  true if result is that of a leg
--   result_class   class of result; see result_classes
--   is_offered     as in calls, but by the result in this queue
--   charge_amount  charge of the whole call in charge_currency, the same in each of its rows:
--                  adding it up over queues counts calls more than once
--   charge_split   equal share of charge_amount in whole millionths; the first queues get the
--                  remainder
--   charge_legs    sum of the charges of the legs in this queue; NULL if legs cannot be used
--   charge_outside_queues
--                  on the first queue, charges of legs outside of any queue; 0 on the others; NULL
--                  if legs cannot be used
SELECT
    engagement_id,
    date,
    start_time,
    end_time,
    total_duration,
    direction,
    distributions,
    types,
    consumer_number,
    country_name,
    visit['queue_id'] AS queue_id,
    visit['queue_name'] AS queue_name,
    visit['queue_ordinal'] AS queue_ordinal,
    visit['queue_count'] AS queue_count,
    visit['result'] AS result,
    visit['from_legs'] AS result_from_legs,
    result_class(visit['result']) AS result_class,
    coalesce(direction = 'inbound', false)
        AND coalesce(array_has(distributions, 'acd'), false)
        AND result_class(visit['result']) <> 'contained' AS is_offered,
    charge_amount,
    charge_currency,
    visit['charge_split'] AS charge_split,
    visit['charge_legs'] AS charge_legs,
    visit['charge_outside_queues'] AS charge_outside_queues
FROM (
    SELECT
        *,
        unnest(
            queue_visits(queues, voice_call_details, result, charge_amount, charge_currency)
        ) AS visit
    FROM voice_calls
) AS visits
