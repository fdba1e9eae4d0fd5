-- agent_calls: one row for each call and distinct agent that it names. A call without an agent has
-- none. The result and the durations are the call's: the API does not say what an agent's part was.
-- An entry with a name and no id belongs to the call's agent of that name if there is exactly one.
--
--   agent_id       the first of user_id, user_email and display_name that is given
--   agent_name     the agent's name, as first given in the call
--   agent_email    the agent's e-mail address, as first given in the call
--   agent_region   the agent's region
--   team_ids       ids of the agent's teams
--   team_names     names of the agent's teams
--   agent_ordinal  place of the agent among the call's agent_count agents, from 1
--   agent_count    number of distinct agents that the call names
--   result         how the engagement ended, as the API names it: the call's, not the agent's
--   result_class   the class of result; see result_classes
--   charge_amount  the whole call's charge, in charge_currency: the same in each of its rows
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
