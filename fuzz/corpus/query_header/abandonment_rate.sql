-- title: How many callers gave up before an agent took their call?
-- description:
--   An inbound call is offered if a queue's distributor handled it at least once (distributions
--   contains acd) and the flow did not contain it. An offered call is abandoned if its result is
--   long_abandoned or abandon_quit.
--
--   abandonment_rate = abandoned / (offered - short_abandoned). Callers who gave up within moments
--   (short_abandoned) are left out of both sides, because they did not wait. abandonment_rate_gross
--   = (abandoned + short_abandoned) / offered includes them on both sides. Callers who gave up on
--   hold had reached an agent: they are shown in hold_abandoned and are part of no rate. Calls with
--   an unclassified result count as offered and dilute the rate; unclassified shows their number.
--
--   By team, a call counts once in each team of its agents; most abandoned calls have no team and
--   count in the line 'none'. By queue, a call counts once in each queue that it passed through.
--   Its result there is that of the last leg in the queue if legs were fetched, else the call's
--   own. A call abandoned through two queues counts in both queues and once in the total. The total
--   is therefore computed from calls and is not the sum of the queues. Offered calls that belong to
--   no group count in the line 'none'.
--
--   Hours, weekdays, days, weeks and months without an offered call have a line with 0.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the hours, days and months.
-- parameter: queue queues =
--   Queue ids or names: only calls through one of these queues count. A name matches every queue
--   that ever had it. Default: all queues.
-- parameter: by text = queue in total, queue, team, country, hour, weekday, day, week, month
--   Grouping: none, the queue, the team of an agent, the consumer's country, the local hour of day,
--   or the local weekday, day, ISO week or month.
-- column: line text
--   'group'; 'none' for calls that belong to no group; 'total' for all calls, always present.
-- column: group_id text (id)
--   Id of the queue or team; for other groupings, the same as group_name.
-- column: group_name text
--   Last known name of the queue or team; the country; the local hour of day as 00 to 23; the
--   weekday as '1 Monday'; the day as YYYY-MM-DD, the ISO week as YYYY-Www, the month as YYYY-MM.
-- column: offered integer (calls)
--   Offered calls.
-- column: handled integer (calls)
--   Offered calls that were handled.
-- column: abandoned integer (calls)
--   Abandoned calls, the numerator of abandonment_rate.
-- column: short_abandoned integer (calls)
--   Offered calls that the caller gave up within moments.
-- column: hold_abandoned integer (calls)
--   Offered calls that the caller gave up on hold.
-- column: unclassified integer (calls)
--   Offered calls whose result is missing, unknown or ambiguous.
-- column: rate_base integer (calls)
--   Denominator of abandonment_rate: offered - short_abandoned.
-- column: abandonment_rate decimal (share, 0 to 1) = abandoned / rate_base
--   abandoned / rate_base, to six digits; NULL if rate_base is 0.
-- column: abandonment_rate_gross decimal (share, 0 to 1) = abandoned + short_abandoned / offered
--   (abandoned + short_abandoned) / offered, to six digits; NULL if offered is 0.
-- column: definition text (note)
--   Definition of abandonment_rate.
WITH whole AS (
    -- The whole period, for the total.
    SELECT result_class(result) AS result_class, calls
    FROM call_summary($from, $to, $queue, 'all')
    WHERE direction = 'inbound' AND is_acd AND result_class(result) <> 'contained'
),
summed AS (
    -- Finest granularity that the groups need.
    SELECT start_time, result_class(result) AS result_class, calls
    FROM call_summary(
        $from,
        $to,
        $queue,
        CASE WHEN $by = 'weekday' THEN 'day' WHEN $by IN ('hour', 'day', 'week', 'month') THEN $by ELSE 'all' END,
        $timezone
    )
    WHERE direction = 'inbound' AND is_acd AND result_class(result) <> 'contained'
),
grouped AS (
    -- Counts of each group.
    SELECT
        queue_id AS group_id,
        result_class(result) AS result_class,
        calls
    FROM queue_summary($from, $to, $queue)
    WHERE
        $by = 'queue'
        AND direction = 'inbound'
        AND is_acd
        AND result_class(result) <> 'contained'
        AND (queue_id IS NULL OR in_queues($queue, queue_id))
    UNION ALL
    SELECT
        visit['team_id'] AS group_id,
        result_class,
        1 AS calls
    FROM (
        SELECT
            result_class,
            -- A call without a team has one NULL visit.
            unnest(or_null_entry(teams)) AS visit
        FROM (
            SELECT result_class, team_visits(agents) AS teams
            FROM calls
            WHERE
                $by = 'team'
                AND is_offered
                AND start_time >= $from
                AND start_time < $to
                AND through_queues($queue, queues, voice_call_details)
        ) AS selected
    ) AS visits
    UNION ALL
    SELECT nonblank(country_name) AS group_id, result_class(result) AS result_class, calls
    FROM country_summary($from, $to, $queue)
    WHERE $by = 'country' AND direction = 'inbound' AND is_acd AND result_class(result) <> 'contained'
    UNION ALL
    SELECT local_period(start_time, $by, $timezone) AS group_id, result_class, calls
    FROM summed
    WHERE $by IN ('hour', 'weekday', 'day', 'week', 'month')
    UNION ALL
    SELECT unnest(local_periods($from, $to, $by, $timezone)) AS group_id, NULL AS result_class, 0 AS calls
    WHERE $by IN ('hour', 'weekday', 'day', 'week', 'month') AND $from < $to
),
counted AS (
    SELECT
        CASE WHEN group_id IS NULL THEN 'none' ELSE 'group' END AS line,
        group_id,
        sum(calls) AS offered,
        coalesce(sum(calls) FILTER (WHERE result_class = 'handled'), 0) AS handled,
        coalesce(sum(calls) FILTER (WHERE result_class = 'abandoned'), 0) AS abandoned,
        coalesce(sum(calls) FILTER (WHERE result_class = 'short_abandoned'), 0) AS short_abandoned,
        coalesce(sum(calls) FILTER (WHERE result_class = 'hold_abandoned'), 0) AS hold_abandoned,
        coalesce(sum(calls) FILTER (WHERE result_class = 'unclassified'), 0) AS unclassified
    FROM grouped
    GROUP BY group_id
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS group_id,
        coalesce(sum(calls), 0) AS offered,
        coalesce(sum(calls) FILTER (WHERE result_class = 'handled'), 0) AS handled,
        coalesce(sum(calls) FILTER (WHERE result_class = 'abandoned'), 0) AS abandoned,
        coalesce(sum(calls) FILTER (WHERE result_class = 'short_abandoned'), 0) AS short_abandoned,
        coalesce(sum(calls) FILTER (WHERE result_class = 'hold_abandoned'), 0) AS hold_abandoned,
        coalesce(sum(calls) FILTER (WHERE result_class = 'unclassified'), 0) AS unclassified
    FROM whole
)
SELECT
    line,
    group_id,
    CASE WHEN $by IN ('queue', 'team') THEN named.name ELSE group_id END AS group_name,
    offered,
    handled,
    abandoned,
    short_abandoned,
    hold_abandoned,
    unclassified,
    offered - short_abandoned AS rate_base,
    CAST(
        CAST(abandoned AS DECIMAL(38, 16)) / CAST(nullif(offered - short_abandoned, 0) AS DECIMAL(20, 0))
        AS DECIMAL(9, 6)
    ) AS abandonment_rate,
    CAST(
        CAST(abandoned + short_abandoned AS DECIMAL(38, 16)) / CAST(nullif(offered, 0) AS DECIMAL(20, 0))
        AS DECIMAL(9, 6)
    ) AS abandonment_rate_gross,
    'abandoned / (offered - short_abandoned)' AS definition
FROM counted
LEFT JOIN last_names($by, $from, $to) AS named ON named.id = counted.group_id
ORDER BY CASE line WHEN 'group' THEN 0 WHEN 'none' THEN 1 ELSE 2 END, group_name, group_id
