-- country_summary: what calls add up to, by where they came from or went to and by what their charge is for.
--
--   start_time         when the first of them can have begun (UTC, ms)
--   number_type        type of the centre's own number: the called one, of outbound calls the calling one
--   is_acd             whether a queue's distributor handled a leg. Never NULL
--   calls              how many
--   calls_with_charge  how many of them have a charge
--   seconds            their durations, as far as known (s)
--   charge             their charges, in charge_currency
SELECT
    start_time,
    country_name,
    CASE
        WHEN direction = 'outbound' THEN coalesce(caller_number_type, callee_number_type)
        ELSE coalesce(callee_number_type, caller_number_type)
    END AS number_type,
    charge_type,
    direction,
    coalesce(array_has(distributions, 'acd'), false) AS is_acd,
    result,
    charge_currency,
    1 AS calls,
    CASE WHEN charge_amount IS NULL THEN 0 ELSE 1 END AS calls_with_charge,
    total_duration AS seconds,
    charge_amount AS charge
FROM voice_calls
WHERE through_queues($queue, queues, voice_call_details)
