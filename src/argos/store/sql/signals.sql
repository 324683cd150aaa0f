-- What the signal service writes, and what it reads back. Rows come as JSON; each is told once or found as it was.

-- name: add_configuration
INSERT INTO signal_configurations (digest, document)
SELECT g.digest, g.document FROM jsonb_to_recordset($1) AS g(number bigint, digest text, document jsonb)
ORDER BY g.number
ON CONFLICT DO NOTHING;

-- name: check_configuration
SELECT g.number FROM jsonb_to_recordset($1) AS g(number bigint, digest text, document jsonb)
LEFT JOIN signal_configurations c USING (digest)
WHERE c.document IS DISTINCT FROM g.document;

-- name: add_signal
INSERT INTO signals (
    signal_id, chain, sequence, symbol, strategy, version, direction, score, probability, status, simulated,
    environment, config_digest, at, valid_until, record, record_hash
)
SELECT g.signal_id, g.chain, g.sequence, g.symbol, g.strategy, g.version, g.direction, g.score, g.probability, g.status,
       g.simulated, g.environment, g.config_digest, g.at, g.valid_until, g.record, g.record_hash
FROM jsonb_to_recordset($1) AS g(
    number bigint, signal_id uuid, chain text, sequence bigint, symbol text, strategy text, version text,
    direction text, score numeric, probability numeric, status text, simulated boolean, environment text,
    config_digest text, at timestamptz, valid_until timestamptz, record jsonb, record_hash text
)
ORDER BY g.number
-- Whichever of its keys was there before.
ON CONFLICT DO NOTHING;

-- name: check_signal
SELECT g.number
FROM jsonb_to_recordset($1) AS g(number bigint, signal_id uuid, chain text, sequence bigint, record_hash text)
LEFT JOIN signals s USING (signal_id)
WHERE (s.chain, s.sequence, s.record_hash) IS DISTINCT FROM (g.chain, g.sequence, g.record_hash);

-- name: add_end
INSERT INTO signal_ends (signal_id, at, reason)
SELECT g.signal_id, g.at, g.reason
FROM jsonb_to_recordset($1) AS g(number bigint, signal_id uuid, at timestamptz, reason text)
ORDER BY g.number
ON CONFLICT DO NOTHING;

-- name: check_end
SELECT g.number FROM jsonb_to_recordset($1) AS g(number bigint, signal_id uuid, at timestamptz, reason text)
LEFT JOIN signal_ends e USING (signal_id)
WHERE (e.at, e.reason) IS DISTINCT FROM (g.at, g.reason);

-- name: add_head
INSERT INTO signal_heads (chain, day, head, head_hash)
SELECT g.chain, g.day, g.head, g.head_hash
FROM jsonb_to_recordset($1) AS g(number bigint, chain text, day date, head jsonb, head_hash text)
ORDER BY g.number
ON CONFLICT DO NOTHING;

-- name: check_head
SELECT g.number FROM jsonb_to_recordset($1) AS g(number bigint, chain text, day date, head_hash text)
LEFT JOIN signal_heads h USING (chain, day)
WHERE h.head_hash IS DISTINCT FROM g.head_hash;

-- name: add_refusal
INSERT INTO signal_refusals (signal_id, kind, code, text, at)
SELECT g.signal_id, g.kind, g.code, g.text, g.at
FROM jsonb_to_recordset($1) AS g(number bigint, signal_id uuid, kind text, code text, text text, at timestamptz)
ORDER BY g.number
ON CONFLICT DO NOTHING;

-- name: check_refusal
SELECT g.number FROM jsonb_to_recordset($1) AS g(number bigint, signal_id uuid, kind text, code text)
LEFT JOIN signal_refusals r USING (signal_id, kind)
WHERE r.code IS DISTINCT FROM g.code;

-- name: report
INSERT INTO signal_services AS s (
    chain, strategy, version, environment, route, auto_execute, waiting, oldest_waiting_at, set_aside, reported_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp())
ON CONFLICT (chain) DO UPDATE SET
    strategy = excluded.strategy, version = excluded.version, environment = excluded.environment,
    route = excluded.route, auto_execute = excluded.auto_execute, waiting = excluded.waiting,
    oldest_waiting_at = excluded.oldest_waiting_at, set_aside = excluded.set_aside, reported_at = excluded.reported_at;

-- name: routes
SELECT route FROM routes;

-- name: is_intent
SELECT EXISTS (SELECT FROM intents WHERE source = $1 AND event_id = $2);

-- name: open_trades
-- Entries of trades that signals made ($1: their source), holding something now, of the chain $2 or of a signal that is
-- not known here yet. Stops as last changed; the venue's own legs where it showed the position; the last quote.
SELECT o.trade_id, o.account, i.route, i.body->>'bot_version' AS bot_version, i.symbol, o.side,
       opened.at AS opened_at,
       CASE WHEN changed.seq IS NULL THEN o.sl ELSE changed.sl END AS sl,
       CASE WHEN changed.seq IS NULL THEN o.tp ELSE changed.tp END AS tp,
       shown.body->>'sl' AS venue_sl, shown.body->>'tp' AS venue_tp,
       quoted.body->>'bid' AS bid, quoted.body->>'ask' AS ask, quoted.body->>'at' AS quoted_at,
       EXISTS (
           SELECT FROM orders x JOIN order_states xs USING (order_id)
           WHERE x.closes_order_id = o.order_id AND xs.live
       ) AS is_closing,
       ended.at < s.valid_until AS ended_early
FROM order_states st
JOIN orders o USING (order_id)
JOIN intents i USING (intent_id)
LEFT JOIN signals s ON s.signal_id = CASE WHEN i.source = $1 THEN i.trade_id::uuid END
LEFT JOIN signal_ends ended ON ended.signal_id = s.signal_id
LEFT JOIN account_states a ON a.account = o.account
CROSS JOIN LATERAL (
    -- by our clock: a broker's may be off, or play another year
    SELECT coalesce(min(x.received_at), o.planned_at) AS at FROM executions x WHERE x.order_id = o.order_id
) opened
LEFT JOIN LATERAL (
    SELECT m.seq, m.sl, m.tp FROM commands m
    WHERE m.order_id = o.order_id AND m.kind = 'modify' ORDER BY m.seq DESC LIMIT 1
) changed ON true
LEFT JOIN LATERAL (
    SELECT p.body FROM jsonb_array_elements(coalesce(a.positions, a.snapshot->'positions')) AS p(body)
    WHERE p.body->>'position_id' IN (SELECT x.position_id FROM executions x WHERE x.order_id = o.order_id)
    LIMIT 1
) shown ON true
LEFT JOIN LATERAL (
    SELECT q.body FROM jsonb_array_elements(a.snapshot->'quotes') AS q(body)
    WHERE q.body->>'symbol' = o.symbol LIMIT 1
) quoted ON true
WHERE st.live AND st.role = 'entry' AND st.filled_qty > st.closed_qty AND i.source = $1
  AND (s.chain IS NULL OR s.chain = $2)
ORDER BY o.trade_id, o.account;

-- name: route_standing
-- What decides whether an entry could be taken on the route $1 by the strategy $2, as far as it can be seen beforehand.
SELECT jsonb_build_object(
    'exists', r.route IS NOT NULL,
    'enabled', coalesce(r.enabled, false),
    'brakes', (
        SELECT coalesce(jsonb_agg(concat_ws(' ', h.scope, h.mode || ':', h.reason) ORDER BY h.scope), '[]')
        FROM halts h
        WHERE h.scope = 'global' OR (h.scope = 'route' AND h.key = $1) OR (h.scope = 'strategy' AND h.key = $2)
    ),
    'accounts', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'account', a.account, 'enabled', a.enabled AND l.enabled,
            'brake', (SELECT concat_ws(' ', h.mode || ':', h.reason) FROM halts h
                      WHERE h.scope = 'account' AND h.key = a.account),
            'equity', s.snapshot->>'equity', 'peak_equity', n.peak_equity::text,
            'held', (
                SELECT coalesce(jsonb_agg(DISTINCT i.symbol), '[]')
                FROM order_states st JOIN orders o USING (order_id) JOIN intents i USING (intent_id)
                WHERE st.live AND st.role = 'entry' AND st.account = a.account
            )
        ) ORDER BY a.account), '[]')
        FROM route_legs l JOIN accounts a USING (account)
        LEFT JOIN account_states s USING (account) LEFT JOIN account_anchors n USING (account)
        WHERE l.route = $1
    )
) AS standing
FROM (SELECT) one LEFT JOIN routes r ON r.route = $1;
