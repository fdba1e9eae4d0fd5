-- queue_calls: one row for each call and distinct queue that it passed through. A call that comes
-- back to a queue has one row for it; a call without a queue has none. charge_split can be added up
-- over queues, and so can charge_legs with charge_outside_queues; charge_amount cannot. An entry or
-- leg with a name and no id belongs to the call's queue of that name if there is exactly one.
--
--   queue_id       the first of cc_queue_id, queue_id and queue_name that is given
--   queue_name     the first name that the call gives the queue
--   queue_ordinal  place of the queue among the call's queue_count queues, from 1
--   queue_count    number of distinct queues that the call or one of its legs names
--   result         how the call ended in this queue: the result of the leg there that started last, or the
--                  call's own where there is no leg (result_from_legs says which)
--   result_from_legs
--                  whether result is a leg's
--   result_class   the class of result; see result_classes
--   is_offered     as in calls, by the class of the result in this queue
--   charge_amount  the whole call's charge, in charge_currency: the same in each of its rows, so
--                  adding it up over queues counts calls more than once
--   charge_split   the queue's equal share of charge_amount, in millionths, the remainder to the
--                  first queues
--   charge_legs    what the legs in this queue cost; NULL where legs do not tell
--   charge_outside_queues
--                  on the first queue, what the legs allot to no queue; 0 on the others; NULL where
--                  legs do not tell
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
