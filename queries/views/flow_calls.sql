-- flow_calls: one row for each call and distinct flow that it names. A call without a flow has no
-- row. The result and the durations are those of the call: the API does not report each flow's
-- part. An entry with a name but no id belongs to the call's flow of that name if there is exactly
-- one.
--
--   flow_id        first given value of flow_id and flow_name
--   flow_name      first name that the call gives for the flow
--   flow_ordinal   position of the flow among the flow_count flows of the call, from 1
--   flow_count     number of distinct flows that the call names
--   result         result of the call (not of the flow), as named by the API
--   result_class   class of result; see result_classes
--   is_contained   true if the result is of the class contained: the flow served the call, and
--                  it was never offered to a queue. Never NULL
--   charge_amount  charge of the whole call in charge_currency, the same in each of its rows
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
