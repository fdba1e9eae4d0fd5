-- flow_calls: one row for each call and distinct flow that it names. A call without a flow has none.
-- The result and the durations are the call's: the API does not say what a flow's part was. An
-- entry with a name and no id belongs to the call's flow of that name if there is exactly one.
--
--   flow_id        the first of flow_id and flow_name that is given
--   flow_name      the flow's name, as first given in the call
--   flow_ordinal   place of the flow among the call's flow_count flows, from 1
--   flow_count     number of distinct flows that the call names
--   result         how the engagement ended, as the API names it: the call's, not the flow's
--   result_class   the class of result; see result_classes
--   is_contained   whether the call's result is of the class contained: the flow served the call, and
--                  it was never offered to a queue. Never NULL
--   charge_amount  the whole call's charge, in charge_currency: the same in each of its rows
SELECT
    engagement_id,
    date,
    start_time,
    end_time,
    total_duration,
    direction,
    distributions,
    types,
    consumer_number,
    country_name,
    visit['flow_id'] AS flow_id,
    visit['flow_name'] AS flow_name,
    visit['flow_ordinal'] AS flow_ordinal,
    visit['flow_count'] AS flow_count,
    result,
    result_class(result) AS result_class,
    result_class(result) = 'contained' AS is_contained,
    charge_amount,
    charge_currency
FROM (
    SELECT *, unnest(flow_visits(flows)) AS visit
    FROM voice_calls
) AS visits
