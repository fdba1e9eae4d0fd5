-- title: Which charges are not minutes times rate?
-- description:
--   Compares each per-minute charge with started minutes x rate, and lists the charges that differ
--   with both amounts. Nothing is corrected.
--
--   If a leg of a call has a charge, each leg is checked against its own rate. Otherwise the call
--   is checked, with or without legs, if it has exactly one rate. The minutes of a call run on
--   through its legs: a started minute counts once, in the leg in which it starts. With
--   minutes=leg, the seconds of each leg are rounded up to minutes instead.
--
--   A charge is checked if its type is per_minute, its rate, currency and seconds are known, and
--   the rate is in the same currency. All other charges count as unchecked, under the first reason
--   that applies. If nothing was checked, the number of mismatches is NULL, not 0, and the outcome
--   is 'not checked' with the number of unchecked charges. Calls without a readable charge count in
--   the lines of the currency that most charges have.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of started.
-- parameter: queue queues =
--   Queue ids or names: only calls through one of these queues count. A name matches every queue
--   that ever had it. Default: all queues.
-- parameter: minutes text = call in call, leg
--   Rounding to started minutes: through all legs of the call, or for each leg separately.
-- column: line text
--   'mismatch', 'unchecked' for each reason, or 'total' for each currency.
-- column: engagement_id text (id)
--   Id of the call.
-- column: started text
--   Local start time of the call, as YYYY-MM-DD HH:MM:SS.
-- column: leg integer (place)
--   Position of the leg in the call, from 1; NULL if the call was checked.
-- column: charge_currency text
--   ISO 4217 code; NULL if it is unknown or no call has a charge.
-- column: reason text
--   On unchecked: reason why these charges could not be checked.
-- column: seconds integer (s)
--   Duration of the call or leg.
-- column: minutes integer (min)
--   Started minutes of the call or leg.
-- column: rate decimal (units of charge_currency per min)
--   Price per minute.
-- column: expected decimal (units of charge_currency)
--   minutes x rate; on the total, the sum over all checked charges.
-- column: charge decimal (units of charge_currency)
--   Charge as fetched; on the total, the sum over all checked charges.
-- column: difference decimal (units of charge_currency)
--   charge - expected.
-- column: checked integer (charges)
--   On the total: checked charges.
-- column: mismatches integer (charges)
--   On the total: checked charges that differ; NULL if none was checked.
-- column: unchecked integer (charges)
--   On unchecked and the total: calls or legs that could not be checked.
-- column: outcome text
--   On the total: the result in words, such as '2 of 576 differ' or 'not checked (576)'.
WITH selected AS (
    SELECT
        engagement_id,
        start_time,
        total_duration,
        rates,
        charge_type,
        charge,
        charge_amount,
        charge_currency,
        voice_call_details AS legs
    FROM voice_calls
    WHERE
        start_time >= $from
        AND start_time < $to
        AND through_queues($queue, queues, voice_call_details)
),
main_currency AS (
    -- The currency of most charges; its lines include the calls without a readable charge.
    SELECT first_value(charge_currency ORDER BY charged DESC, charge_currency) AS code
    FROM (
        SELECT charge_currency, sum(calls_with_charge) AS charged
        FROM call_summary($from, $to, $queue, 'all')
        WHERE charge_currency IS NOT NULL
        GROUP BY charge_currency
    ) AS known
),
items AS (
    SELECT
        engagement_id,
        start_time,
        CAST(NULL AS BIGINT) AS leg,
        total_duration AS seconds,
        CAST(0 AS BIGINT) AS elapsed,
        coalesce(cardinality(rates), 0) AS rate_count,
        CASE WHEN cardinality(rates) = 1 THEN nonblank(rates[1]) END AS rate,
        charge_type,
        charge,
        charge_amount,
        charge_currency
    FROM selected
    WHERE leg_totals(legs)['charged'] = 0
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
            -- The first leg starts with the call. For any other leg without a start time, the
            -- position of its minutes within the call is unknown: NULL.
            WHEN ordinal = 1 THEN 0
        END AS elapsed,
        1 AS rate_count,
        nonblank(leg['rate']) AS rate,
        leg['charge_type'] AS charge_type,
        leg['charge'] AS charge,
        leg['charge_amount'] AS charge_amount,
        leg['charge_currency'] AS charge_currency
    FROM (
        SELECT
            engagement_id,
            start_time,
            unnest(legs) AS leg,
            unnest(generate_series(1, CAST(cardinality(legs) AS BIGINT))) AS ordinal
        FROM selected
        WHERE leg_totals(legs)['charged'] > 0
    ) AS unnested
),
priced AS (
    SELECT *, price(rate) AS price FROM items
),
judged AS (
    SELECT
        engagement_id,
        start_time,
        leg,
        charge_currency,
        seconds,
        -- (elapsed + seconds + 59) / 60 - (elapsed + 59) / 60, written so that it cannot overflow.
        seconds / 60 + (elapsed % 60 + seconds % 60 + 59) / 60 - (elapsed % 60 + 59) / 60 AS minutes,
        price['amount'] AS rate,
        charge_amount,
        CASE
            WHEN charge_amount IS NULL AND nonblank(charge) IS NULL THEN 'no charge'
            WHEN charge_amount IS NULL THEN 'charge not readable'
            WHEN charge_currency IS NULL THEN 'currency of the charge not known'
            WHEN charge_type IS NULL OR charge_type <> 'per_minute' THEN 'not charged per minute'
            WHEN rate_count > 1 THEN 'several rates'
            WHEN rate IS NULL THEN 'no rate'
            WHEN price['amount'] IS NULL THEN 'rate not readable'
            WHEN price['currency'] IS NULL THEN 'currency of the rate not known'
            WHEN price['currency'] <> charge_currency THEN 'rate in another currency'
            WHEN seconds IS NULL THEN 'no duration'
            WHEN seconds < 0 THEN 'duration below zero'
            WHEN elapsed IS NULL THEN 'start of the leg not known'
        END AS reason
    FROM priced
),
compared AS (
    SELECT
        engagement_id,
        start_time,
        leg,
        CASE WHEN charge_amount IS NULL THEN code ELSE charge_currency END AS charge_currency,
        reason,
        -- Decimals: the sum of the durations can exceed 64 bits.
        CAST(CASE WHEN reason IS NULL THEN seconds END AS DECIMAL(38, 0)) AS seconds,
        CAST(CASE WHEN reason IS NULL THEN minutes END AS DECIMAL(38, 0)) AS minutes,
        rate,
        CAST(CASE WHEN reason IS NULL THEN minutes * rate END AS DECIMAL(38, 6)) AS expected,
        CASE WHEN reason IS NULL THEN charge_amount END AS charge
    FROM judged
    CROSS JOIN main_currency
),
lines AS (
    SELECT
        'mismatch' AS line,
        engagement_id,
        start_time,
        leg,
        charge_currency,
        NULL AS reason,
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
        'unchecked' AS line,
        NULL AS engagement_id,
        NULL AS start_time,
        NULL AS leg,
        charge_currency,
        reason,
        NULL AS seconds,
        NULL AS minutes,
        NULL AS rate,
        NULL AS expected,
        NULL AS charge,
        NULL AS checked,
        NULL AS mismatches,
        count(*) AS unchecked
    FROM compared
    WHERE reason IS NOT NULL
    GROUP BY charge_currency, reason
    UNION ALL
    SELECT
        'total' AS line,
        NULL AS engagement_id,
        NULL AS start_time,
        NULL AS leg,
        charge_currency,
        NULL AS reason,
        sum(seconds) AS seconds,
        sum(minutes) AS minutes,
        NULL AS rate,
        sum(expected) AS expected,
        sum(charge) AS charge,
        count(*) FILTER (WHERE reason IS NULL) AS checked,
        nullif(count(*) FILTER (WHERE charge <> expected), CASE WHEN count(expected) = 0 THEN 0 END) AS mismatches,
        count(reason) AS unchecked
    FROM compared
    GROUP BY charge_currency
    UNION ALL
    -- Ensures a total even if there are no calls.
    SELECT
        'total' AS line,
        NULL AS engagement_id,
        NULL AS start_time,
        NULL AS leg,
        NULL AS charge_currency,
        NULL AS reason,
        NULL AS seconds,
        NULL AS minutes,
        NULL AS rate,
        NULL AS expected,
        NULL AS charge,
        0 AS checked,
        NULL AS mismatches,
        0 AS unchecked
    FROM (SELECT count(*) AS calls FROM selected) AS counted
    WHERE counted.calls = 0
)
SELECT
    line,
    engagement_id,
    to_char(local_time(start_time, $timezone), '%Y-%m-%d %H:%M:%S') AS started,
    leg,
    charge_currency,
    reason,
    seconds,
    minutes,
    rate,
    expected,
    charge,
    charge - expected AS difference,
    checked,
    mismatches,
    unchecked,
    CASE
        WHEN line <> 'total' THEN NULL
        WHEN checked = 0 AND unchecked = 0 THEN 'nothing to check'
        WHEN checked = 0 THEN concat('not checked (', CAST(unchecked AS VARCHAR), ')')
        WHEN unchecked = 0
            THEN concat(CAST(mismatches AS VARCHAR), ' of ', CAST(checked AS VARCHAR), ' differ')
        ELSE concat(
            CAST(mismatches AS VARCHAR),
            ' of ',
            CAST(checked AS VARCHAR),
            ' differ, ',
            CAST(unchecked AS VARCHAR),
            ' not checked'
        )
    END AS outcome
FROM lines
ORDER BY
    charge_currency NULLS LAST,
    CASE line WHEN 'mismatch' THEN 0 WHEN 'unchecked' THEN 1 ELSE 2 END,
    start_time,
    engagement_id,
    leg,
    reason
