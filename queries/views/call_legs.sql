-- call_legs: one row for each leg of a call, where the detail view was fetched; calls of the summary
-- view have none. `start_time` and `date` are the call's, as they are what a period is asked by;
-- the leg's own times and durations begin with leg_.
--
--   leg_ordinal    place of the leg among the call's legs as given, from 1
--   charge_amount  the leg's own charge, in charge_currency
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
