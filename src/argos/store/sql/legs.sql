-- name: claim
-- Legs whose facts have grown, oldest first; several notices of one leg are one piece of work.
SELECT outbox_id, payload->>'trade_id' AS trade_id, payload->>'account' AS account
FROM outbox
WHERE topic = 'reconcile' AND available_at <= now()
ORDER BY outbox_id
LIMIT $1
FOR UPDATE SKIP LOCKED;

-- name: orders
-- OFFSET 0, here and below, has each leg looked up by its key: otherwise a plan that was made while a table was small
-- may begin with the whole of it.
SELECT o.order_id, o.intent_id, o.trade_id, o.account, o.route, o.role, o.symbol, o.side, o.order_type, o.qty, o.price,
       o.stop_limit_price, o.sl, o.tp, o.valid_until, o.magic, o.client_order_id, o.planned_at, o.denial_code,
       o.denial_text, o.closes_order_id, s.effective_qty, s.status
FROM unnest($1::text[], $2::text[]) AS leg(trade_id, account)
CROSS JOIN LATERAL (
    SELECT x.* FROM orders x WHERE x.trade_id = leg.trade_id AND x.account = leg.account OFFSET 0
) o
CROSS JOIN LATERAL (SELECT x.* FROM order_states x WHERE x.order_id = o.order_id OFFSET 0) s;

-- name: facts
SELECT f.account, f.order_id, f.kind, f.command_kind, f.command_id, f.at, f.recorded_at, f.body
FROM facts f WHERE f.order_id = ANY($1::uuid[]) AND f.kind = ANY($2::text[]);

-- name: executions
-- Of an execution that several trades share, each has its own part; the parts of one trade are one to it. Those of the
-- trade are looked up and the account is checked: by "account = " a young database would read all of that account.
SELECT x.account, x.trade_id, x.venue_exec_id, x.order_id, x.opening_order_id, x.venue_order_id, x.position_id, x.symbol,
       x.side, x.entry, x.fill_price, x.fill_qty, x.commission, x.swap, x.fee, x.profit, x.reason, x.magic,
       x.client_order_id, x.comment, x.bid_at_send, x.ask_at_send, x.timestamp_broker, x.received_at
FROM unnest($1::text[], $2::text[]) AS leg(trade_id, account)
CROSS JOIN LATERAL (
    SELECT y.* FROM executions y
    WHERE y.trade_id = leg.trade_id AND y.account IS NOT DISTINCT FROM leg.account OFFSET 0
) x
WHERE NOT EXISTS (
    SELECT FROM execution_shares h WHERE h.account = x.account AND h.venue_exec_id = x.venue_exec_id
)
UNION ALL
SELECT x.account, part.trade_id, x.venue_exec_id, part.order_id, part.opening_order_id, x.venue_order_id, x.position_id,
       x.symbol, x.side,
       CASE WHEN part.opening_order_id IS NOT NULL THEN 'out' WHEN x.entry = 'inout' THEN 'in' ELSE x.entry END,
       x.fill_price, part.qty, part.commission, part.swap, part.fee, part.profit, x.reason, x.magic,
       x.client_order_id, x.comment, x.bid_at_send, x.ask_at_send, x.timestamp_broker, x.received_at
FROM (
    SELECT h.account, h.venue_exec_id, h.trade_id,
           (array_agg(h.order_id ORDER BY h.share) FILTER (WHERE h.order_id IS NOT NULL))[1] AS order_id,
           (array_agg(h.opening_order_id ORDER BY h.share))[1] AS opening_order_id, sum(h.qty) AS qty,
           sum(h.commission) AS commission, sum(h.swap) AS swap, sum(h.fee) AS fee, sum(h.profit) AS profit
    FROM unnest($1::text[], $2::text[]) AS leg(trade_id, account)
    JOIN execution_shares h ON h.trade_id = leg.trade_id AND h.account = leg.account
    GROUP BY h.account, h.venue_exec_id, h.trade_id
) part
JOIN executions x USING (account, venue_exec_id);

-- name: sharing
-- Of these legs, those at netting accounts whose position was another trade's as well while it was theirs.
SELECT leg.trade_id, leg.account
FROM unnest($1::text[], $2::text[]) AS leg(trade_id, account)
JOIN accounts a ON a.account = leg.account AND NOT a.hedging
CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT x.position_id) AS position_ids, min(x.timestamp_broker) AS opened_at,
           max(x.timestamp_broker) AS closed_at
    FROM executions x WHERE x.trade_id = leg.trade_id AND x.account = leg.account
) own
WHERE EXISTS (
    SELECT FROM execution_shares h WHERE h.trade_id = leg.trade_id AND h.account = leg.account
) OR EXISTS (
    SELECT FROM executions x
    WHERE x.account = leg.account AND x.position_id = ANY(own.position_ids) AND x.trade_id <> leg.trade_id
      AND x.timestamp_broker <= own.closed_at
      AND (
          x.timestamp_broker >= own.opened_at
          OR EXISTS (
              SELECT FROM executions y
              WHERE y.trade_id = x.trade_id AND y.account = x.account AND y.timestamp_broker >= own.opened_at
          )
          OR EXISTS (
              SELECT FROM orders o JOIN order_states s USING (order_id)
              WHERE o.trade_id = x.trade_id AND o.account = x.account AND s.live AND s.role = 'entry'
          )
      )
);

-- name: intents
-- Of the trades themselves, and of orders that belong to them though another intent caused them (a reverse).
SELECT i.trade_id, i.intent_id, i.sequence, i.body FROM intents i
WHERE i.trade_id = ANY($1::text[]) OR i.intent_id = ANY($2::uuid[]);

-- name: refusals
SELECT r.trade_id, r.account, r.intent_id, r.code, r.text FROM leg_refusals r WHERE r.trade_id = ANY($1::text[]);

-- name: accounts
SELECT a.account, a.currency, s.instruments, s.positions, s.positions_at
FROM accounts a LEFT JOIN account_states s USING (account) WHERE a.account = ANY($1::text[]);

-- name: heads
SELECT h.trade_id, h.account, h.revision, h.digest
FROM unnest($1::text[], $2::text[]) AS leg(trade_id, account)
CROSS JOIN LATERAL (
    SELECT x.* FROM leg_heads x WHERE x.trade_id = leg.trade_id AND x.account = leg.account OFFSET 0
) h;

-- name: save
WITH given AS (
    SELECT * FROM unnest(
        $1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[],
        $9::timestamptz[]
    ) AS g(trade_id, account, revision, symbol, bot_version, outcome, digest, body, reconciled_at)
), stored AS (
    INSERT INTO reconciled_legs (trade_id, account, revision, symbol, bot_version, outcome, digest, body, reconciled_at)
    SELECT * FROM given
)
INSERT INTO leg_heads (trade_id, account, revision, digest, reconciled_at)
SELECT trade_id, account, revision, digest, reconciled_at FROM given
ON CONFLICT (trade_id, account) DO UPDATE
SET revision = excluded.revision, digest = excluded.digest, reconciled_at = excluded.reconciled_at;

-- name: finish
DELETE FROM outbox WHERE outbox_id = ANY($1::bigint[]);
