-- country_summary: calls by country, type of number and type of charge.
--
--   start_time         earliest possible start of these calls (UTC, ms)
--   number_type        type of the centre's own number: of outbound calls the calling one, else the
--                      called one
--   is_acd             true if a queue's distributor handled a leg. Never NULL
--   is_charged         true if the calls have a charge. Never NULL
--   calls              number of calls
--   calls_with_charge  number of calls with a charge
--   calls_with_unreadable_charge
--                      number of calls whose charge text cannot be parsed
--   seconds            sum of the known durations (s)
--   charge             sum of the charges, in charge_currency
SELECT
    start_time,
    country_name,
    CASE
        WHEN direction = 'outbound' THEN coalesce(nonblank(caller_number_type), nonblank(callee_number_type))
        ELSE coalesce(nonblank(callee_number_type), nonblank(caller_number_type))
    END AS number_type,
    charge_type,
    direction,
    coalesce(array_has(distributions, 'acd'), false) AS is_acd,
    result,
    charge_currency,
    charge_amount IS NOT NULL AS is_charged,
    1 AS calls,
    CASE WHEN charge_amount IS NULL THEN 0 ELSE 1 END AS calls_with_charge,
    CASE WHEN charge_amount IS NULL AND nonblank(charge) IS NOT NULL THEN 1 ELSE 0 END AS calls_with_unreadable_charge,
    -- Decimals: the sum of the durations can exceed 64 bits.
    CAST(total_duration AS DECIMAL(38, 0)) AS seconds,
    charge_amount AS charge
FROM voice_calls
WHERE through_queues($queue, queues, voice_call_details)
