-- title: What did calls cost, and where?
-- description:
--   Charges by group and currency, exact to the millionth. Amounts in different currencies are
--   never added up. Charges of an unknown currency have the currency NULL. A call whose charge is
--   missing or cannot be parsed is counted; its charge is unknown, not 0. These calls have no
--   currency of their own: they count in the lines of the currency that most charges have.
--
--   By agent, the charge of a call is split equally among its agents in whole millionths; the first
--   agents get the remainder. The call itself counts once for each agent. Calls that belong to no
--   group count in the line 'none'. For charges by queue, see the query queue_charges. Days, weeks
--   and months without a call have a line with 0 in each currency.
--
--   The line 'total' is computed from calls alone; its difference shows that the groups add up to
--   it.
-- notices: charges
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days, weeks and months.
-- parameter: queue queues =
--   Queue ids or names: only calls through one of these queues count. A name matches every queue
--   that ever had it. Default: all queues.
-- parameter: by text = month in total, country, number_type, charge_type, agent, direction, day,
--   week, month
--   Grouping in addition to the currency: none, the consumer's country, the type of the centre's
--   own number, the charge type, the agent, the direction, or the local day, ISO week or month.
-- column: line text
--   'group'; 'none' for calls that belong to no group; 'total' for all calls.
-- column: group_id text (id)
--   Id of the agent; for other groupings, the same as group_name.
-- column: group_name text
--   Last known name of the agent; the country, type or direction; the day as YYYY-MM-DD, the ISO
--   week as YYYY-Www, the month as YYYY-MM.
-- column: charge_currency text
--   ISO 4217 code; NULL if it is unknown or no call has a charge.
-- column: calls integer (calls)
--   Calls of the group with this currency; in the currency of most charges also those without a
--   charge.
-- column: calls_without_charge integer (calls)
--   Calls without a charge.
-- column: calls_with_unreadable_charge integer (calls)
--   Calls whose charge text cannot be parsed.
-- column: seconds integer (s in total)
--   Sum of the known engagement durations; NULL if there are calls but no duration is known.
-- column: charge decimal (units of charge_currency)
--   Sum of the known charges; NULL if there are calls but no charge is known.
-- column: difference decimal (units of charge_currency)
--   On the total: groups + none - total, exactly 0. NULL on other lines.
WITH selected AS (
    SELECT *
    FROM calls
    WHERE
        $by = 'agent'
        AND start_time >= $from
        AND start_time < $to
        AND through_queues($queue, queues, voice_call_details)
),
summed AS (
    SELECT
        start_time,
        direction,
        charge_currency,
        is_charged,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        seconds,
        charge
    FROM call_summary(
        $from, $to, $queue, CASE WHEN $by IN ('day', 'week', 'month') THEN $by ELSE 'all' END, $timezone
    )
),
main_currency AS (
    -- The currency of most charges; its lines include the calls without a charge.
    SELECT first_value(charge_currency ORDER BY charged DESC, charge_currency) AS code
    FROM (
        SELECT charge_currency, sum(calls_with_charge) AS charged
        FROM call_summary($from, $to, $queue, 'all')
        WHERE charge_currency IS NOT NULL
        GROUP BY charge_currency
    ) AS known
),
currencies AS (
    -- Currencies of the lines; NULL if there are no calls.
    SELECT unnest(or_null_entry(coalesce(found, arrow_cast([], 'List(Utf8)')))) AS charge_currency
    FROM (
        SELECT array_agg(DISTINCT charge_currency) FILTER (WHERE is_charged) AS found
        FROM summed
    ) AS gathered
),
shared AS (
    -- Charge in millionths and position of the agent, for equal shares in whole millionths.
    SELECT
        visit['agent_id'] AS group_id,
        visit['agent_ordinal'] AS ordinal,
        agent_count,
        CAST(charge_amount * 1000000 AS BIGINT) AS millionths,
        charge,
        total_duration,
        charge_currency
    FROM (
        SELECT
            agent_count,
            total_duration,
            charge,
            charge_amount,
            charge_currency,
            unnest(agent_visits(agents)) AS visit
        FROM selected
    ) AS visits
),
grouped AS (
    -- Counts of each group.
    SELECT
        group_id,
        charge_currency,
        millionths IS NOT NULL AS is_charged,
        1 AS calls,
        CASE WHEN millionths IS NULL THEN 0 ELSE 1 END AS calls_with_charge,
        CASE WHEN millionths IS NULL AND nonblank(charge) IS NOT NULL THEN 1 ELSE 0 END AS calls_with_unreadable_charge,
        CAST(total_duration AS DECIMAL(38, 0)) AS seconds,
        CAST(
            CAST(
                millionths / agent_count
                    + CASE
                        WHEN ordinal > abs(millionths % agent_count) THEN 0
                        -- Not signum(), which returns a float and would make the share a float.
                        WHEN millionths < 0 THEN -1
                        ELSE 1
                    END
                AS DECIMAL(18, 0)
            ) * CAST('0.000001' AS DECIMAL(6, 6))
            AS DECIMAL(18, 6)
        ) AS charge
    FROM shared
    UNION ALL
    SELECT
        NULL AS group_id,
        charge_currency,
        charge_amount IS NOT NULL AS is_charged,
        1 AS calls,
        CASE WHEN charge_amount IS NULL THEN 0 ELSE 1 END AS calls_with_charge,
        CASE WHEN charge_amount IS NULL AND nonblank(charge) IS NOT NULL THEN 1 ELSE 0 END AS calls_with_unreadable_charge,
        CAST(total_duration AS DECIMAL(38, 0)) AS seconds,
        charge_amount AS charge
    FROM selected
    WHERE agent_count = 0
    UNION ALL
    SELECT
        CASE $by
            WHEN 'country' THEN nonblank(country_name)
            WHEN 'charge_type' THEN nonblank(charge_type)
            ELSE number_type
        END AS group_id,
        charge_currency,
        is_charged,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        seconds,
        charge
    FROM country_summary($from, $to, $queue)
    WHERE $by IN ('country', 'charge_type', 'number_type')
    UNION ALL
    SELECT
        CASE $by
            WHEN 'direction' THEN nonblank(direction)
            ELSE local_period(start_time, $by, $timezone)
        END AS group_id,
        charge_currency,
        is_charged,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        seconds,
        charge
    FROM summed
    WHERE $by IN ('direction', 'day', 'week', 'month')
    UNION ALL
    SELECT
        cell AS group_id,
        charge_currency,
        true AS is_charged,
        0 AS calls,
        0 AS calls_with_charge,
        0 AS calls_with_unreadable_charge,
        NULL AS seconds,
        NULL AS charge
    FROM currencies
    CROSS JOIN (SELECT unnest(local_periods($from, $to, $by, $timezone)) AS cell) AS cells
    WHERE $by IN ('day', 'week', 'month') AND $from < $to
),
placed AS (
    SELECT
        CASE WHEN group_id IS NULL THEN 'none' ELSE 'group' END AS line,
        group_id,
        charge_currency,
        is_charged,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        seconds,
        charge
    FROM grouped
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS group_id,
        charge_currency,
        is_charged,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        seconds,
        charge
    FROM summed
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS group_id,
        charge_currency,
        true AS is_charged,
        0 AS calls,
        0 AS calls_with_charge,
        0 AS calls_with_unreadable_charge,
        NULL AS seconds,
        NULL AS charge
    FROM currencies
),
added_up AS (
    -- With the calls without a charge in the currency of most charges.
    SELECT
        line,
        group_id,
        CASE WHEN is_charged THEN charge_currency ELSE code END AS charge_currency,
        sum(calls) AS calls,
        sum(calls_with_charge) AS calls_with_charge,
        sum(calls_with_unreadable_charge) AS calls_with_unreadable_charge,
        sum(seconds) AS seconds,
        sum(charge) AS charge
    FROM placed
    CROSS JOIN main_currency
    GROUP BY line, group_id, CASE WHEN is_charged THEN charge_currency ELSE code END
),
lines AS (
    SELECT
        line,
        group_id,
        charge_currency,
        calls,
        calls - calls_with_charge - calls_with_unreadable_charge AS calls_without_charge,
        calls_with_unreadable_charge,
        CASE calls WHEN 0 THEN 0 ELSE seconds END AS seconds,
        CASE calls WHEN 0 THEN 0 ELSE charge END AS charge
    FROM added_up
)
SELECT
    line,
    group_id,
    CASE $by WHEN 'agent' THEN named.name ELSE group_id END AS group_name,
    charge_currency,
    calls,
    calls_without_charge,
    calls_with_unreadable_charge,
    seconds,
    charge,
    CASE
        WHEN line = 'total' AND $by <> 'total' THEN coalesce(
            sum(CASE line WHEN 'total' THEN -charge ELSE charge END) OVER (PARTITION BY charge_currency),
            0
        )
    END AS difference
FROM lines
LEFT JOIN last_names($by, $from, $to) AS named ON named.id = lines.group_id
ORDER BY
    charge_currency NULLS LAST,
    CASE line WHEN 'group' THEN 0 WHEN 'none' THEN 1 ELSE 2 END,
    group_name,
    group_id
