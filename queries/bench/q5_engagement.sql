-- title: What is known of one call?
-- description:
--   The call of one id, whenever it was: every column that is no list.
-- parameter: engagement text
--   The call's id.
-- column: engagement_id text
--   Its id.
-- column: direction text
--   inbound or outbound.
-- column: caller_number text
--   Number of the calling side.
-- column: callee_number text
--   Number of the called side.
-- column: start_time timestamp
--   When it began.
-- column: end_time timestamp
--   When it ended.
-- column: total_duration integer (s)
--   How long it lasted.
-- column: consumer_number text
--   Number of the consumer.
-- column: consumer_display_name text
--   Name of the consumer.
-- column: country_name text
--   Country of the consumer.
-- column: result text
--   How it ended.
-- column: caller_id text
--   Number shown to the called side.
-- column: calling_party text
--   consumer or agent.
-- column: charge text
--   The charge as the API wrote it.
-- column: charge_type text
--   How the rate applies.
-- column: charge_amount decimal (units of charge_currency)
--   The charge.
-- column: charge_currency text
--   Its currency.
-- column: extra text
--   What the API said beyond the columns, as JSON.
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
