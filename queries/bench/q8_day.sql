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
WITH cells AS (
    SELECT
        result,
        extract(hour FROM start_time) AS hour,
        charge_currency,
        count(*) AS calls,
        count(total_duration) AS timed,
        sum(total_duration) AS duration,
        sum(charge_amount) AS charge
    FROM voice_calls
    WHERE start_time >= $day_from AND start_time < $day_to
    GROUP BY result, hour, charge_currency
)
SELECT
    CASE
        WHEN grouping(result) = 0 THEN 'result'
        WHEN grouping(hour) = 0 THEN 'hour'
        WHEN grouping(charge_currency) = 0 THEN 'currency'
        ELSE 'all'
    END AS section,
    coalesce(result, lpad(CAST(hour AS TEXT), 2, '0'), charge_currency) AS label,
    coalesce(sum(calls), 0) AS calls,
    CAST(sum(duration) AS DOUBLE) / nullif(sum(timed), 0) AS mean_duration,
    CASE WHEN grouping(charge_currency) = 0 THEN sum(charge) END AS charge
FROM cells
GROUP BY GROUPING SETS ((result), (hour), (charge_currency), ())
ORDER BY section, label
