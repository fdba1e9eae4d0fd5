-- call_summary: what calls add up to, by the quarter of an hour in which they began. It answers how many
-- there were, how they ended and what they cost, by any local hour, day, week or month.
--
--   start_time         when the first of them can have begun (UTC, ms)
--   is_acd             whether a queue's distributor handled a leg. Never NULL
--   calls              how many
--   calls_with_charge  number of them that have a charge
--   calls_with_unreadable_charge
--                      number of them whose charge is a text that cannot be read
--   seconds            their durations, as far as known (s)
--   charge             their charges, in charge_currency
SELECT
    start_time,
    direction,
    coalesce(array_has(distributions, 'acd'), false) AS is_acd,
    result,
    charge_currency,
    1 AS calls,
    CASE WHEN charge_amount IS NULL THEN 0 ELSE 1 END AS calls_with_charge,
    CASE WHEN charge_amount IS NULL AND nonblank(charge) IS NOT NULL THEN 1 ELSE 0 END AS calls_with_unreadable_charge,
    -- As decimals, which hold the sum of any durations.
    CAST(total_duration AS DECIMAL(38, 0)) AS seconds,
    charge_amount AS charge
FROM voice_calls
WHERE through_queues($queue, queues, voice_call_details)
