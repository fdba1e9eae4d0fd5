-- result_classes: the class of each `result` of a call or a leg.
--
-- The API names results but does not define them; this mapping is an interpretation of the names. A
-- NULL or unlisted result is 'unclassified'. `result_class(result)` applies the mapping. A session
-- may override it; this table then shows the mapping of the session.
--
--   result  result of a call or a leg, as named by the API
--   class   handled, abandoned, short_abandoned, hold_abandoned, callback_abandoned, overflowed,
--           not_answered, contained or unclassified
SELECT result, class
FROM (VALUES
    -- An agent took the call, or the call ended as intended.
    ('completed', 'handled'),
    ('short_calls', 'handled'),
    ('long_calls', 'handled'),
    -- The caller gave up before an agent took the call.
    ('long_abandoned', 'abandoned'),
    ('abandon_quit', 'abandoned'),
    -- The caller gave up too soon for waiting to be the reason.
    ('short_abandoned', 'short_abandoned'),
    -- The caller gave up on hold after reaching an agent: shown separately, not part of the rate.
    ('hold_abandoned', 'hold_abandoned'),
    -- The consumer gave up a callback.
    ('callback_abandoned_by_consumer', 'callback_abandoned'),
    -- The queue sent the call elsewhere.
    ('overflowed', 'overflowed'),
    ('overflowed_to_inbox', 'overflowed'),
    ('overflowed_to_disconnect', 'overflowed'),
    -- The call was offered to agents, who did not take it.
    ('missed', 'not_answered'),
    ('declined', 'not_answered'),
    -- The flow served the call; it was never offered to a queue.
    ('contained', 'contained'),
    -- The name does not say who ended the call, or why.
    ('auto_closed', 'unclassified'),
    ('hang_up_calls', 'unclassified')
) AS mapping (result, class)
