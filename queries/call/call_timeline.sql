-- title: What happened during one call?
-- description:
--   The legs of the calls with the given id, by start time. In the column timeline, the width is
--   the time from the start of the call to the end of its last leg.
-- parameter: engagement text
--   Id of the call.
-- column: start_time timestamp
--   Start of the call.
-- column: after integer (s)
--   Time from the start of the call to that of the leg.
-- column: duration integer (s)
--   Duration of the leg.
-- column: timeline text
--   The leg as a bar; empty if its start is unknown.
-- column: direction text
--   inbound or outbound.
-- column: queue_name text
--   Name of the queue of the leg.
-- column: agents text
--   Names of the agents of the leg.
-- column: result text
--   Result of the leg.
-- column: charge_amount decimal (units of charge_currency)
--   Charge of the leg.
-- column: charge_currency text
--   ISO 4217 code of the charge; NULL if its text names none.
WITH legs AS (
    SELECT
        start_time,
        leg_ordinal,
        (CAST(leg_start_time AS BIGINT) - CAST(start_time AS BIGINT)) / 1000 AS after,
        coalesce(leg_duration, (CAST(leg_end_time AS BIGINT) - CAST(leg_start_time AS BIGINT)) / 1000) AS duration,
        call_leg,
        queue_name,
        result,
        charge_amount,
        charge_currency
    FROM call_legs
    WHERE engagement_id = $engagement
),
leg_agents AS (
    SELECT start_time AS start, leg_ordinal AS leg, string_agg(agent['display_name'], ', ') AS agents
    FROM (
        SELECT start_time, leg_ordinal, unnest(agents) AS agent
        FROM call_legs
        WHERE engagement_id = $engagement
    ) AS unnested
    GROUP BY start, leg
),
scaled AS (
    -- Bounds of the bar, from 0 to 32.
    SELECT
        *,
        least(greatest(32 * after / span, 0), 31) AS begins,
        least(greatest((32 * (after + coalesce(duration, 0)) + span - 1) / span, 1), 32) AS ends
    FROM (
        SELECT
            *,
            greatest(max(after + coalesce(duration, 0)) OVER (PARTITION BY start_time), 1) AS span
        FROM legs
    ) AS spanned
)
SELECT
    start_time,
    after,
    duration,
    concat(
        repeat('·', begins),
        repeat('█', greatest(ends - begins, 1)),
        repeat('·', 32 - begins - greatest(ends - begins, 1))
    ) AS timeline,
    call_leg AS direction,
    queue_name,
    agents,
    result,
    charge_amount,
    charge_currency
FROM scaled
LEFT JOIN leg_agents ON leg_agents.start = start_time AND leg_agents.leg = leg_ordinal
ORDER BY start_time, after, leg_ordinal
