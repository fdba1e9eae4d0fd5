-- call_summary: calls by the quarter of an hour of their start, for counts, results and charges by
-- any local hour, day, week or month.
--
--   start_time         earliest possible start of these calls (UTC, ms)
--   is_acd             true if a queue's distributor handled a leg. Never NULL
--   is_charged         true if the calls have a charge. Never NULL
--   calls              number of calls
--   calls_with_charge  number of calls with a charge
--   calls_with_unreadable_charge
--                      number of calls whose charge text cannot be parsed
--   seconds            sum of the known durations (s)
--   charge             sum of the charges, in charge_currency
--   largest_charge     largest absolute charge
SELECT
    start_time,
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
    charge_amount AS charge,
    abs(charge_amount) AS largest_charge
FROM voice_calls
WHERE through_queues($queue, queues, voice_call_details)
