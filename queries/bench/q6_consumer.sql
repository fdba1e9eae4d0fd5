-- title: Which calls had one consumer in a month?
-- description:
--   The calls of one number whose start lies in the month, in their order.
-- parameter: consumer text
--   The number.
-- parameter: month_from timestamp
--   Start of the month, inclusive.
-- parameter: month_to timestamp
--   End of the month, exclusive.
-- column: start_time timestamp
--   When the call began.
-- column: engagement_id text
--   The call's id.
-- column: direction text
--   inbound or outbound.
-- column: result text
--   How it ended.
-- column: total_duration integer (s)
--   How long it lasted.
-- column: charge_amount decimal (units of charge_currency)
--   The charge.
-- column: charge_currency text
--   Its currency.
SELECT start_time, engagement_id, direction, result, total_duration, charge_amount, charge_currency
FROM voice_calls
WHERE consumer_number = $consumer AND start_time >= $month_from AND start_time < $month_to
ORDER BY start_time, engagement_id
