-- title: What did each queue cost?
-- description:
--   Charges by queue and currency, exact to the millionth; amounts in different currencies are never
--   added up. A charge whose currency is not known is a currency of its own, NULL; a call without a
--   charge is counted and costs nothing known, which is not the same as 0.
--
--   A call through two queues has one charge. Who bears it is the parameter attribution: legs, each
--   queue bears the charges of the legs in it; split, equal shares in millionths, the remainder to
--   the first queues; first or last, one queue bears all; auto, legs where they tell, else split.
--   Legs tell where the call has a charge, a leg has one, and all are in one currency.
--
--   What no queue bears is the line 'unallocated': calls without a queue, what legs do not allot to a
--   queue, and with attribution legs all calls whose legs do not tell. The line 'total' is computed
--   from calls alone; its difference shows that queues + unallocated - total is exactly 0.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days and months.
-- parameter: attribution text = auto in auto, legs, split, first, last
--   Which of its queues bears a call's charge.
-- parameter: per text = all in all, month, day
--   What to tell apart: nothing, local months, or local days.
-- column: line text
--   'queue', 'unallocated' or 'total'.
-- column: period text
--   The local month as YYYY-MM or day as YYYY-MM-DD in which the calls started; 'all' for the whole.
-- column: queue_id text (id)
--   The queue's id.
-- column: queue_name text
--   The queue's last known name.
-- column: charge_currency text
--   ISO 4217 code; NULL where it is not known or there is no charge.
-- column: calls integer (calls)
--   Calls that passed through the queue; of which something is unallocated; in all.
-- column: calls_without_charge integer (calls)
--   Those among them for which no charge is known.
-- column: charge decimal (units of charge_currency)
--   What the queue bears; NULL where no charge is known.
-- column: difference decimal (units of charge_currency)
--   On the total: queues + unallocated - total, exactly 0. NULL on other lines.
WITH visits AS (
    SELECT
        CASE $per
            WHEN 'month' THEN to_char(local_time(start_time, $timezone), '%Y-%m')
            WHEN 'day' THEN to_char(local_time(start_time, $timezone), '%Y-%m-%d')
            ELSE 'all'
        END AS period,
        queue_id,
        queue_name,
        queue_ordinal,
        charge_currency,
        start_time,
        charge_amount,
        CASE $attribution
            WHEN 'legs' THEN charge_legs
            WHEN 'split' THEN charge_split
            WHEN 'first' THEN CASE WHEN queue_ordinal = 1 THEN charge_amount ELSE 0 * charge_amount END
            WHEN 'last' THEN CASE WHEN queue_ordinal = queue_count THEN charge_amount ELSE 0 * charge_amount END
            ELSE coalesce(charge_legs, charge_split)
        END AS charge,
        CASE
            WHEN $attribution IN ('auto', 'legs') AND charge_legs IS NOT NULL THEN charge_outside_queues
            WHEN $attribution = 'legs' AND queue_ordinal = 1 THEN charge_amount
        END AS unallocated
    FROM queue_calls
    WHERE start_time >= $from AND start_time < $to
),
leftovers AS (
    SELECT period, charge_currency, unallocated AS charge
    FROM visits
    WHERE unallocated <> 0
    UNION ALL
    SELECT
        CASE $per
            WHEN 'month' THEN to_char(local_time(start_time, $timezone), '%Y-%m')
            WHEN 'day' THEN to_char(local_time(start_time, $timezone), '%Y-%m-%d')
            ELSE 'all'
        END AS period,
        charge_currency,
        charge_amount
    FROM calls
    WHERE queue_count = 0 AND start_time >= $from AND start_time < $to
),
lines AS (
    SELECT
        'queue' AS line,
        period,
        queue_id,
        last_value(queue_name ORDER BY start_time, queue_name)
            FILTER (WHERE queue_name IS NOT NULL) AS queue_name,
        charge_currency,
        count(*) AS calls,
        count(*) - count(charge_amount) AS calls_without_charge,
        sum(charge) AS charge
    FROM visits
    GROUP BY period, queue_id, charge_currency
    UNION ALL
    SELECT
        'unallocated' AS line,
        period,
        NULL AS queue_id,
        NULL AS queue_name,
        charge_currency,
        count(*),
        count(*) - count(charge),
        sum(charge)
    FROM leftovers
    GROUP BY period, charge_currency
    UNION ALL
    SELECT
        'total' AS line,
        period,
        NULL AS queue_id,
        NULL AS queue_name,
        charge_currency,
        count(*),
        count(*) - count(charge_amount),
        sum(charge_amount)
    FROM (
        SELECT
            CASE $per
                WHEN 'month' THEN to_char(local_time(start_time, $timezone), '%Y-%m')
                WHEN 'day' THEN to_char(local_time(start_time, $timezone), '%Y-%m-%d')
                ELSE 'all'
            END AS period,
            charge_currency,
            charge_amount
        FROM voice_calls
        WHERE start_time >= $from AND start_time < $to
    ) AS dated
    GROUP BY period, charge_currency
)
SELECT
    line,
    period,
    queue_id,
    queue_name,
    charge_currency,
    calls,
    calls_without_charge,
    charge,
    CASE
        WHEN line = 'total' THEN coalesce(
            sum(CASE line WHEN 'total' THEN -charge ELSE charge END) OVER (PARTITION BY period, charge_currency),
            0
        )
    END AS difference
FROM lines
ORDER BY
    period,
    charge_currency NULLS LAST,
    CASE line WHEN 'queue' THEN 0 WHEN 'unallocated' THEN 1 ELSE 2 END,
    queue_name,
    queue_id
