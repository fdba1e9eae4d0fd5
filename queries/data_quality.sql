-- title: What is missing or odd in the calls?
-- description:
--   Calls found by each check, and their share. A finding is not an error: an unanswered call has
--   no agent, and a call over a customer's own carrier has no charge. A share that changes from one
--   day to the next is worth a look; a large share limits the accuracy of the other queries. Blank
--   text counts as missing.
--
--   'result not classified': the view result_classes does not list the result or has it as
--   unclassified. 'duration that cannot be': longer than the time from the year 2000 until the
--   fetch. 'durations of legs that cannot be': the same for one leg or for all legs together, or a
--   negative duration. 'duration is not end - start' tolerates differences below a second. 'fields
--   that no column takes': fields of the API that this version does not know; they are kept in the
--   column extra.
--
--   'engagement_id under several start times': calls that may be the same call. The lines 'at
--   stake' show the charges that may be counted more than once, by currency: the charges of all
--   calls of an engagement_id but the last. Only calls of the period are compared, because only
--   these are part of its sums.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days, weeks and months.
-- parameter: queue queues =
--   Queue ids or names: only calls through one of these queues count. A name matches every queue
--   that ever had it. Default: all queues.
-- parameter: per text = all in all, month, week, day
--   Granularity: the whole period, or local months, ISO weeks or days.
-- column: line text
--   'check', 'at stake', or 'total' for all calls of the period.
-- column: period text
--   Local month as YYYY-MM, ISO week as YYYY-Www or day as YYYY-MM-DD in which the calls started;
--   'all' for the whole period.
-- column: check text
--   Name of the check.
-- column: calls integer (calls)
--   Calls that the check found; on the total, all calls.
-- column: share decimal (share, 0 to 1) = calls / total calls
--   Share of all calls of the period, to six digits; NULL if there are no calls.
-- column: charge_currency text
--   On 'at stake': ISO 4217 code; NULL if it is unknown or there is no charge.
-- column: charge decimal (units of charge_currency)
--   On 'at stake': sum of the charges; NULL if no charge is known.
WITH selected AS (
    SELECT
        *,
        local_period(start_time, $per, $timezone) AS period,
        leg_totals(voice_call_details) AS leg_seconds,
        -- Seconds from the year 2000 until the fetch.
        CAST(fetched_at AS BIGINT) / 1000 - 946684800 AS longest
    FROM calls
    WHERE
        start_time >= $from
        AND start_time < $to
        AND through_queues($queue, queues, voice_call_details)
),
counted AS (
    SELECT
        period,
        count(*) AS calls,
        make_array(
            count(*) FILTER (WHERE nonblank(direction) IS NULL),
            count(*) FILTER (WHERE nonblank(result) IS NULL),
            count(*) FILTER (WHERE nonblank(result) IS NOT NULL AND result_class = 'unclassified'),
            count(*) FILTER (WHERE end_time IS NULL),
            count(*) FILTER (WHERE total_duration IS NULL),
            count(*) FILTER (WHERE end_time < start_time),
            count(*) FILTER (WHERE total_duration < 0),
            count(*) FILTER (WHERE total_duration > longest),
            count(*) FILTER (WHERE leg_seconds['shortest'] < 0 OR leg_seconds['longest'] > longest OR leg_seconds['seconds'] > longest),
            count(*) FILTER (
                WHERE abs(
                    CAST(CAST(end_time AS BIGINT) - CAST(start_time AS BIGINT) AS DECIMAL(19, 0))
                    - 1000 * CAST(total_duration AS DECIMAL(19, 0))
                ) >= 1000
            ),
            count(*) FILTER (WHERE charge_amount IS NULL AND nonblank(charge) IS NULL),
            count(*) FILTER (WHERE charge_amount IS NULL AND nonblank(charge) IS NOT NULL),
            count(*) FILTER (WHERE charge_amount IS NOT NULL AND charge_currency IS NULL),
            count(*) FILTER (WHERE nonblank(consumer_number) IS NULL),
            count(*) FILTER (WHERE nonblank(consumer_number) IS NOT NULL AND known_number IS NULL),
            count(*) FILTER (WHERE nonblank(country_name) IS NULL),
            count(*) FILTER (WHERE queue_count = 0),
            count(*) FILTER (WHERE is_offered AND queue_count = 0),
            count(*) FILTER (WHERE agent_count = 0),
            count(*) FILTER (WHERE result_class = 'handled' AND agent_count = 0),
            count(*) FILTER (WHERE leg_seconds['legs'] = 0),
            count(*) FILTER (WHERE extra IS NOT NULL)
        ) AS found
    FROM selected
    GROUP BY period
),
checks (place, name) AS (
    VALUES
    (1, 'no direction'),
    (2, 'no result'),
    (3, 'result not classified'),
    (4, 'no end time'),
    (5, 'no duration'),
    (6, 'end before start'),
    (7, 'duration below zero'),
    (8, 'duration that cannot be'),
    (9, 'durations of legs that cannot be'),
    (10, 'duration is not end - start'),
    (11, 'no charge'),
    (12, 'charge not readable'),
    (13, 'charge without currency'),
    (14, 'no consumer number'),
    (15, 'consumer number hidden'),
    (16, 'no country'),
    (17, 'no queue'),
    (18, 'offered, no queue'),
    (19, 'no agent'),
    (20, 'handled, no agent'),
    (21, 'no legs'),
    (22, 'fields that no column takes')
),
moved_ids AS (
    SELECT engagement_id
    FROM selected
    GROUP BY engagement_id
    HAVING min(start_time) < max(start_time)
),
moved AS (
    SELECT
        period,
        charge_amount,
        charge_currency,
        row_number() OVER (PARTITION BY selected.engagement_id ORDER BY start_time DESC) > 1 AS is_at_stake
    FROM selected
    INNER JOIN moved_ids ON moved_ids.engagement_id = selected.engagement_id
),
cells AS (
    SELECT cell AS period, coalesce(calls, 0) AS calls, found
    FROM (SELECT unnest(local_periods($from, $to, $per, $timezone)) AS cell) AS periods
    LEFT JOIN counted ON counted.period = periods.cell
),
lines AS (
    SELECT
        'check' AS line,
        period,
        place,
        name,
        coalesce(array_element(found, place), 0) AS found,
        calls,
        NULL AS charge_currency,
        CAST(NULL AS DECIMAL(28, 6)) AS charge
    FROM cells
    CROSS JOIN checks
    UNION ALL
    SELECT
        'check' AS line,
        cells.period AS period,
        1 + (SELECT max(place) FROM checks) AS place,
        'engagement_id under several start times' AS name,
        coalesce(found_calls, 0) AS found,
        calls,
        NULL AS charge_currency,
        NULL AS charge
    FROM cells
    LEFT JOIN (SELECT period, count(*) AS found_calls FROM moved GROUP BY period) AS moved_calls
        ON moved_calls.period = cells.period
    UNION ALL
    SELECT
        'at stake' AS line,
        cells.period AS period,
        NULL AS place,
        'engagement_id under several start times' AS name,
        found_calls AS found,
        calls,
        charge_currency,
        moved_charges.charge AS charge
    FROM (
        SELECT period, charge_currency, count(*) AS found_calls, sum(charge_amount) AS charge
        FROM moved
        WHERE is_at_stake
        GROUP BY period, charge_currency
    ) AS moved_charges
    INNER JOIN cells ON cells.period = moved_charges.period
    UNION ALL
    SELECT
        'total' AS line,
        period,
        NULL AS place,
        NULL AS name,
        calls AS found,
        calls,
        NULL AS charge_currency,
        NULL AS charge
    FROM cells
)
SELECT
    line,
    period,
    name AS check,
    found AS calls,
    CAST(
        CAST(found AS DECIMAL(38, 16)) / CAST(nullif(calls, 0) AS DECIMAL(20, 0)) AS DECIMAL(9, 6)
    ) AS share,
    charge_currency,
    charge
FROM lines
ORDER BY
    period,
    CASE line WHEN 'check' THEN 0 WHEN 'at stake' THEN 1 ELSE 2 END,
    place,
    charge_currency NULLS LAST
