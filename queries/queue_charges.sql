-- title: What did each queue cost?
-- description:
--   Charges by queue and currency, exact to the millionth. Amounts in different currencies are
--   never added up. Charges of an unknown currency have the currency NULL. A call whose charge is
--   missing or cannot be parsed is counted; its charge is unknown, not 0. These calls have no
--   currency of their own: they count in the lines of the currency that most charges have.
--
--   A call through two queues has one charge. The parameter attribution defines how it is
--   allocated: legs gives each queue the charges of the legs in it; split gives equal shares in
--   whole millionths, with the remainder to the first queues; first and last give all to one queue;
--   auto uses legs if possible, else split. Legs can be used if the call and at least one leg have
--   a charge, all in one currency.
--
--   If queues are chosen, every call through one of them counts as a whole; the amounts allocated
--   to its other queues are in the line 'other'.
--
--   The lines 'unallocated' hold the amounts of no queue, one line for each part: calls without a
--   queue by direction, amounts of legs without a queue, and with attribution=legs all calls whose
--   legs cannot be used. The line 'total' is computed from calls alone; its difference shows that
--   queues + other + unallocated - total is exactly 0. Each period has a total, with 0 if there
--   were no calls.
-- notices: charges
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days and months.
-- parameter: queue queues =
--   Queue ids or names: only calls through one of these queues count. A name matches every queue
--   that ever had it. Default: all queues.
-- parameter: attribution text = auto in auto, legs, split, first, last
--   Allocation of a call's charge to its queues.
-- parameter: per text = all in all, month, week, day
--   Granularity: the whole period, or local months, ISO weeks or days.
-- column: line text
--   'queue', 'other', 'unallocated' or 'total'.
-- column: period text
--   Local month as YYYY-MM, ISO week as YYYY-Www or day as YYYY-MM-DD in which the calls started;
--   'all' for the whole period.
-- column: queue_id text (id)
--   Id of the queue.
-- column: queue_name text
--   Last known name of the queue.
-- column: charge_currency text
--   ISO 4217 code; NULL if it is unknown or no call has a charge.
-- column: calls integer (calls)
--   Calls through the queue; on 'other', visits to other queues; on 'unallocated', calls without a
--   queue or with an unallocated amount; on 'total', all calls. Calls with a charge in this
--   currency; in the currency of most charges also those without a charge.
-- column: calls_without_charge integer (calls)
--   Calls without a charge.
-- column: calls_with_unreadable_charge integer (calls)
--   Calls whose charge text cannot be parsed.
-- column: charge decimal (units of charge_currency)
--   Amount allocated to the queue; NULL if there are calls but no charge is known.
-- column: difference decimal (units of charge_currency)
--   On the total: queues + other + unallocated - total, exactly 0. NULL on other lines.
-- column: part text
--   On 'unallocated': 'outbound without queue', 'inbound without queue', 'without queue' for calls
--   of unknown direction, 'legs without queue' for amounts of legs without a queue or of no leg, or
--   'no usable legs'. NULL on other lines.
WITH summed AS (
    SELECT
        local_period(start_time, $per, $timezone) AS period,
        charge_currency,
        is_charged,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        charge
    FROM call_summary($from, $to, $queue, $per, $timezone)
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
        FROM call_summary($from, $to, $queue, 'all')
    ) AS gathered
),
visits AS (
    SELECT
        local_period(start_time, $per, $timezone) AS period,
        CASE WHEN in_queues($queue, queue_id) THEN 'queue' ELSE 'other' END AS line,
        queue_id,
        direction,
        charge_currency,
        is_charged,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        charge AS charge_without_queue,
        CASE $attribution
            WHEN 'legs' THEN charge_legs
            WHEN 'split' THEN charge_split
            WHEN 'first' THEN charge_first
            WHEN 'last' THEN charge_last
            ELSE charge_auto
        END AS charge,
        -- Amounts of calls whose legs are used, but not by a queue.
        outside_auto AS outside_legs,
        outside_auto_calls AS outside_legs_calls,
        -- Amounts of calls whose legs cannot be used.
        outside_legs - coalesce(outside_auto, 0) AS no_legs,
        outside_legs_calls - outside_auto_calls AS no_legs_calls
    FROM queue_summary($from, $to, $queue, $per, $timezone)
),
figures AS (
    SELECT
        line,
        NULL AS part,
        period,
        CASE line WHEN 'queue' THEN queue_id END AS queue_id,
        charge_currency,
        is_charged,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        charge
    FROM visits
    WHERE queue_id IS NOT NULL
    UNION ALL
    SELECT
        'unallocated' AS line,
        'legs without queue' AS part,
        period,
        NULL AS queue_id,
        charge_currency,
        is_charged,
        outside_legs_calls AS calls,
        outside_legs_calls AS calls_with_charge,
        0 AS calls_with_unreadable_charge,
        outside_legs AS charge
    FROM visits
    WHERE $attribution IN ('auto', 'legs') AND queue_id IS NOT NULL AND outside_legs_calls > 0
    UNION ALL
    SELECT
        'unallocated' AS line,
        'no usable legs' AS part,
        period,
        NULL AS queue_id,
        charge_currency,
        is_charged,
        no_legs_calls AS calls,
        no_legs_calls AS calls_with_charge,
        0 AS calls_with_unreadable_charge,
        no_legs AS charge
    FROM visits
    WHERE $attribution = 'legs' AND queue_id IS NOT NULL AND no_legs_calls > 0
    UNION ALL
    SELECT
        'unallocated' AS line,
        CASE direction
            WHEN 'outbound' THEN 'outbound without queue'
            WHEN 'inbound' THEN 'inbound without queue'
            ELSE 'without queue'
        END AS part,
        period,
        NULL AS queue_id,
        charge_currency,
        is_charged,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        charge_without_queue AS charge
    FROM visits
    WHERE queue_id IS NULL
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS part,
        period,
        NULL AS queue_id,
        charge_currency,
        is_charged,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        charge
    FROM summed
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS part,
        cell AS period,
        NULL AS queue_id,
        charge_currency,
        true AS is_charged,
        0 AS calls,
        0 AS calls_with_charge,
        0 AS calls_with_unreadable_charge,
        NULL AS charge
    FROM currencies
    CROSS JOIN (SELECT unnest(local_periods($from, $to, $per, $timezone)) AS cell) AS cells
),
lines AS (
    -- With the calls without a charge in the currency of most charges.
    SELECT
        line,
        part,
        period,
        queue_id,
        CASE WHEN is_charged THEN charge_currency ELSE code END AS charge_currency,
        sum(calls) AS calls,
        sum(calls - calls_with_charge - calls_with_unreadable_charge) AS calls_without_charge,
        sum(calls_with_unreadable_charge) AS calls_with_unreadable_charge,
        CASE sum(calls) WHEN 0 THEN 0 ELSE sum(charge) END AS charge
    FROM figures
    CROSS JOIN main_currency
    GROUP BY line, part, period, queue_id, CASE WHEN is_charged THEN charge_currency ELSE code END
)
SELECT
    line,
    period,
    queue_id,
    named.name AS queue_name,
    charge_currency,
    calls,
    calls_without_charge,
    calls_with_unreadable_charge,
    charge,
    CASE
        WHEN line = 'total' THEN coalesce(
            sum(CASE line WHEN 'total' THEN -charge ELSE charge END) OVER (PARTITION BY period, charge_currency),
            0
        )
    END AS difference,
    part
FROM lines
LEFT JOIN last_names('queue', $from, $to) AS named ON named.id = lines.queue_id
ORDER BY
    period,
    charge_currency NULLS LAST,
    CASE line WHEN 'queue' THEN 0 WHEN 'other' THEN 1 WHEN 'unallocated' THEN 2 ELSE 3 END,
    CASE part
        WHEN 'outbound without queue' THEN 0
        WHEN 'inbound without queue' THEN 1
        WHEN 'without queue' THEN 2
        WHEN 'legs without queue' THEN 3
        ELSE 4
    END,
    queue_name,
    queue_id
