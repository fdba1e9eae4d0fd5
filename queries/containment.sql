-- title: How many calls do flows settle without an agent?
-- description:
--   Inbound calls by flow. A call is contained if its result is of the class contained: the flow
--   served the call, and it was never offered to a queue. containment_rate = contained / calls.
--
--   By flow, a call counts once in each flow that it passed through, with the result of the call:
--   the API does not report which flow served it. The total is therefore computed from calls and is
--   not the sum of the flows. Calls without a flow count in the line 'none'.
--
--   Hours, weekdays, days, weeks and months without an inbound call have a line with 0.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the hours, days, weeks and months.
-- parameter: by text = flow in total, flow, hour, weekday, day, week, month
--   Grouping: none, the flow, the local hour of day, or the local weekday, day, ISO week or month.
-- column: line text
--   'group'; 'none' for calls without a flow; 'total' for all calls, always present.
-- column: group_id text (id)
--   Id of the flow; for other groupings, the same as group_name.
-- column: group_name text
--   Last known name of the flow; the local hour of day as 00 to 23; the weekday as '1 Monday'; the
--   day as YYYY-MM-DD, the ISO week as YYYY-Www, the month as YYYY-MM.
-- column: calls integer (calls)
--   Inbound calls, the denominator of containment_rate.
-- column: contained integer (calls)
--   Contained calls, the numerator of containment_rate.
-- column: unclassified integer (calls)
--   Calls whose result is missing, unknown or ambiguous; they dilute the rate.
-- column: containment_rate decimal (share, 0 to 1) = contained / calls
--   contained / calls, to six digits; NULL if calls is 0.
-- column: definition text (note)
--   Definition of containment_rate.
WITH selected AS (
    SELECT start_time, flows, result_class
    FROM calls
    WHERE direction = 'inbound' AND start_time >= $from AND start_time < $to
),
grouped AS (
    SELECT flow_id AS group_id, result_class, 1 AS calls
    FROM flow_calls
    WHERE $by = 'flow' AND direction = 'inbound' AND start_time >= $from AND start_time < $to
    UNION ALL
    SELECT NULL AS group_id, result_class, 1 AS calls
    FROM selected
    WHERE $by = 'flow' AND cardinality(flow_visits(flows)) = 0
    UNION ALL
    SELECT local_period(start_time, $by, $timezone) AS group_id, result_class, 1 AS calls
    FROM selected
    WHERE $by IN ('hour', 'weekday', 'day', 'week', 'month')
    UNION ALL
    SELECT unnest(local_periods($from, $to, $by, $timezone)) AS group_id, NULL AS result_class, 0 AS calls
    WHERE $by IN ('hour', 'weekday', 'day', 'week', 'month') AND $from < $to
),
counted AS (
    SELECT
        CASE WHEN group_id IS NULL THEN 'none' ELSE 'group' END AS line,
        group_id,
        sum(calls) AS calls,
        count(*) FILTER (WHERE result_class = 'contained') AS contained,
        count(*) FILTER (WHERE result_class = 'unclassified') AS unclassified
    FROM grouped
    GROUP BY group_id
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS group_id,
        count(*) AS calls,
        count(*) FILTER (WHERE result_class = 'contained') AS contained,
        count(*) FILTER (WHERE result_class = 'unclassified') AS unclassified
    FROM selected
)
SELECT
    line,
    group_id,
    CASE $by WHEN 'flow' THEN named.name ELSE group_id END AS group_name,
    calls,
    contained,
    unclassified,
    CAST(
        CAST(contained AS DECIMAL(38, 16)) / CAST(nullif(calls, 0) AS DECIMAL(20, 0)) AS DECIMAL(9, 6)
    ) AS containment_rate,
    'contained / inbound calls' AS definition
FROM counted
LEFT JOIN last_names($by, $from, $to) AS named ON named.id = counted.group_id
ORDER BY CASE line WHEN 'group' THEN 0 WHEN 'none' THEN 1 ELSE 2 END, group_name, group_id
