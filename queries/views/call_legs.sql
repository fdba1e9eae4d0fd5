-- call_legs: one row for each leg of a call, where the detail view was fetched; calls of the summary
-- view have none. What is not said to be the call's is the leg's own.
--
--   date             UTC date of the call's start, as it is what a period is asked by
--   start_time       when the call began, as it is what a period is asked by (UTC, ms)
--   leg_ordinal      place of the leg among the call's legs as given, from 1
--   leg_start_time   when the leg began (UTC, ms)
--   leg_end_time     when the leg ended (UTC, ms)
--   leg_duration     the leg's duration (s)
--   call_leg         inbound or outbound
--   distribution     acd or non_acd
--   type             kind of leg
--   queue_id         the id of the leg's queue
--   queue_name       the name of the leg's queue
--   agents           agents who took part in the leg
--   flow_id          the id of the flow that routed the leg
--   flow_name        the name of the flow that routed the leg
--   consumer_number  number of the consumer
--   country_name     country of the consumer
--   result           how the leg ended, as the API names it
--   result_class     the class of result; see result_classes
--   calling_party    consumer or agent
--   charge           the leg's charge as the API wrote it
--   charge_amount    the leg's own charge, in charge_currency
--   charge_currency  ISO 4217 code of the leg's charge; NULL where its text names none
--   rate             the price that the charge was made from, as the API wrote it
--   charge_type      how the rate applies, such as per_minute
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
