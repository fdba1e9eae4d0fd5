-- title: How many callers gave up before an agent took their call?
-- description:
--   Offered are the inbound calls that a queue's distributor handled at least once (distributions
--   contains acd), save those that the flow contained. Abandoned are offered calls with the result
--   long_abandoned or abandon_quit.
--
--   abandonment_rate = abandoned / (offered - short_abandoned). Callers who gave up within moments
--   (short_abandoned) are left out of both sides: waiting cannot have been their reason.
--   abandonment_rate_gross = (abandoned + short_abandoned) / offered counts them on both.
--   Callers who gave up on hold had reached an agent; they are shown beside and are in no rate.
--   Results that cannot be classified count as offered; their number is shown, as they dilute the rate.
--
--   By team, a call counts once in each team of its agents; most of those who gave up had none and
--   have the line 'none'. By queue, a call counts once in each queue that it passed through: by the
--   result of the leg there that started last where legs were fetched, else by the call's. An
--   abandoned call through two queues is two queues' abandonment and one call's. So the total is
--   computed from calls and is not the sum of the queues. Offered calls that belong to no group
--   have the line 'none'.
--
--   Hours, weekdays, days, weeks and months of the period without an offered call have a line with
--   0.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the hours, days and months.
-- parameter: queue queues =
--   Ids or names of queues: only calls through one of them count. A name stands for every queue
--   that ever had it. None given means all.
-- parameter: by text = queue in total, queue, team, country, hour, weekday, day, week, month
--   What to group by: nothing, the queue, the team of an agent, the consumer's country, the local
--   hour of day, or the local weekday, day, ISO week or month.
-- column: line text
--   'group'; 'none' for calls that belong to no group; 'total' for all calls, always there.
-- column: group_id text (id)
--   The queue's or team's id, or as group_name.
-- column: group_name text
--   The queue's or team's last known name; the country; the local hour of day as 00 to 23; the
--   weekday as '1 Monday'; the day as YYYY-MM-DD, the ISO week as YYYY-Www, the month as YYYY-MM.
-- column: offered integer (calls)
--   Calls offered.
-- column: handled integer (calls)
--   Offered calls that ended as meant.
-- column: abandoned integer (calls)
--   The numerator of abandonment_rate.
-- column: short_abandoned integer (calls)
--   Offered calls given up within moments.
-- column: hold_abandoned integer (calls)
--   Offered calls given up on hold.
-- column: unclassified integer (calls)
--   Offered calls whose result is missing, unknown or says too little.
-- column: rate_base integer (calls)
--   The denominator of abandonment_rate: offered - short_abandoned.
-- column: abandonment_rate decimal (share, 0 to 1)
--   abandoned / rate_base, to six digits; NULL where rate_base is 0.
-- column: abandonment_rate_gross decimal (share, 0 to 1)
--   (abandoned + short_abandoned) / offered, to six digits; NULL where offered is 0.
-- column: definition text (note)
--   The definition of abandonment_rate.
WITH whole AS (
    -- All of the period at once, where the total is computed.
    SELECT result_class(result) AS result_class, calls
    FROM call_summary($from, $to, $queue, 'all')
    WHERE direction = 'inbound' AND is_acd AND result_class(result) <> 'contained'
),
summed AS (
    -- As finely as the groups need it.
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
    -- What counts in each group.
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
            -- A call without a team has one visit that is NULL.
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
        ) AS asked
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
