-- title: What is missing or odd in the calls?
-- description:
--   How many calls each check finds, and their share. A check is no judgement: a call that nobody
--   answered has no agent, and one over a customer's own carrier no charge. What changes from one day to
--   the next is worth a look, and what is large limits what the other questions can tell.
--
--   'result not classified' are results that the view result_classes does not list or does not judge.
--   'duration is not end - start' tolerates what is less than a second. 'fields that no column takes'
--   are ones that the API gave and this version does not know; they are kept in the column extra.
-- parameter: from timestamp
--   Start of the period, inclusive: calls count by their start.
-- parameter: to timestamp
--   End of the period, exclusive.
-- parameter: timezone timezone = UTC
--   Time zone of the days, weeks and months.
-- parameter: queue texts =
--   Ids or names of queues: only calls through one of them count. None given means all.
-- parameter: per text = all in all, month, week, day
--   What to tell apart: nothing, or local months, ISO weeks or days.
-- column: line text
--   'check', or 'total' for all calls of the period.
-- column: period text
--   The local month as YYYY-MM, ISO week as YYYY-Www or day as YYYY-MM-DD in which the calls
--   started; 'all' for the whole.
-- column: check text
--   What was looked for.
-- column: calls integer (calls)
--   Calls in which it was found; on the total, all calls.
-- column: share decimal (share, 0 to 1)
--   Of all calls of the period, to six digits.
WITH counted AS (
    SELECT
        local_period(start_time, $per, $timezone) AS period,
        count(*) AS calls,
        make_array(
            count(*) FILTER (WHERE direction IS NULL),
            count(*) FILTER (WHERE result IS NULL),
            count(*) FILTER (WHERE result IS NOT NULL AND result_class = 'unclassified'),
            count(*) FILTER (WHERE end_time IS NULL),
            count(*) FILTER (WHERE total_duration IS NULL),
            count(*) FILTER (WHERE end_time < start_time),
            count(*) FILTER (WHERE total_duration < 0),
            count(*) FILTER (WHERE abs(CAST(end_time AS BIGINT) - CAST(start_time AS BIGINT) - 1000 * total_duration) >= 1000),
            count(*) FILTER (WHERE charge IS NULL OR trim(charge) = ''),
            count(*) FILTER (WHERE trim(charge) <> '' AND charge_amount IS NULL),
            count(*) FILTER (WHERE charge_amount IS NOT NULL AND charge_currency IS NULL),
            count(*) FILTER (WHERE consumer_number IS NULL OR trim(consumer_number) = ''),
            count(*) FILTER (WHERE trim(consumer_number) <> '' AND known_number IS NULL),
            count(*) FILTER (WHERE country_name IS NULL),
            count(*) FILTER (WHERE queue_count = 0),
            count(*) FILTER (WHERE is_offered AND queue_count = 0),
            count(*) FILTER (WHERE agent_count = 0),
            count(*) FILTER (WHERE result_class = 'handled' AND agent_count = 0),
            count(*) FILTER (WHERE coalesce(cardinality(voice_call_details), 0) = 0),
            count(*) FILTER (WHERE extra IS NOT NULL)
        ) AS found
    FROM calls
    WHERE
        start_time >= $from
        AND start_time < $to
        AND through_queues($queue, queues, voice_call_details)
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
    (8, 'duration is not end - start'),
    (9, 'no charge'),
    (10, 'charge not readable'),
    (11, 'charge without currency'),
    (12, 'no consumer number'),
    (13, 'consumer number hidden'),
    (14, 'no country'),
    (15, 'no queue'),
    (16, 'offered, no queue'),
    (17, 'no agent'),
    (18, 'handled, no agent'),
    (19, 'no legs'),
    (20, 'fields that no column takes')
),
lines AS (
    SELECT 'check' AS line, period, place, name, array_element(found, place) AS found, calls
    FROM counted
    CROSS JOIN checks
    UNION ALL
    SELECT 'total' AS line, period, NULL AS place, NULL AS name, calls AS found, calls
    FROM counted
)
SELECT
    line,
    period,
    name AS check,
    found AS calls,
    CAST(
        CAST(found AS DECIMAL(38, 16)) / CAST(nullif(calls, 0) AS DECIMAL(20, 0)) AS DECIMAL(9, 6)
    ) AS share
FROM lines
ORDER BY period, CASE line WHEN 'check' THEN 0 ELSE 1 END, place
