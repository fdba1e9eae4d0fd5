-- queue_summary: calls by each queue that they passed through. A call counts once in each of its
-- queues; a call without a queue counts where queue_id is NULL.
--
--   start_time         earliest possible start of these calls (UTC, ms)
--   queue_id           first given value of cc_queue_id, queue_id and queue_name. An entry or leg
--                      with a name but no id belongs to the call's queue of that name if there is
--                      exactly one
--   queue_name         first name that the call gives for the queue
--   is_acd             true if a queue's distributor handled a leg. Never NULL
--   result             result of the last leg in this queue; without such a leg, that of the call
--   call_result        result of the call
--   is_charged         true if the calls have a charge. Never NULL
--   calls              number of calls
--   calls_with_charge  number of calls with a charge
--   calls_with_unreadable_charge
--                      number of calls whose charge text cannot be parsed
--   charge             sum of the charges of calls without a queue, in charge_currency
--   charge_auto        charges allocated to the queue: charge_legs if legs can be used, else
--                      charge_split
--   charge_legs        sum of the charges of the legs in the queue
--   charge_split       equal shares of charges in whole millionths; the first queues get the
--                      remainder
--   charge_first       charges of the calls whose first queue this is
--   charge_last        charges of the calls whose last queue this is
--   outside_auto       amounts that charge_auto allocates to no queue, on a call's first queue
--   outside_auto_calls number of calls with such an amount
--   outside_legs       amounts that charge_legs allocates to no queue, on a call's first queue
--   outside_legs_calls number of calls with such an amount
--   last_start         start of the last of these calls (UTC, ms)
SELECT
    start_time,
    queue_id,
    queue_name,
    direction,
    is_acd,
    result,
    call_result,
    charge_currency,
    charge_amount IS NOT NULL AS is_charged,
    1 AS calls,
    CASE WHEN charge_amount IS NULL THEN 0 ELSE 1 END AS calls_with_charge,
    calls_with_unreadable_charge,
    CASE WHEN queue_id IS NULL THEN charge_amount END AS charge,
    coalesce(charge_legs, charge_split) AS charge_auto,
    charge_legs,
    charge_split,
    CASE
        WHEN queue_ordinal = 1 THEN charge_amount
        WHEN charge_amount IS NOT NULL THEN CAST(0 AS DECIMAL(18, 6))
    END AS charge_first,
    CASE
        WHEN queue_ordinal = queue_count THEN charge_amount
        WHEN charge_amount IS NOT NULL THEN CAST(0 AS DECIMAL(18, 6))
    END AS charge_last,
    outside_auto,
    CASE WHEN outside_auto <> 0 THEN 1 ELSE 0 END AS outside_auto_calls,
    outside_legs,
    CASE WHEN outside_legs <> 0 THEN 1 ELSE 0 END AS outside_legs_calls,
    start_time AS last_start
FROM (
    SELECT
        start_time,
        visit['queue_id'] AS queue_id,
        visit['queue_name'] AS queue_name,
        visit['queue_ordinal'] AS queue_ordinal,
        visit['queue_count'] AS queue_count,
        direction,
        coalesce(array_has(distributions, 'acd'), false) AS is_acd,
        CASE WHEN visit['queue_id'] IS NULL THEN result ELSE visit['result'] END AS result,
        result AS call_result,
        calls_with_unreadable_charge,
        charge_amount,
        charge_currency,
        visit['charge_legs'] AS charge_legs,
        visit['charge_split'] AS charge_split,
        CASE WHEN visit['charge_legs'] IS NOT NULL THEN visit['charge_outside_queues'] END AS outside_auto,
        CASE
            WHEN visit['charge_legs'] IS NOT NULL THEN visit['charge_outside_queues']
            WHEN visit['queue_ordinal'] = 1 THEN charge_amount
        END AS outside_legs
    FROM (
        SELECT
            start_time,
            direction,
            distributions,
            result,
            calls_with_unreadable_charge,
            charge_amount,
            charge_currency,
            -- A call without a queue has one NULL visit.
            unnest(or_null_entry(visits)) AS visit
        FROM (
            SELECT
                start_time,
                direction,
                distributions,
                result,
                CASE
                    WHEN charge_amount IS NULL AND nonblank(charge) IS NOT NULL THEN 1 ELSE 0
                END AS calls_with_unreadable_charge,
                charge_amount,
                charge_currency,
                queue_visits(queues, voice_call_details, result, charge_amount, charge_currency) AS visits
            FROM voice_calls
            WHERE through_queues($queue, queues, voice_call_details)
        ) AS asked
    ) AS unnested
) AS visited
