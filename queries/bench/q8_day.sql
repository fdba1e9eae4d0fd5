-- title: What happened on one day?
-- description:
--   Figures of one day for a dashboard, in sections: all calls, by result, by UTC hour, and charges
--   by currency.
-- parameter: day_from timestamp
--   Start of the day, inclusive.
-- parameter: day_to timestamp
--   End of the day, exclusive.
-- column: section text
--   all, currency, hour or result.
-- column: label text
--   Result; hour as 00 to 23; currency. NULL for all calls, and for calls without a value.
-- column: calls integer (calls)
--   Calls that started on the day.
-- column: mean_duration number (s)
--   Mean duration of the calls of known duration.
-- column: charge decimal (units of the currency)
--   Sum of the charges in the section currency, else NULL: currencies cannot be added up.
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
