-- title: What did each queue cost, month by month?
-- description:
--   From daily summaries. Those count a queue once in a call, also where only a leg names it, which is the same
--   as its entries where each call names each of its queues once.
--
--   Over the whole lake, by UTC month of the start. The charge of a call is split equally among the entries of
--   its queues in whole millionths, the remainder one millionth each to the first ones, so that the parts
--   add up to the charge. Calls without a readable charge or without a queue are left out.
-- column: queue_name text
--   The queue; NULL where the call does not name it.
-- column: month text
--   The month as YYYY-MM.
-- column: charge_currency text
--   The currency; NULL where the charge names none. Amounts are never added up across currencies.
-- column: calls integer (calls)
--   Calls with a charge.
-- column: charge decimal (units of charge_currency)
--   What the queue bears.
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
