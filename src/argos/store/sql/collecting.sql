-- name: begin_turn
-- Reports of one account are collected one after the other: what follows sees all facts of those before.
BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('reports:$account', 0));

-- name: known
SELECT fact_id FROM facts WHERE account = $1 AND fact_id = ANY($2::uuid[]);

-- name: owners
-- Whose executions are these? By the order's own id, by the identity that the venue kept, or by the position. Which of
-- the facts on their way are stored already comes along, as `known` would tell it: that spares a trip.
WITH given AS (
    SELECT * FROM jsonb_to_recordset($2::jsonb) AS g(
        venue_exec_id text, order_id uuid, opening_order_id uuid, magic bigint, client_order_id text, position_id text
    )
)
SELECT g.venue_exec_id,
       own.order_id AS order_id, own.role AS own_role, own.closes_order_id AS own_closes,
       own.trade_id AS own_trade,
       opening.order_id AS opening_order_id, opening.trade_id AS opening_trade,
       held.order_id AS held_order_id, held.trade_id AS held_trade,
       (SELECT NOT a.hedging FROM accounts a WHERE a.account = $1) AS nets,
       told.order_id IS NULL AND told.venue_exec_id IS NOT NULL AND NOT EXISTS (
           SELECT FROM execution_shares h
           WHERE h.account = $1 AND h.venue_exec_id = g.venue_exec_id AND h.order_id IS NOT NULL
       ) AS is_nobodys,
       (SELECT coalesce(array_agg(f.fact_id), '{}') FROM facts f
        WHERE f.account = $1 AND f.fact_id = ANY($3::uuid[])) AS known
FROM given g
LEFT JOIN executions told ON told.account = $1 AND told.venue_exec_id = g.venue_exec_id
LEFT JOIN LATERAL (
    -- Each key has an index of its own: one condition for all of them would read every order of the account. So would
    -- "account = ", on a young database: it is a check here, and written so that nothing is looked up by it.
    SELECT o.order_id, o.role, o.closes_order_id, o.trade_id FROM orders o
    WHERE o.order_id = g.order_id AND o.account IS NOT DISTINCT FROM $1
    UNION
    SELECT o.order_id, o.role, o.closes_order_id, o.trade_id FROM orders o
    WHERE g.order_id IS NULL AND g.opening_order_id IS NULL AND o.account = $1 AND o.magic = g.magic AND g.magic > 0
    UNION
    SELECT o.order_id, o.role, o.closes_order_id, o.trade_id FROM orders o
    WHERE g.order_id IS NULL AND g.opening_order_id IS NULL AND o.client_order_id = nullif(g.client_order_id, '')
      AND o.account IS NOT DISTINCT FROM $1
) own ON true
LEFT JOIN orders opening ON opening.account = $1 AND opening.order_id = g.opening_order_id
LEFT JOIN LATERAL (
    SELECT coalesce(x.order_id, h.order_id) AS order_id, coalesce(h.trade_id, x.trade_id) AS trade_id
    FROM executions x
    LEFT JOIN execution_shares h
        ON h.account = x.account AND h.venue_exec_id = x.venue_exec_id AND h.order_id IS NOT NULL
    WHERE x.account = $1 AND x.position_id = g.position_id AND g.position_id <> '' AND x.entry = 'in'
    ORDER BY x.timestamp_broker LIMIT 1
) held ON true;

-- name: order_facts
-- The orders that new facts of an account speak of, locked, with all that was known of each. What a node says about
-- orders of an account that is not its own changes nothing.
SELECT o.order_id, o.trade_id, o.account, o.order_type, o.role, o.qty, o.denial_code IS NOT NULL AS denied,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
           'fact_id', f.fact_id, 'kind', f.kind, 'command_kind', f.command_kind, 'command_id', f.command_id,
           'qty', f.body->>'qty', 'venue_exec_id', f.body->>'venue_exec_id', 'code', f.body->>'code'
       ) ORDER BY f.recorded_at, f.at), '[]') FROM facts f WHERE f.order_id = o.order_id AND f.account = o.account) AS facts,
       -- of the commands that facts on their way speak of
       (SELECT coalesce(jsonb_object_agg(k.command_id, k.kind), '{}') FROM commands k
        WHERE k.command_id = ANY($3::uuid[])) AS command_kinds,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
           'command_id', c.command_id, 'kind', c.kind
       )), '[]') FROM commands c WHERE c.order_id = o.order_id AND c.state <> 'done') AS commands,
       -- the newest exit that was to close all of this entry, if it has ended
       (SELECT x.order_id FROM orders x
        JOIN order_states xs USING (order_id)
        JOIN commands c ON c.order_id = x.order_id AND c.kind = 'close'
        WHERE x.closes_order_id = o.order_id AND NOT xs.live AND coalesce(c.close_fraction, 1) = 1
        ORDER BY x.planned_at DESC LIMIT 1) AS ended_close_id,
       -- how much of it has been closed, by executions that belong to one trade and by parts of those that do not
       (SELECT coalesce(sum(x.fill_qty), 0) FROM executions x
        WHERE x.account = $1 AND x.opening_order_id = o.order_id AND x.entry <> 'in' AND NOT EXISTS (
            SELECT FROM execution_shares h WHERE h.account = x.account AND h.venue_exec_id = x.venue_exec_id
        ))
       + (SELECT coalesce(sum(h.qty), 0) FROM execution_shares h
          WHERE h.account = $1 AND h.opening_order_id = o.order_id) AS closed_qty
FROM orders o JOIN order_states s USING (order_id)
WHERE o.order_id = ANY($2) AND o.account IS NOT DISTINCT FROM $1
ORDER BY o.order_id
FOR UPDATE OF s;

-- name: lock_positions
SELECT pg_advisory_xact_lock(hashtextextended('account:' || $1, 0));

-- name: held_entries
-- What entries of a netting account hold of these symbols by all executions that are stored, first filled first.
SELECT o.order_id, o.trade_id, o.symbol, o.side, opened.qty - closed.qty AS open_qty
FROM order_states s JOIN orders o USING (order_id)
CROSS JOIN LATERAL (
    SELECT sum(own.fill_qty) AS qty, min(own.timestamp_broker) AS at FROM (
        SELECT x.fill_qty, x.timestamp_broker FROM executions x
        WHERE x.order_id = o.order_id AND x.account = $1 AND x.entry = 'in'
        UNION ALL
        SELECT x.fill_qty, x.timestamp_broker FROM execution_shares h JOIN executions x USING (account, venue_exec_id)
        WHERE h.order_id = o.order_id AND h.account = $1 AND x.entry = 'in'
    ) own
) opened
CROSS JOIN LATERAL (
    SELECT coalesce(sum(closing.qty), 0) AS qty FROM (
        SELECT x.fill_qty AS qty FROM executions x
        WHERE x.account = $1 AND x.opening_order_id = o.order_id AND x.entry <> 'in' AND NOT EXISTS (
            SELECT FROM execution_shares h WHERE h.account = x.account AND h.venue_exec_id = x.venue_exec_id
        )
        UNION ALL
        SELECT h.qty FROM execution_shares h WHERE h.account = $1 AND h.opening_order_id = o.order_id
    ) AS closing
) closed
WHERE s.account = $1 AND s.live AND s.role = 'entry' AND o.symbol = ANY($2) AND opened.qty > closed.qty
ORDER BY opened.at, o.order_id;

-- name: save_shares
INSERT INTO execution_shares (
    account, venue_exec_id, share, order_id, opening_order_id, trade_id, qty, commission, swap, fee, profit, corrects
)
SELECT h.account, h.venue_exec_id, h.share, h.order_id, h.opening_order_id, h.trade_id, h.qty, h.commission, h.swap,
       h.fee, h.profit, coalesce(h.corrects, false)
FROM jsonb_to_recordset($1::jsonb) AS h(
    account text, venue_exec_id text, share integer, order_id uuid, opening_order_id uuid, trade_id text, qty numeric,
    commission numeric, swap numeric, fee numeric, profit numeric, corrects boolean
);

-- name: parts
-- Whose these executions are so far, part by part; `shares` says how many rows tell it, none where the execution does.
SELECT x.venue_exec_id, 0 AS shares, x.opening_order_id, x.trade_id, x.fill_qty AS qty, x.commission, x.swap, x.fee,
       x.profit
FROM executions x
WHERE x.account = $1 AND x.venue_exec_id = ANY($2) AND NOT EXISTS (
    SELECT FROM execution_shares h WHERE h.account = x.account AND h.venue_exec_id = x.venue_exec_id
)
UNION ALL
SELECT h.venue_exec_id,
       (SELECT max(n.share) FROM execution_shares n WHERE n.account = $1 AND n.venue_exec_id = h.venue_exec_id),
       h.opening_order_id, h.trade_id, sum(h.qty), sum(h.commission), sum(h.swap), sum(h.fee), sum(h.profit)
FROM execution_shares h
WHERE h.account = $1 AND h.venue_exec_id = ANY($2)
GROUP BY h.venue_exec_id, h.opening_order_id, h.trade_id HAVING sum(h.qty) <> 0;

-- name: external_closings
-- What closed these positions of a hedging account and counts as nobody's, because their opening did.
SELECT x.venue_exec_id, x.position_id, x.fill_qty, x.commission, x.swap, x.fee, x.profit
FROM executions x
WHERE x.account = $1 AND x.position_id = ANY($2) AND x.entry <> 'in' AND x.order_id IS NULL
  AND x.opening_order_id IS NULL AND NOT EXISTS (
    SELECT FROM execution_shares h WHERE h.account = x.account AND h.venue_exec_id = x.venue_exec_id
);

-- name: save_executions
INSERT INTO executions (
    account, venue_exec_id, order_id, opening_order_id, trade_id, venue_order_id, position_id, symbol, side, entry,
    fill_price, fill_qty, commission, swap, fee, profit, reason, magic, client_order_id, comment, bid_at_send,
    ask_at_send, timestamp_broker, received_at
)
SELECT e.* FROM jsonb_to_recordset($1::jsonb) AS e(
    account text, venue_exec_id text, order_id uuid, opening_order_id uuid, trade_id text, venue_order_id text,
    position_id text, symbol text, side text, entry text, fill_price numeric, fill_qty numeric, commission numeric,
    swap numeric, fee numeric, profit numeric, reason text, magic bigint, client_order_id text, comment text,
    bid_at_send numeric, ask_at_send numeric, timestamp_broker timestamptz, received_at timestamptz
)
ON CONFLICT DO NOTHING;

-- name: save
-- Facts as reported, of which a repeat is nothing new and no error, and the projections that follow from them.
WITH given AS (
    SELECT $1::jsonb AS plan
), new_facts AS (
    INSERT INTO facts (account, fact_id, kind, order_id, command_id, command_kind, at, node, epoch, body)
    SELECT f.account, f.fact_id, f.kind, f.order_id, f.command_id,
           (SELECT c.kind FROM commands c WHERE c.command_id = f.command_id), f.at, f.node, f.epoch, f.body
    FROM given, jsonb_to_recordset(plan->'facts') AS f(
        account text, fact_id uuid, kind text, order_id uuid, command_id uuid, at timestamptz, node text,
        epoch bigint, body jsonb
    )
    ON CONFLICT DO NOTHING
), new_states AS (
    UPDATE order_states s
    SET status = n.status, effective_qty = n.effective_qty, filled_qty = n.filled_qty, closed_qty = n.closed_qty,
        updated_at = clock_timestamp()
    FROM given, jsonb_to_recordset(plan->'states') AS n(
        order_id uuid, status text, effective_qty numeric, filled_qty numeric, closed_qty numeric
    )
    WHERE s.order_id = n.order_id
), ended AS (
    UPDATE commands c SET state = 'done', done_at = clock_timestamp()
    FROM given, jsonb_to_recordset(plan->'ended') AS e(command_id uuid)
    WHERE c.command_id = e.command_id AND c.state <> 'done'
    RETURNING c.account
), new_alarms AS (
    INSERT INTO alarms (code, account, order_id, text)
    SELECT a.* FROM given, jsonb_to_recordset(plan->'alarms') AS a(code text, account text, order_id uuid, text text)
), reconcile AS (
    INSERT INTO outbox (topic, key, payload)
    SELECT DISTINCT 'reconcile', r.trade_id || '|' || r.account,
           jsonb_build_object('trade_id', r.trade_id, 'account', r.account)
    FROM given, jsonb_to_recordset(plan->'reconcile') AS r(trade_id text, account text)
    RETURNING true AS queued
), follow_ups AS (
    -- The first follow-up of an exit waits a second, for fills on their way; each later one twice as long.
    INSERT INTO outbox (topic, key, payload, available_at)
    SELECT 'follow_up', x.closes_order_id, jsonb_build_object('order_id', x.order_id, 'late_fill', f.late_fill),
           clock_timestamp() + make_interval(secs => power(2, (
               SELECT count(*) - 1 FROM orders p
               WHERE p.closes_order_id = x.closes_order_id AND p.intent_id = x.intent_id
           )))
    FROM given, jsonb_to_recordset(plan->'follow_ups') AS f(order_id uuid, late_fill boolean)
    JOIN orders x USING (order_id)
    WHERE x.closes_order_id IS NOT NULL
)
SELECT pg_notify('argos_outbox', 'reconcile') WHERE EXISTS (SELECT FROM reconcile)
UNION ALL
SELECT pg_notify('argos_lane', account) FROM (SELECT DISTINCT account FROM ended) AS lanes
WHERE EXISTS (SELECT FROM commands c WHERE c.account = lanes.account AND c.state = 'pending');

-- name: save_flags
UPDATE node_sessions SET terminal = terminal || $3 WHERE node = $1 AND epoch = $2;

-- name: save_positions
-- A clock that ran ahead must not keep later looks out until its time has come.
UPDATE account_states SET positions = $2, positions_at = least($3, clock_timestamp())
WHERE account = $1 AND (positions_at IS NULL OR positions_at <= $3);
