-- title: What did each queue cost, month by month?
-- description:
--   Uses daily summaries. They count a queue once per call, even if only a leg names it. This
--   equals the number of its entries if each call names each of its queues once.
--
--   Over the whole lake, by UTC month of the start. The charge of a call is split equally among the
--   entries of its queues in whole millionths. The first entries get one more millionth each until
--   the parts add up to the charge. Calls without a parsable charge or without a queue are left
--   out.
-- column: queue_name text
--   Name of the queue; NULL if the call does not name it.
-- column: month text
--   Month as YYYY-MM.
-- column: charge_currency text
--   Currency; NULL if the charge names none. Amounts are never added up across currencies.
-- column: calls integer (calls)
--   Calls with a charge.
-- column: charge decimal (units of charge_currency)
--   Amount allocated to the queue.
SELECT
    queue_name,
    to_char(date_trunc('month', start_time), '%Y-%m') AS month,
    charge_currency,
    sum(calls_with_charge) AS calls,
    sum(charge_split) AS charge
FROM queue_summary('2000-01-01', '2200-01-01', [], 'month')
WHERE calls_with_charge > 0 AND queue_id IS NOT NULL
GROUP BY queue_name, date_trunc('month', start_time), charge_currency
ORDER BY queue_name, month, charge_currency
