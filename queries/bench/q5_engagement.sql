-- title: What is known of one call?
-- description:
--   The call with the given id, regardless of its date: every column that is not a list.
-- parameter: engagement text
--   Id of the call.
-- column: engagement_id text
--   Id of the call.
-- column: direction text
--   inbound or outbound.
-- column: caller_number text
--   Number of the calling side.
-- column: callee_number text
--   Number of the called side.
-- column: start_time timestamp
--   Start of the call.
-- column: end_time timestamp
--   End of the call.
-- column: total_duration integer (s)
--   Duration of the call.
-- column: consumer_number text
--   Number of the consumer.
-- column: consumer_display_name text
--   Name of the consumer.
-- column: country_name text
--   Country of the consumer.
-- column: result text
--   Result of the call.
-- column: caller_id text
--   Number shown to the called side.
-- column: calling_party text
--   consumer or agent.
-- column: charge text
--   Charge as the API wrote it.
-- column: charge_type text
--   Kind of rate, such as per_minute.
-- column: charge_amount decimal (units of charge_currency)
--   Charge of the call.
-- column: charge_currency text
--   Currency of the charge.
-- column: extra text
--   Fields of the API without a column, as JSON.
SELECT
    engagement_id,
    direction,
    caller_number,
    callee_number,
    start_time,
    end_time,
    total_duration,
    consumer_number,
    consumer_display_name,
    country_name,
    result,
    caller_id,
    calling_party,
    charge,
    charge_type,
    charge_amount,
    charge_currency,
    extra
FROM voice_calls
WHERE engagement_id = $engagement
ORDER BY start_time
