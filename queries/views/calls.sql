-- calls: one row for each call, with the fetched columns and derived ones.
--
--   known_number  number of the consumer, trimmed; NULL if it is missing or hidden: anonymous,
--                 private, restricted, unavailable or unknown, in any letter case
--   ends          end of the call (UTC, ms): end_time, or start_time + total_duration if there is
--                 no end_time; NULL if neither is known. Durations are capped at 250 billion
--                 seconds (some 7,900 years)
--   result_class  class of the call's own result; see result_classes
--   is_offered    true if the call was offered to agents: inbound, distributed at least once by a
--                 queue's distributor (acd), and not contained by the flow. Never NULL
--   queue_count   number of distinct queues that the call or one of its legs names
--   agent_count   number of distinct agents that the call names
--   flow_count    number of distinct flows that the call names
SELECT
    *,
    CASE
        WHEN lower(trim(nonblank(consumer_number)))
            NOT IN ('', 'anonymous', 'private', 'restricted', 'unavailable', 'unknown')
            THEN trim(consumer_number)
    END AS known_number,
    coalesce(
        end_time,
        arrow_cast(
            CAST(start_time AS BIGINT) + 1000 * CASE
                WHEN total_duration > 250000000000 THEN 250000000000
                WHEN total_duration < -250000000000 THEN -250000000000
                ELSE total_duration
            END,
            'Timestamp(Millisecond, Some("UTC"))'
        )
    ) AS ends,
    result_class(result) AS result_class,
    coalesce(direction = 'inbound', false)
        AND coalesce(array_has(distributions, 'acd'), false)
        AND result_class(result) <> 'contained' AS is_offered,
    CAST(cardinality(
        queue_visits(queues, voice_call_details, result, charge_amount, charge_currency)
    ) AS INT) AS queue_count,
    CAST(cardinality(agent_visits(agents)) AS INT) AS agent_count,
    CAST(cardinality(flow_visits(flows)) AS INT) AS flow_count
FROM voice_calls
