-- title: What is known of one call?
-- description:
--   The calls with the given id, regardless of their dates: more than one only if calls share an
--   id. Of the consumer's number, the last four digits are shown.
-- parameter: engagement text
--   Id of the call.
-- column: engagement_id text
--   Id of the call.
-- column: start_time timestamp
--   Start of the call.
-- column: end_time timestamp
--   End of the call.
-- column: total_duration integer (s)
--   Duration of the call.
-- column: direction text
--   inbound or outbound.
-- column: result text
--   Result of the call, as named by the API.
-- column: result_class text
--   Class of the result.
-- column: consumer text
--   Last digits of the consumer's number.
-- column: country_name text
--   Country of the consumer.
-- column: flows text
--   Names of the flows that routed the call.
-- column: queues text
--   Names of the queues of the call, in their order.
-- column: agents text
--   Names of the agents of the call, in their order.
-- column: charge_amount decimal (units of charge_currency)
--   Charge of the call.
-- column: charge_currency text
--   ISO 4217 code of the charge; NULL if its text names none.
-- column: charge text
--   Charge as the API wrote it.
-- column: rate text
--   Prices from which the charge was computed, as the API wrote them.
-- column: legs integer (legs)
--   Number of legs; NULL if the detail view was not fetched.
SELECT
    engagement_id,
    start_time,
    end_time,
    total_duration,
    direction,
    result,
    result_class,
    CASE WHEN known_number IS NOT NULL THEN concat('…', right(known_number, 4)) END AS consumer,
    country_name,
    array_to_string(named_flows, ' → ') AS flows,
    array_to_string(named_queues, ' → ') AS queues,
    array_to_string(named_agents, ' → ') AS agents,
    charge_amount,
    charge_currency,
    charge,
    array_to_string(rates, ', ') AS rate,
    CAST(cardinality(voice_call_details) AS BIGINT) AS legs
FROM calls
LEFT JOIN (
    SELECT engagement_id AS id, start_time AS start, array_agg(queue_name ORDER BY queue_ordinal) AS named_queues
    FROM queue_calls
    WHERE engagement_id = $engagement
    GROUP BY id, start
) AS of_queues ON of_queues.id = engagement_id AND of_queues.start = start_time
LEFT JOIN (
    SELECT engagement_id AS id, start_time AS start, array_agg(agent_name ORDER BY agent_ordinal) AS named_agents
    FROM agent_calls
    WHERE engagement_id = $engagement
    GROUP BY id, start
) AS of_agents ON of_agents.id = engagement_id AND of_agents.start = start_time
LEFT JOIN (
    SELECT engagement_id AS id, start_time AS start, array_agg(flow_name ORDER BY flow_ordinal) AS named_flows
    FROM flow_calls
    WHERE engagement_id = $engagement
    GROUP BY id, start
) AS of_flows ON of_flows.id = engagement_id AND of_flows.start = start_time
WHERE engagement_id = $engagement
ORDER BY start_time
