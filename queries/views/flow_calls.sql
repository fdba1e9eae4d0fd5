-- flow_calls: one row for each call and distinct flow that it names. A call without a flow has none.
-- The result and the durations are the call's: the API does not say what a flow's part was.
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
