-- title: What did each queue cost, month by month?
-- description:
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
    queue['queue_name'] AS queue_name,
    to_char(date_trunc('month', start_time), '%Y-%m') AS month,
    charge_currency,
    count(*) AS calls,
    CAST(sum(share) AS DECIMAL(30, 6)) AS charge
FROM (
    SELECT
        unnest(queues) AS queue,
        unnest(equal_shares(charge_amount, cardinality(queues))) AS share,
        charge_currency,
        start_time
    FROM voice_calls
    WHERE charge_amount IS NOT NULL
) AS visits
GROUP BY queue['queue_name'], date_trunc('month', start_time), charge_currency
ORDER BY queue_name, month, charge_currency
