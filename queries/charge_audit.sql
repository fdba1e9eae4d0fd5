-- title: Which charges are not minutes times rate?
-- description:
--   Charges per minute, checked: expected = minutes begun x rate. Where they differ, the charge is listed
--   with both; nothing is corrected.
--
--   Where legs were fetched, each leg with a charge is checked by its own rate; else the call is, if it
--   has one rate. A call's minutes run through its legs, so that a minute begun counts in the leg in
--   which it began, once; with minutes=leg each leg's own seconds are rounded up instead.
--
--   Checked are charges of the type per_minute whose rate, currency and seconds are known. All others are
--   counted as unchecked: no charge, no or several rates, another type, a rate in another currency. So
--   is, with minutes=call, a leg after the first that does not say when it began.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of started.
-- parameter: queue texts =
--   Ids or names of queues: only calls through one of them count. None given means all.
-- parameter: minutes text = call in call, leg
--   Whether minutes run through a call's legs or begin anew in each.
-- column: line text
--   'mismatch', or 'total' for each currency.
-- column: engagement_id text (id)
--   The call.
-- column: started text
--   When it began by the local clock, as YYYY-MM-DD HH:MM:SS.
-- column: leg integer (place)
--   Place of the leg among the call's legs, from 1; NULL where the call was checked.
-- column: charge_currency text
--   ISO 4217 code; NULL where it is not known or there is no charge.
-- column: seconds integer (s)
--   Seconds of the call or leg.
-- column: minutes integer (min)
--   Minutes begun in it.
-- column: rate decimal (units of charge_currency per min)
--   The rate.
-- column: expected decimal (units of charge_currency)
--   minutes x rate; on the total, of all that was checked.
-- column: charge decimal (units of charge_currency)
--   The charge as given; on the total, of all that was checked.
-- column: difference decimal (units of charge_currency)
--   charge - expected.
-- column: checked integer (charges)
--   On the total: charges that were checked.
-- column: mismatches integer (charges)
--   On the total: those among them that differ.
-- column: unchecked integer (charges)
--   On the total: calls or legs that could not be checked.
WITH asked AS (
    SELECT
        engagement_id,
        start_time,
        total_duration,
        rates,
        charge_type,
        charge_amount,
        charge_currency,
        voice_call_details AS legs,
        cardinality(voice_call_details) AS leg_count
    FROM voice_calls
    WHERE
        start_time >= $from
        AND start_time < $to
        AND through_queues($queue, queues, voice_call_details)
),
items AS (
    SELECT
        engagement_id,
        start_time,
        CAST(NULL AS BIGINT) AS leg,
        total_duration AS seconds,
        CAST(0 AS BIGINT) AS elapsed,
        CASE WHEN cardinality(rates) = 1 THEN price(rates[1]) END AS price,
        charge_type,
        charge_amount,
        charge_currency
    FROM asked
    -- Not `coalesce(leg_count, 0) = 0`, for which the engine decodes all that is known of legs before it counts them.
    WHERE (leg_count > 0) IS NOT TRUE
    UNION ALL
    SELECT
        engagement_id,
        start_time,
        ordinal AS leg,
        leg['total_duration'] AS seconds,
        CASE
            WHEN $minutes = 'leg' THEN 0
            WHEN leg['start_time'] IS NOT NULL
                THEN greatest((CAST(leg['start_time'] AS BIGINT) - CAST(start_time AS BIGINT)) / 1000, 0)
            -- The first leg begins with the call; of another, NULL: which of its minutes are begun is not known.
            WHEN ordinal = 1 THEN 0
        END AS elapsed,
        price(leg['rate']) AS price,
        leg['charge_type'] AS charge_type,
        leg['charge_amount'] AS charge_amount,
        leg['charge_currency'] AS charge_currency
    FROM (
        SELECT
            engagement_id,
            start_time,
            unnest(legs) AS leg,
            unnest(generate_series(1, CAST(leg_count AS BIGINT))) AS ordinal
        FROM asked
        WHERE leg_count > 0
    ) AS unnested
),
judged AS (
    SELECT
        engagement_id,
        start_time,
        leg,
        charge_currency,
        seconds,
        (elapsed + seconds + 59) / 60 - (elapsed + 59) / 60 AS minutes,
        price['amount'] AS rate,
        charge_amount,
        coalesce(
            charge_type = 'per_minute'
            AND seconds >= 0
            AND elapsed IS NOT NULL
            AND charge_amount IS NOT NULL
            AND price['amount'] IS NOT NULL
            AND price['currency'] IS NOT DISTINCT FROM charge_currency,
            false
        ) AS is_checked
    FROM items
),
compared AS (
    SELECT
        *,
        CAST(CASE WHEN is_checked THEN minutes * rate END AS DECIMAL(24, 6)) AS expected,
        CASE WHEN is_checked THEN charge_amount END AS charge
    FROM judged
),
lines AS (
    SELECT
        'mismatch' AS line,
        engagement_id,
        start_time,
        leg,
        charge_currency,
        seconds,
        minutes,
        rate,
        expected,
        CAST(charge AS DECIMAL(28, 6)) AS charge,
        CAST(NULL AS BIGINT) AS checked,
        CAST(NULL AS BIGINT) AS mismatches,
        CAST(NULL AS BIGINT) AS unchecked
    FROM compared
    WHERE charge <> expected
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS engagement_id,
        NULL AS start_time,
        NULL AS leg,
        charge_currency,
        sum(seconds) FILTER (WHERE is_checked) AS seconds,
        sum(minutes) FILTER (WHERE is_checked) AS minutes,
        NULL AS rate,
        sum(expected) AS expected,
        sum(charge) AS charge,
        count(*) FILTER (WHERE is_checked) AS checked,
        count(*) FILTER (WHERE charge <> expected) AS mismatches,
        count(*) FILTER (WHERE NOT is_checked) AS unchecked
    FROM compared
    GROUP BY charge_currency
)
SELECT
    line,
    engagement_id,
    to_char(local_time(start_time, $timezone), '%Y-%m-%d %H:%M:%S') AS started,
    leg,
    charge_currency,
    seconds,
    minutes,
    rate,
    expected,
    charge,
    charge - expected AS difference,
    checked,
    mismatches,
    unchecked
FROM lines
ORDER BY charge_currency NULLS LAST, line, start_time, engagement_id, leg
