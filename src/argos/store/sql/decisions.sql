-- name: claim
-- The oldest undecided intent whose key (route and symbol) has no older one: the order of acceptance is kept.
-- Where what an account holds in all decides about an entry, its decisions are made one after the other: the locks are
-- taken in one order, and what the context reads next is what the decision before has written.
WITH claimed AS MATERIALIZED (
    SELECT w.outbox_id, w.attempts, i.sequence, i.body, i.route
    FROM outbox w
    JOIN intents i ON i.intent_id = (w.payload->>'intent_id')::uuid
    WHERE w.topic = 'decide' AND w.available_at <= now()
      AND NOT EXISTS (
          SELECT FROM outbox older
          WHERE older.topic = 'decide' AND older.key = w.key AND older.outbox_id < w.outbox_id
      )
    ORDER BY w.outbox_id
    LIMIT 1
    FOR UPDATE OF w SKIP LOCKED
), shared AS MATERIALIZED (
    SELECT account FROM claimed JOIN routes USING (route) JOIN route_legs USING (route) JOIN accounts USING (account)
    WHERE NOT hedging OR limits->>'positions_max' IS NOT NULL OR limits->'risk' IS NOT NULL
       OR limits->'firm' IS NOT NULL
       OR 'consensus' IN (claimed.body->'size'->>'mode', route_legs.size->>'mode', routes.size->>'mode')
    ORDER BY account
)
SELECT claimed.*, (SELECT count(pg_advisory_xact_lock(hashtextextended('account:' || account, 0))) FROM shared),
       EXISTS (SELECT FROM outbox w WHERE w.topic = 'decide' AND w.outbox_id <> claimed.outbox_id) AS more_wait
FROM claimed;

-- name: context
-- What the decision about one intent may depend on, but for open entries: route, legs, accounts, their state, brakes.
-- Accounts that left the route count while they hold something of the trade: their exits must go.
WITH concerned AS (
    SELECT account FROM route_legs WHERE route = $1
    UNION
    SELECT st.account FROM order_states st JOIN orders o USING (order_id) WHERE st.live AND o.trade_id = $2
)
SELECT jsonb_build_object(
    'route', (SELECT to_jsonb(r) FROM routes r WHERE r.route = $1),
    'legs', (
        SELECT coalesce(jsonb_agg(to_jsonb(l) || jsonb_build_object('share', l.share::text) ORDER BY l.account), '[]')
        FROM route_legs l WHERE l.route = $1
    ),
    'accounts', (
        SELECT coalesce(jsonb_agg(
            to_jsonb(a) || jsonb_build_object(
                'snapshot', s.snapshot, 'instruments', s.instruments, 'positions', s.positions,
                'received_at', s.received_at
            )
        ), '[]')
        FROM accounts a LEFT JOIN account_states s USING (account)
        WHERE a.account IN (SELECT account FROM concerned)
    ),
    'halts', (SELECT coalesce(jsonb_agg(to_jsonb(h)), '[]') FROM halts h),
    'trade_sides', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('account', t.account, 'side', t.side)), '[]')
        FROM (
            SELECT DISTINCT ON (o.account) o.account, o.side FROM orders o
            WHERE o.trade_id = $2 AND o.role = 'entry' ORDER BY o.account, o.planned_at DESC
        ) AS t
    )
) AS context;

-- name: open_entries
-- The entries that work or hold something at these accounts, with the exits on their way to close them. As columns:
-- there may be many, and to make and to read them as JSON takes five times as long.
SELECT o.order_id, o.intent_id, o.trade_id, o.account, o.route, o.role, o.symbol, o.side, o.order_type, o.qty, o.price,
       o.stop_limit_price, o.sl, o.tp, o.valid_until, o.magic, o.client_order_id, o.planned_at, o.denial_code,
       o.denial_text, o.closes_order_id, st.status, st.filled_qty, st.closed_qty,
       coalesce(exits.qty, 0) AS closing_qty, coalesce(exits.order_ids, '{}') AS closing_order_ids,
       coalesce(
           (SELECT max(f.position_id) FROM executions f WHERE f.order_id = o.order_id),
           (SELECT max(f.position_id) FROM execution_shares h JOIN executions f USING (account, venue_exec_id)
            WHERE h.order_id = o.order_id)
       ) AS position_id,
       changed.seq IS NOT NULL AS is_modified, changed.price AS new_price, changed.sl AS new_sl, changed.tp AS new_tp
FROM order_states st JOIN orders o USING (order_id)
CROSS JOIN LATERAL (
    SELECT sum(x.effective_qty - x.filled_qty) AS qty, array_agg(x.order_id) AS order_ids
    FROM orders e JOIN order_states x USING (order_id)
    WHERE e.closes_order_id = o.order_id AND x.live
) exits
LEFT JOIN LATERAL (
    SELECT m.seq, m.price, m.sl, m.tp FROM commands m
    WHERE m.order_id = o.order_id AND m.kind = 'modify'
    ORDER BY m.seq DESC LIMIT 1
) changed ON true
WHERE st.live AND st.role = 'entry' AND st.account = ANY($1::text[])
ORDER BY o.planned_at, o.order_id;

-- name: save
-- A whole decision in one statement: orders with their states, refusals, commands in their lanes, next steps.
WITH given AS (
    SELECT $1::jsonb AS plan, $2::bigint AS outbox_id
), new_orders AS (
    INSERT INTO orders (
        order_id, intent_id, trade_id, account, route, bot_version, role, symbol, side, order_type, qty, price,
        stop_limit_price, sl, tp, valid_until, magic, client_order_id, planned_at, denial_code, denial_text,
        closes_order_id, checks
    )
    SELECT o.* FROM given, jsonb_to_recordset(plan->'orders') AS o(
        order_id uuid, intent_id uuid, trade_id text, account text, route text, bot_version text, role text,
        symbol text, side text, order_type text, qty numeric, price numeric, stop_limit_price numeric, sl numeric,
        tp numeric, valid_until timestamptz, magic bigint, client_order_id text, planned_at timestamptz,
        denial_code text, denial_text text, closes_order_id uuid, checks jsonb
    )
    ON CONFLICT DO NOTHING
    RETURNING order_id, account, role, qty, denial_code, trade_id, planned_at
), new_states AS (
    INSERT INTO order_states (order_id, account, role, status, effective_qty, updated_at)
    SELECT order_id, account, role, CASE WHEN denial_code IS NULL THEN 'planned' ELSE 'denied' END, qty, planned_at
    FROM new_orders
), new_refusals AS (
    INSERT INTO leg_refusals (intent_id, account, trade_id, code, text, refused_at)
    SELECT r.* FROM given, jsonb_to_recordset(plan->'refusals') AS r(
        intent_id uuid, account text, trade_id text, code text, text text, refused_at timestamptz
    )
    ON CONFLICT DO NOTHING
), new_commands AS (
    INSERT INTO commands (
        command_id, order_id, intent_id, account, symbol, kind, is_exit, price, sl, tp, close_fraction,
        deviation_points, valid_until, depends_on
    )
    SELECT c.* FROM given, jsonb_to_recordset(plan->'commands') AS c(
        command_id uuid, order_id uuid, intent_id uuid, account text, symbol text, kind text, is_exit boolean,
        price numeric, sl numeric, tp numeric, close_fraction numeric, deviation_points integer,
        valid_until timestamptz, depends_on uuid[]
    )
    ON CONFLICT DO NOTHING
    RETURNING account
), reconcile AS (
    INSERT INTO outbox (topic, key, payload)
    SELECT DISTINCT 'reconcile', trade_id || '|' || account,
           jsonb_build_object('trade_id', trade_id, 'account', account)
    FROM new_orders WHERE denial_code IS NOT NULL
    RETURNING true AS queued
), done AS (
    DELETE FROM outbox USING given WHERE outbox.outbox_id = given.outbox_id
), woken AS (
    SELECT pg_notify('argos_lane', account) FROM (SELECT DISTINCT account FROM new_commands) AS lanes
    UNION ALL
    SELECT pg_notify('argos_outbox', 'reconcile') WHERE EXISTS (SELECT FROM reconcile)
)
SELECT count(*) FROM woken;

-- name: postpone
UPDATE outbox
SET attempts = attempts + 1, last_error = $2, available_at = now() + make_interval(secs => $3),
    topic = CASE WHEN attempts + 1 >= $4 THEN 'dead:' || topic ELSE topic END
WHERE outbox_id = ANY($1)
RETURNING outbox_id, topic, attempts;
