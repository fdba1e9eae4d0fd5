-- title: Which calls had one consumer in a month?
-- description:
--   Calls of one number that started in the month, in order of their start.
-- parameter: consumer text
--   Number of the consumer.
-- parameter: month_from timestamp
--   Start of the month, inclusive.
-- parameter: month_to timestamp
--   End of the month, exclusive.
-- column: start_time timestamp
--   Start of the call.
-- column: engagement_id text
--   Id of the call.
-- column: direction text
--   inbound or outbound.
-- column: result text
--   Result of the call.
-- column: total_duration integer (s)
--   Duration of the call.
-- column: charge_amount decimal (units of charge_currency)
--   Charge of the call.
-- column: charge_currency text
--   Currency of the charge.
SELECT start_time, engagement_id, direction, result, total_duration, charge_amount, charge_currency
FROM voice_calls
WHERE consumer_number = $consumer AND start_time >= $month_from AND start_time < $month_to
ORDER BY start_time, engagement_id
