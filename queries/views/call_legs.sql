-- call_legs: one row for each leg of a call, if the detail view was fetched; calls of the summary
-- view have no rows. A column describes the leg unless its comment names the call.
--
--   date             UTC date of the start of the call; filter periods by it
--   start_time       start of the call; filter periods by it (UTC, ms)
--   leg_ordinal      position of the leg in the call, in the order of the API, from 1
--   leg_start_time   start of the leg (UTC, ms)
--   leg_end_time     end of the leg (UTC, ms)
--   leg_duration     duration of the leg (s)
--   call_leg         inbound or outbound
--   distribution     acd or non_acd
--   type             kind of leg
--   queue_id         id of the queue of the leg
--   queue_name       name of the queue of the leg
--   agents           agents who took part in the leg
--   flow_id          id of the flow that routed the leg
--   flow_name        name of the flow that routed the leg
--   consumer_number  number of the consumer
--   country_name     country of the consumer
--   result           result of the leg, as named by the API
--   result_class     class of result; see result_classes
--   calling_party    consumer or agent
--   charge           charge of the leg as the API wrote it
--   charge_amount    charge of the leg, in charge_currency
--   charge_currency  ISO 4217 code of the charge of the leg; NULL if its text names none
--   rate             price from which the charge was computed, as the API wrote it
--   charge_type      kind of rate, such as per_minute
SELECT
    engagement_id,
    date,
    start_time,
    leg_ordinal,
    leg['start_time'] AS leg_start_time,
    leg['end_time'] AS leg_end_time,
    leg['total_duration'] AS leg_duration,
    leg['call_leg'] AS call_leg,
    leg['distribution'] AS distribution,
    leg['type'] AS type,
    leg['queue']['cc_queue_id'] AS queue_id,
    leg['queue']['queue_name'] AS queue_name,
    leg['agents'] AS agents,
    leg['flow']['flow_id'] AS flow_id,
    leg['flow']['flow_name'] AS flow_name,
    leg['consumer_number'] AS consumer_number,
    leg['country_name'] AS country_name,
    leg['result'] AS result,
    result_class(leg['result']) AS result_class,
    leg['calling_party'] AS calling_party,
    leg['charge'] AS charge,
    leg['charge_amount'] AS charge_amount,
    leg['charge_currency'] AS charge_currency,
    leg['rate'] AS rate,
    leg['charge_type'] AS charge_type
FROM (
    SELECT
        *,
        unnest(voice_call_details) AS leg,
        unnest(generate_series(1, CAST(cardinality(voice_call_details) AS BIGINT))) AS leg_ordinal
    FROM voice_calls
) AS legs
