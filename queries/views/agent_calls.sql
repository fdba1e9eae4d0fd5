-- agent_calls: one row for each call and distinct agent that it names. A call without an agent has
-- no row. The result and the durations are those of the call: the API does not report each agent's
-- part. An entry with a name but no id belongs to the call's agent of that name if there is exactly
-- one.
--
--   agent_id       first given value of user_id, user_email and display_name
--   agent_name     first name that the call gives for the agent
--   agent_email    first e-mail address that the call gives for the agent
--   agent_region   region of the agent
--   team_ids       ids of the agent's teams
--   team_names     names of the agent's teams
--   agent_ordinal  position of the agent among the agent_count agents of the call, from 1
--   agent_count    number of distinct agents that the call names
--   result         result of the call (not of the agent), as named by the API
--   result_class   class of result; see result_classes
--   charge_amount  charge of the whole call in charge_currency, the same in each of its rows
SELECT
    engagement_id,
    date,
    start_time,
    end_time,
    total_duration,
    direction,
    distributions,
    types,
    consumer_number,
    country_name,
    visit['agent_id'] AS agent_id,
    visit['display_name'] AS agent_name,
    visit['user_email'] AS agent_email,
    visit['user_region'] AS agent_region,
    visit['team_ids'] AS team_ids,
    visit['team_names'] AS team_names,
    visit['agent_ordinal'] AS agent_ordinal,
    visit['agent_count'] AS agent_count,
    result,
    result_class(result) AS result_class,
    charge_amount,
    charge_currency
FROM (
    SELECT *, unnest(agent_visits(agents)) AS visit
    FROM voice_calls
) AS visits
