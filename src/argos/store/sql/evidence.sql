-- name: intents
SELECT intent_id, route FROM intents;

-- name: routes
SELECT route, array_agg(account) AS accounts FROM route_legs GROUP BY route;

-- name: outcomes
-- Where an intent came to anything: an order, a change of one, or a refusal ('' is a refusal of the whole).
SELECT intent_id, account FROM orders
UNION SELECT intent_id, account FROM commands
UNION SELECT intent_id, account FROM leg_refusals;

-- name: orders
SELECT o.order_id, o.intent_id, o.account, o.role, o.order_type, o.magic, o.client_order_id, o.valid_until,
       s.status, s.filled_qty,
       (SELECT max(f.at) FROM facts f
        WHERE f.order_id = o.order_id AND f.kind = 'send_started' AND f.command_kind = 'submit') AS send_started_at,
       EXISTS (SELECT FROM facts f WHERE f.order_id = o.order_id AND f.kind = 'rejected'
               AND f.command_kind IN ('submit', 'close')) AS called_rejected
FROM orders o JOIN order_states s USING (order_id);

-- name: events
SELECT intent_id, event_id FROM intents;

-- name: commands
SELECT c.command_id, c.order_id, c.account, c.symbol, c.seq, c.kind, o.closes_order_id
FROM commands c JOIN orders o USING (order_id);

-- name: unreconciled
-- Trades with fills of which no leg was ever made.
SELECT DISTINCT x.trade_id, x.account FROM executions x
WHERE NOT EXISTS (SELECT FROM leg_heads h WHERE h.trade_id = x.trade_id AND h.account = x.account);

-- name: executions
SELECT account, venue_exec_id, fill_price, CASE WHEN side = 'buy' THEN fill_qty ELSE -fill_qty END AS signed_qty
FROM executions;

-- name: positions
SELECT account, symbol, sum(CASE WHEN side = 'buy' THEN fill_qty ELSE -fill_qty END) AS signed_qty
FROM executions GROUP BY account, symbol
HAVING sum(CASE WHEN side = 'buy' THEN fill_qty ELSE -fill_qty END) <> 0;

-- name: illegal
SELECT count(*) FROM alarms WHERE code = 'ORDER_ILLEGAL_TRANSITION';

-- name: underway
-- What is not finished: undecided intents, exits to try again, commands in lanes, results to come.
SELECT (SELECT count(*) FROM outbox WHERE topic IN ('decide', 'follow_up', 'reconcile'))
     + (SELECT count(*) FROM commands WHERE state <> 'done') AS waiting;

-- name: trading
-- What a market must wait for: undecided intents, commands in lanes. Results follow from what was, not from prices.
SELECT (SELECT count(*) FROM outbox WHERE topic = 'decide')
     + (SELECT count(*) FROM commands WHERE state <> 'done') AS waiting;

-- name: alerts
SELECT outcome, code, count(*) AS n FROM alerts GROUP BY outcome, code ORDER BY n DESC;

-- name: denials
SELECT code, count(*) AS n
FROM (SELECT denial_code AS code FROM orders WHERE denial_code IS NOT NULL
      UNION ALL SELECT code FROM leg_refusals) AS d
GROUP BY code ORDER BY n DESC;

-- name: legs
SELECT r.body FROM leg_heads h JOIN reconciled_legs r USING (trade_id, account, revision);

-- name: left_open
SELECT DISTINCT h.trade_id, r.symbol
FROM leg_heads h JOIN reconciled_legs r USING (trade_id, account, revision) WHERE r.outcome = 'open'
ORDER BY h.trade_id;

-- name: marks
SELECT o.symbol, o.role, o.side, (i.body->'features'->>'bar_at')::bigint AS bar_at_ms, min(x.fill_price) AS price
FROM executions x JOIN orders o USING (order_id) JOIN intents i USING (intent_id)
GROUP BY o.symbol, o.role, o.side, i.intent_id;

-- name: unsettled
-- What an account has open: orders that live, and symbols of which something is held.
SELECT (SELECT count(*) FROM order_states WHERE account = $1 AND live)
     + (SELECT count(*) FROM (
            SELECT symbol FROM executions WHERE account = $1 GROUP BY symbol
            HAVING sum(CASE WHEN side = 'buy' THEN fill_qty ELSE -fill_qty END) <> 0
        ) AS held);

-- name: signals
SELECT count(*) FROM signals;

-- name: signals_told
SELECT signal_id, record_hash FROM signals;
