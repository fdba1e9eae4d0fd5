-- result_classes: the class of each `result` that a call or a leg can end with.
--
-- The API names results and does not define them; this is our reading of the names. A NULL result,
-- and any that is not listed here, is 'unclassified'. `result_class(result)` applies the mapping;
-- a session may override it, and then this table shows what holds there.
--
--   result  how a call or a leg ended, as the API names it
--   class   handled, abandoned, short_abandoned, hold_abandoned, callback_abandoned, overflowed,
--           not_answered, contained or unclassified
SELECT result, class
FROM (VALUES
    -- An agent took the call, or the call reached its end as meant.
    ('completed', 'handled'),
    ('short_calls', 'handled'),
    ('long_calls', 'handled'),
    -- The caller gave up before an agent took the call.
    ('long_abandoned', 'abandoned'),
    ('abandon_quit', 'abandoned'),
    -- The caller gave up so soon that waiting cannot have been the reason.
    ('short_abandoned', 'short_abandoned'),
    -- The caller had reached an agent and gave up on hold: shown beside the rate, not in it.
    ('hold_abandoned', 'hold_abandoned'),
    -- A callback that the consumer gave up.
    ('callback_abandoned_by_consumer', 'callback_abandoned'),
    -- The queue sent the call elsewhere.
    ('overflowed', 'overflowed'),
    ('overflowed_to_inbox', 'overflowed'),
    ('overflowed_to_disconnect', 'overflowed'),
    -- Agents were offered the call and did not take it.
    ('missed', 'not_answered'),
    ('declined', 'not_answered'),
    -- The flow served the call; it was never offered to a queue.
    ('contained', 'contained'),
    -- The names do not say who ended the call, or why.
    ('auto_closed', 'unclassified'),
    ('hang_up_calls', 'unclassified')
) AS mapping (result, class)
