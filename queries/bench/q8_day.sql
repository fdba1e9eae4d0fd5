-- title: What happened on one day?
-- description:
--   A day's figures as a dashboard shows them, in sections: all calls, by result, by UTC hour, and what they cost
--   by currency.
-- parameter: day_from timestamp
--   Start of the day, inclusive.
-- parameter: day_to timestamp
--   End of the day, exclusive.
-- column: section text
--   all, currency, hour or result.
-- column: label text
--   The result; the hour as 00 to 23; the currency. NULL for all calls, and where there is none.
-- column: calls integer (calls)
--   Calls that began on the day.
-- column: mean_duration number (s)
--   Their mean duration, of those that have one.
-- column: charge decimal (units of the currency)
--   Their charges added up, in the section currency; else NULL, since currencies do not add up.
WITH day AS (
    SELECT
        result,
        lpad(CAST(CAST(extract(hour FROM start_time) AS INT) AS TEXT), 2, '0') AS hour,
        charge_currency,
        total_duration,
        charge_amount
    FROM voice_calls
    WHERE start_time >= $day_from AND start_time < $day_to
),
sections AS (
    SELECT
        CASE
            WHEN grouping(result) = 0 THEN 'result'
            WHEN grouping(hour) = 0 THEN 'hour'
            WHEN grouping(charge_currency) = 0 THEN 'currency'
            ELSE 'all'
        END AS section,
        coalesce(result, hour, charge_currency) AS label,
        count(*) AS calls,
        avg(total_duration) AS mean_duration,
        sum(charge_amount) AS charge
    FROM day
    GROUP BY GROUPING SETS ((result), (hour), (charge_currency), ())
)
SELECT section, label, calls, mean_duration, CASE WHEN section = 'currency' THEN charge END AS charge
FROM sections
ORDER BY section, label
