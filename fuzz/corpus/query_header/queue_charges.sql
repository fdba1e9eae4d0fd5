-- title: What did each queue cost?
-- description:
--   Charges by queue and currency, exact to the millionth; amounts in different currencies are never
--   added up. A charge whose currency is not known is a currency of its own, NULL. A call without a
--   charge, or with one that cannot be read, is counted and costs nothing known, which is not the
--   same as 0.
--
--   A call through two queues has one charge. Who bears it is the parameter attribution: legs, each
--   queue bears the charges of the legs in it; split, equal shares in millionths, the remainder to
--   the first queues; first or last, one queue bears all; auto, legs where they tell, else split.
--   Legs tell where the call has a charge, a leg has one, and all are in one currency.
--
--   Where queues are chosen, the calls through any of them count, whole; what their other queues bear
--   is the line 'other'.
--
--   What no queue bears is the line 'unallocated': calls without a queue, what legs do not allot to a
--   queue, and with attribution legs all calls whose legs do not tell. The line 'total' is computed
--   from calls alone; its difference shows that queues + other + unallocated - total is exactly 0.
--   It is there for each period, with 0 where there was no call.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days and months.
-- parameter: queue queues =
--   Ids or names of queues: only calls through one of them count. A name stands for every queue
--   that ever had it. None given means all.
-- parameter: attribution text = auto in auto, legs, split, first, last
--   Which of its queues bears a call's charge.
-- parameter: per text = all in all, month, week, day
--   What to tell apart: nothing, or local months, ISO weeks or days.
-- column: line text
--   'queue', 'other', 'unallocated' or 'total'.
-- column: period text
--   The local month as YYYY-MM, ISO week as YYYY-Www or day as YYYY-MM-DD in which the calls
--   started; 'all' for the whole.
-- column: queue_id text (id)
--   The queue's id.
-- column: queue_name text
--   The queue's last known name.
-- column: charge_currency text
--   ISO 4217 code; NULL where it is not known or there is no charge.
-- column: calls integer (calls)
--   Calls that passed through the queue; visits to other queues; calls of which something is
--   unallocated; in all.
-- column: calls_without_charge integer (calls)
--   Those among them that have no charge.
-- column: calls_with_unreadable_charge integer (calls)
--   Those among them whose charge is a text that cannot be read.
-- column: charge decimal (units of charge_currency)
--   What the queue bears; NULL where calls are and no charge is known.
-- column: difference decimal (units of charge_currency)
--   On the total: queues + other + unallocated - total, exactly 0. NULL on the rest.
WITH summed AS (
    SELECT
        local_period(start_time, $per, $timezone) AS period,
        charge_currency,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        charge
    FROM call_summary($from, $to, $queue, $per, $timezone)
),
currencies AS (
    -- The currencies of the calls; NULL where there is no call.
    SELECT unnest(or_null_entry(coalesce(found, arrow_cast([], 'List(Utf8)')))) AS charge_currency
    FROM (
        SELECT array_agg(DISTINCT charge_currency) AS found FROM call_summary($from, $to, $queue, 'all')
    ) AS gathered
),
visits AS (
    SELECT
        local_period(start_time, $per, $timezone) AS period,
        CASE WHEN in_queues($queue, queue_id) THEN 'queue' ELSE 'other' END AS line,
        queue_id,
        charge_currency,
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
        CASE $attribution WHEN 'auto' THEN outside_auto WHEN 'legs' THEN outside_legs END AS outside,
        CASE $attribution WHEN 'auto' THEN outside_auto_calls WHEN 'legs' THEN outside_legs_calls END AS outside_calls
    FROM queue_summary($from, $to, $queue, $per, $timezone)
),
figures AS (
    SELECT
        line,
        period,
        CASE line WHEN 'queue' THEN queue_id END AS queue_id,
        charge_currency,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        charge
    FROM visits
    WHERE queue_id IS NOT NULL
    UNION ALL
    SELECT
        'unallocated' AS line,
        period,
        NULL AS queue_id,
        charge_currency,
        outside_calls AS calls,
        outside_calls AS calls_with_charge,
        0 AS calls_with_unreadable_charge,
        outside AS charge
    FROM visits
    WHERE queue_id IS NOT NULL AND outside_calls > 0
    UNION ALL
    SELECT
        'unallocated' AS line,
        period,
        NULL AS queue_id,
        charge_currency,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        charge_without_queue AS charge
    FROM visits
    WHERE queue_id IS NULL
    UNION ALL
    SELECT
        'total' AS line,
        period,
        NULL AS queue_id,
        charge_currency,
        calls,
        calls_with_charge,
        calls_with_unreadable_charge,
        charge
    FROM summed
    UNION ALL
    SELECT
        'total' AS line,
        cell AS period,
        NULL AS queue_id,
        charge_currency,
        0 AS calls,
        0 AS calls_with_charge,
        0 AS calls_with_unreadable_charge,
        NULL AS charge
    FROM currencies
    CROSS JOIN (SELECT unnest(local_periods($from, $to, $per, $timezone)) AS cell) AS cells
),
lines AS (
    SELECT
        line,
        period,
        queue_id,
        charge_currency,
        sum(calls) AS calls,
        sum(calls - calls_with_charge - calls_with_unreadable_charge) AS calls_without_charge,
        sum(calls_with_unreadable_charge) AS calls_with_unreadable_charge,
        CASE sum(calls) WHEN 0 THEN 0 ELSE sum(charge) END AS charge
    FROM figures
    GROUP BY line, period, queue_id, charge_currency
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
    END AS difference
FROM lines
LEFT JOIN last_names('queue', $from, $to) AS named ON named.id = lines.queue_id
ORDER BY
    period,
    charge_currency NULLS LAST,
    CASE line WHEN 'queue' THEN 0 WHEN 'other' THEN 1 WHEN 'unallocated' THEN 2 ELSE 3 END,
    queue_name,
    queue_id
