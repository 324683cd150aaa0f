-- name: put_account
INSERT INTO accounts (account, venue, currency, hedging, enabled, limits) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account) DO UPDATE
SET venue = excluded.venue, currency = excluded.currency, hedging = excluded.hedging, enabled = excluded.enabled,
    limits = excluded.limits
RETURNING (xmax = 0) AS added;

-- name: accounts
SELECT a.account, a.venue, a.currency, a.hedging, a.enabled, a.limits FROM accounts a ORDER BY a.account;

-- name: reset_peaks
-- A firm goes on measuring from its own peak: under its rules only that of equity, which our drawdown is measured from.
UPDATE account_anchors n
SET peak_equity = last_equity,
    peak_balance = CASE WHEN a.limits ? 'firm' THEN peak_balance ELSE last_balance END,
    peak_day_balance = CASE WHEN a.limits ? 'firm' THEN peak_day_balance ELSE last_balance END
FROM accounts a
WHERE a.account = n.account AND n.account = $1
RETURNING n.account;

-- name: anchors
SELECT account, day_opened_at, day_balance, day_equity, day_estimated, peak_equity, last_equity, last_taken_at
FROM account_anchors ORDER BY account;

-- name: put_route
INSERT INTO routes (route, enabled, size, expiry_s, alert_age_s_max) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (route) DO UPDATE
SET enabled = excluded.enabled, size = excluded.size, expiry_s = excluded.expiry_s,
    alert_age_s_max = excluded.alert_age_s_max
RETURNING (xmax = 0) AS added;

-- name: put_leg
INSERT INTO route_legs (route, account, share, size, symbol_map, hours, enabled) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (route, account) DO UPDATE
SET share = excluded.share, size = excluded.size, symbol_map = excluded.symbol_map, hours = excluded.hours,
    enabled = excluded.enabled;

-- name: remove_leg
DELETE FROM route_legs WHERE route = $1 AND account = $2 RETURNING route;

-- name: routes
SELECT r.route, r.enabled, r.size, r.expiry_s, r.alert_age_s_max,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
           'account', l.account, 'share', l.share::text, 'size', l.size, 'symbol_map', l.symbol_map,
           'hours', l.hours, 'enabled', l.enabled
       ) ORDER BY l.account), '[]') FROM route_legs l WHERE l.route = r.route) AS legs
FROM routes r ORDER BY r.route;

-- name: put_hook
-- Without a key hash an existing hook keeps its address; a new one needs it.
INSERT INTO hooks (hook, key_hash, needs_secret, networks, rate_per_minute, routes, enabled)
VALUES ($1, coalesce($2, (SELECT h.key_hash FROM hooks h WHERE h.hook = $1)), $3, $4, $5, $6, $7)
ON CONFLICT (hook) DO UPDATE
SET key_hash = excluded.key_hash, needs_secret = excluded.needs_secret,
    networks = excluded.networks, rate_per_minute = excluded.rate_per_minute, routes = excluded.routes,
    enabled = excluded.enabled
RETURNING (xmax = 0) AS added;

-- name: hooks
SELECT h.hook, h.needs_secret, h.networks, h.rate_per_minute, h.routes, h.enabled,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('slot', s.slot, 'created_at', s.created_at) ORDER BY s.slot), '[]')
        FROM hook_secrets s WHERE s.hook = h.hook) AS secrets
FROM hooks h ORDER BY h.hook;

-- name: put_secret
-- Into the free slot, else in place of the older of the two.
INSERT INTO hook_secrets (hook, slot, secret_hash)
SELECT $1, slot.n, $2
FROM (VALUES (1::smallint), (2::smallint)) AS slot(n)
LEFT JOIN hook_secrets s ON s.hook = $1 AND s.slot = slot.n
ORDER BY s.created_at NULLS FIRST, slot.n
LIMIT 1
ON CONFLICT (hook, slot) DO UPDATE SET secret_hash = excluded.secret_hash, created_at = now()
RETURNING slot;

-- name: drop_secret
-- The older of the two; the last one stays.
DELETE FROM hook_secrets s
WHERE s.hook = $1 AND s.slot = (
    SELECT o.slot FROM hook_secrets o WHERE o.hook = $1 ORDER BY o.created_at LIMIT 1
) AND (SELECT count(*) FROM hook_secrets c WHERE c.hook = $1) > 1
RETURNING slot;

-- name: put_api_key
INSERT INTO api_keys (name, key_hash, scopes) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET key_hash = excluded.key_hash, scopes = excluded.scopes, revoked_at = NULL;

-- name: api_keys
SELECT name, scopes, created_at, revoked_at FROM api_keys ORDER BY name;

-- name: revoke_api_key
UPDATE api_keys SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL RETURNING name;

-- name: put_node
INSERT INTO nodes (node, account, venue, enabled) VALUES ($1, $2, $3, $4)
ON CONFLICT (node) DO UPDATE
SET account = excluded.account, venue = excluded.venue, enabled = excluded.enabled
RETURNING (xmax = 0) AS added;

-- name: nodes
SELECT n.node, n.account, n.venue, n.enabled, s.epoch, s.version, s.hello_at, s.last_seen_at,
       (SELECT count(*) FROM node_keys k WHERE k.node = n.node) AS keys
FROM nodes n LEFT JOIN node_sessions s USING (node) ORDER BY n.node;

-- name: put_code
INSERT INTO enrolment_codes (code_hash, node, expires_at)
VALUES ($1, $2, now() + interval '10 minutes') RETURNING expires_at;

-- name: want_rekey
-- A new wish in place of an older one: what was given out for that and never used is exchanged as well.
UPDATE nodes SET rekey_wanted_at = clock_timestamp() WHERE node = $1 RETURNING rekey_wanted_at;

-- name: node_keys
-- The newest first. The one in use signed the node's newest request.
SELECT k.key_id, k.created_at, k.replaces, k.key_id IS NOT DISTINCT FROM s.key_id AS in_use,
       n.rekey_wanted_at IS NOT NULL AND k.created_at > n.rekey_wanted_at AS is_wanted
FROM nodes n JOIN node_keys k USING (node) LEFT JOIN node_sessions s USING (node)
WHERE n.node = $1 ORDER BY k.created_at DESC, k.slot;

-- name: drop_keys
DELETE FROM node_keys WHERE node = $1 RETURNING slot;

-- name: put_key
INSERT INTO node_keys (node, slot, key) VALUES ($1, 1, $2)
ON CONFLICT (node, slot) DO UPDATE SET key = excluded.key, created_at = now();

-- name: put_decision
INSERT INTO manual_decisions (decision_id, order_id, discrepancy_id, decision, reason, decided_by, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, now());

-- name: given_up
SELECT outbox_id, substr(topic, 6) AS step, key, attempts, last_error, created_at
FROM outbox WHERE topic LIKE 'dead:%' ORDER BY outbox_id LIMIT 1000;

-- name: retry
WITH retried AS (
    UPDATE outbox SET topic = substr(topic, 6), attempts = 0, available_at = now()
    WHERE topic LIKE 'dead:%' AND outbox_id = ANY($1)
    RETURNING outbox_id, topic
), woken AS (
    SELECT pg_notify('argos_outbox', topic) FROM (SELECT DISTINCT topic FROM retried) AS topics
)
SELECT coalesce(array_agg(outbox_id ORDER BY outbox_id), '{}') FROM retried
WHERE (SELECT count(*) FROM woken) >= 0;
