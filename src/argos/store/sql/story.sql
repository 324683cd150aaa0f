-- What the story of one trade holds beside the lists. $1 is the trade, $2 how many rows at most.

-- name: alerts
-- Every delivery of the trade's intents: the first one, repeats, and others under the same event id.
SELECT json_build_object(
           'alert_id', a.alert_id, 'received_at', wire_moment(a.received_at), 'source', a.source,
           'outcome', a.outcome, 'code', a.code, 'checks', a.checks, 'intent_id', a.intent_id
       )::text AS item
FROM alerts a
WHERE a.intent_id = ANY(ARRAY(
    SELECT i.intent_id FROM intents i WHERE i.trade_id = $1
    UNION SELECT o.intent_id FROM orders o WHERE o.trade_id = $1
))
ORDER BY a.received_at, a.alert_id
LIMIT $2;

-- name: commands
SELECT json_build_object(
           'command_id', c.command_id, 'seq', c.seq, 'order_id', c.order_id, 'intent_id', c.intent_id,
           'account', c.account, 'symbol', c.symbol, 'kind', c.kind, 'is_exit', c.is_exit, 'state', c.state,
           'price', wire_decimal(c.price), 'sl', wire_decimal(c.sl), 'tp', wire_decimal(c.tp),
           'close_fraction', wire_decimal(c.close_fraction), 'valid_until', wire_moment(c.valid_until),
           'depends_on', to_json(c.depends_on), 'node', c.node, 'epoch', c.epoch, 'attempt', c.attempt,
           'created_at', wire_moment(c.created_at), 'leased_at', wire_moment(c.leased_at),
           'done_at', wire_moment(c.done_at)
       )::text AS item
FROM commands c JOIN orders o USING (order_id)
WHERE o.trade_id = $1
ORDER BY c.seq
LIMIT $2;

-- name: facts
SELECT json_build_object(
           'fact_id', f.fact_id, 'kind', f.kind, 'account', f.account, 'order_id', f.order_id,
           'command_id', f.command_id, 'command_kind', f.command_kind, 'at', wire_moment(f.at),
           'recorded_at', wire_moment(f.recorded_at), 'node', f.node, 'epoch', f.epoch, 'body', f.body
       )::text AS item
FROM facts f JOIN orders o USING (order_id)
WHERE o.trade_id = $1
ORDER BY f.at, f.recorded_at
LIMIT $2;

-- name: refusals
SELECT json_build_object(
           'intent_id', r.intent_id, 'trade_id', r.trade_id, 'account', r.account, 'code', r.code,
           'text', r.text, 'refused_at', wire_moment(r.refused_at)
       )::text AS item
FROM leg_refusals r
WHERE r.trade_id = $1
ORDER BY r.refused_at, r.account
LIMIT $2;

-- name: alarms
SELECT json_build_object(
           'alarm_id', a.alarm_id::text, 'raised_at', wire_moment(a.raised_at), 'code', a.code,
           'account', a.account, 'order_id', a.order_id, 'text', a.text
       )::text AS item
FROM alarms a JOIN orders o USING (order_id)
WHERE o.trade_id = $1
ORDER BY a.alarm_id
LIMIT $2;
