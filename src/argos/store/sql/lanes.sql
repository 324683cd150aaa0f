-- name: touch_node
-- A signed request of a node: the counter must rise. No row back means: it did not, or the node is not enabled.
-- What comes back is also the first glance at the lanes, which spares a poll the next one.
-- A statement on its own, so that leases do not wait for reports. Its commit waits for no disk: should a crash take it
-- back, a copy of that request changes nothing, as facts are unique and every lease looks at the epoch.
UPDATE node_sessions s
SET counter = $2, last_seen_at = clock_timestamp(), key_id = $4
FROM nodes n
WHERE s.node = $1 AND n.node = s.node AND n.enabled AND s.counter < $2
RETURNING s.epoch, s.log_id, n.account, n.venue, s.last_seen_at AS asked_at,
          EXISTS (
              SELECT FROM commands c WHERE c.account = n.account
                AND (c.state = 'pending' OR (c.state = 'leased' AND NOT c.command_id = ANY($3::uuid[])))
          ) AS anything_waits,
          set_config('synchronous_commit', 'off', true);

-- name: node_keys
SELECT n.node, n.account, array_agg(k.key ORDER BY k.slot) AS keys
FROM nodes n JOIN node_keys k USING (node) WHERE n.enabled GROUP BY n.node, n.account;

-- name: hello
-- The lock is stronger than an update's own, so that it waits for the leases under way, and they for it.
WITH held AS MATERIALIZED (
    SELECT node FROM node_sessions WHERE node = $1 FOR UPDATE
)
UPDATE node_sessions s
SET epoch = epoch + 1, log_id = $2, version = $3, terminal = $4, hello_at = clock_timestamp()
FROM held WHERE s.node = held.node
RETURNING s.epoch;

-- name: save_state
INSERT INTO account_states (account, snapshot, instruments, taken_at, received_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account) DO UPDATE
SET snapshot = excluded.snapshot, taken_at = excluded.taken_at, received_at = excluded.received_at,
    instruments = CASE WHEN excluded.instruments = '{}' THEN account_states.instruments ELSE excluded.instruments END
WHERE account_states.taken_at <= excluded.taken_at;

-- name: glance
-- Most polls find nothing to do: they ask once, hold no lock, and need no transaction. What the node says it has
-- in flight waits for its reports, not for a lease.
SELECT epoch, EXISTS (
    SELECT FROM commands c WHERE c.account = $2
      AND (c.state = 'pending' OR (c.state = 'leased' AND NOT c.command_id = ANY($3::uuid[])))
) AS anything_waits
FROM node_sessions WHERE node = $1;

-- name: begin_lease
-- The lock is the one that setting a brake takes alone: it waits for leases that have not seen it to commit, and the
-- statements after this one see it. With BEGIN in one message: a lease is on every order's way.
BEGIN; SELECT pg_advisory_xact_lock_shared(hashtext('argos.halts'));

-- name: begin_lease_together
-- The same for several accounts at once. None of them shall wait for long for what holds another one up.
BEGIN; SET LOCAL lock_timeout = '100ms'; SELECT pg_advisory_xact_lock_shared(hashtext('argos.halts'));

-- name: head_of_lanes
-- The first unfinished command of each lane of some accounts, if it may go out now: never leased, or leased in a way
-- that cannot lead to a second send. A cancel or modify may overtake the order it speaks of once the venue has it. A
-- close that waits for its entry to fill, because the venue holds that and refused to cancel it, holds nobody up once
-- nothing was heard of that entry for five seconds: a cancel may be too late because of a fill that is told next.
-- Each row bears the brakes, and the node's epoch, held against a hello until the commit (not against a request that
-- only raises the counter). Whoever is saying hello gets nothing, and nobody waits for that.
SELECT asker.account, n.epoch, (SELECT coalesce(jsonb_agg(to_jsonb(h)), '[]') FROM halts h) AS halts, head.*
FROM jsonb_to_recordset($1::jsonb) AS asker(account text, node text, log_id uuid, in_flight uuid[])
JOIN node_sessions n ON n.node = asker.node
CROSS JOIN LATERAL (
    SELECT c.command_id, c.seq, c.kind, c.symbol, c.is_exit, c.valid_until, c.attempt, c.state, c.leased_at,
           c.deviation_points, c.price AS new_price, c.sl AS new_sl, c.tp AS new_tp, c.close_fraction, c.log_id,
           o.order_id, o.trade_id, o.route, o.bot_version, o.side, o.order_type, o.qty, o.price, o.stop_limit_price,
           o.sl, o.tp, o.magic, o.client_order_id, o.closes_order_id, o.planned_at,
           i.received_at AS alert_received_at, i.body->>'expires_at' AS intent_expires_at,
           entry.magic AS target_magic, entry.client_order_id AS target_client_order_id,
           entry_state.status AS target_status,
           coalesce(entry_state.filled_qty, 0) AS target_filled, coalesce(entry_state.closed_qty, 0) AS target_closed,
           coalesce(
               (SELECT max(x.position_id) FROM executions x WHERE x.order_id = coalesce(o.closes_order_id, o.order_id)),
               (SELECT max(x.position_id) FROM execution_shares h JOIN executions x USING (account, venue_exec_id)
                WHERE h.order_id = coalesce(o.closes_order_id, o.order_id))
           ) AS position_id,
           (SELECT count(*) FROM unnest(c.depends_on) d JOIN order_states ds ON ds.order_id = d
            WHERE ds.status NOT IN ('denied', 'filled', 'canceled', 'expired', 'expired_unsent', 'rejected')
           ) AS waits_for,
           (SELECT count(*) FROM unnest(c.depends_on) d JOIN order_states ds ON ds.order_id = d
            WHERE ds.status IN ('denied', 'rejected', 'expired')
               -- given up in doubt: what it was to close may be open still
               OR (ds.status = 'expired_unsent' AND EXISTS (
                   SELECT FROM facts f WHERE f.order_id = d AND f.kind = 'not_found'))
               OR (ds.status = 'canceled' AND ds.filled_qty < ds.effective_qty)) AS failed_dependencies,
           EXISTS (SELECT FROM facts f WHERE f.order_id = c.order_id AND f.command_id = c.command_id
                   AND f.account = c.account AND f.kind <> 'leased') AS was_heard_of
    FROM commands c
    JOIN orders o USING (order_id)
    JOIN intents i ON i.intent_id = c.intent_id
    LEFT JOIN orders entry ON entry.order_id = o.closes_order_id
    LEFT JOIN order_states entry_state ON entry_state.order_id = o.closes_order_id
    WHERE c.account = asker.account AND c.state <> 'done'
      AND NOT EXISTS (
          SELECT FROM commands older
          WHERE older.account = c.account AND older.symbol = c.symbol AND older.state <> 'done' AND older.seq < c.seq
            AND NOT (
                c.kind IN ('cancel', 'modify') AND older.state = 'leased' AND older.kind = 'submit'
                AND EXISTS (
                    SELECT FROM order_states os
                    WHERE os.order_id = older.order_id AND os.status IN ('accepted', 'partially_filled')
                )
            )
            AND NOT (
                older.kind = 'close' AND older.state = 'pending'
                AND EXISTS (
                    SELECT FROM orders ox JOIN order_states os ON os.order_id = ox.closes_order_id
                    WHERE ox.order_id = older.order_id AND os.status IN ('accepted', 'partially_filled')
                      AND os.filled_qty <= os.closed_qty AND os.updated_at < clock_timestamp() - interval '5 seconds'
                )
            )
      )
      AND (
          c.state = 'pending'
          -- the answer that carried it was lost: the node's log has never seen it, or would know it again
          -- (what was told before this lease was told by a log that is lost, and is no word about this one)
          OR (c.log_id = asker.log_id AND NOT c.command_id = ANY(asker.in_flight) AND NOT EXISTS (
              SELECT FROM facts f WHERE f.order_id = c.order_id AND f.command_id = c.command_id
                AND f.account = c.account AND f.kind <> 'leased'
                AND (f.epoch >= c.epoch OR f.recorded_at > c.leased_at)))
          -- the node's log was lost: only when the lease has surely ended, and then it looks before it sends
          OR (c.log_id <> asker.log_id AND c.leased_at < clock_timestamp() - make_interval(secs => $2))
      )
    ORDER BY c.seq
    LIMIT 64
    FOR UPDATE OF c SKIP LOCKED
) head
ORDER BY asker.account, head.seq
FOR KEY SHARE OF n SKIP LOCKED;

-- name: halts
SELECT scope, key, mode, reason FROM halts;

-- name: save_lease
-- Commands leave, or end unsent; the facts say which. One statement, so a crash leaves all of it or nothing.
WITH given AS (
    SELECT $1::jsonb AS plan
), leased AS (
    UPDATE commands c
    SET state = 'leased', node = l.node, epoch = l.epoch, log_id = l.log_id, attempt = l.attempt,
        leased_at = clock_timestamp()
    FROM given, jsonb_to_recordset(plan->'leased') AS l(
        command_id uuid, node text, epoch bigint, log_id uuid, attempt integer
    )
    WHERE c.command_id = l.command_id
), ended AS (
    UPDATE commands c SET state = 'done', done_at = clock_timestamp()
    FROM given, jsonb_to_recordset(plan->'ended') AS e(command_id uuid)
    WHERE c.command_id = e.command_id
), new_facts AS (
    INSERT INTO facts (account, fact_id, kind, order_id, command_id, command_kind, at, node, epoch, body)
    SELECT f.* FROM given, jsonb_to_recordset(plan->'facts') AS f(
        account text, fact_id uuid, kind text, order_id uuid, command_id uuid, command_kind text, at timestamptz,
        node text, epoch bigint, body jsonb
    )
    ON CONFLICT DO NOTHING
), new_states AS (
    UPDATE order_states s
    SET status = n.status, effective_qty = n.effective_qty, updated_at = clock_timestamp()
    FROM given, jsonb_to_recordset(plan->'states') AS n(order_id uuid, status text, effective_qty numeric)
    WHERE s.order_id = n.order_id
), reconcile AS (
    INSERT INTO outbox (topic, key, payload)
    SELECT DISTINCT 'reconcile', r.trade_id || '|' || r.account,
           jsonb_build_object('trade_id', r.trade_id, 'account', r.account)
    FROM given, jsonb_to_recordset(plan->'reconcile') AS r(trade_id text, account text)
    RETURNING true AS queued
)
SELECT pg_notify('argos_outbox', 'reconcile') WHERE EXISTS (SELECT FROM reconcile);

-- name: use_code
-- A code works once, in its time, for the node it was made for.
UPDATE enrolment_codes c SET used_at = now()
FROM nodes n
WHERE c.code_hash = $1 AND c.used_at IS NULL AND c.expires_at > now()
  AND n.node = c.node AND n.account = $2 AND n.venue = $3 AND n.enabled
RETURNING c.node;

-- name: add_key
INSERT INTO node_keys (node, slot, key)
SELECT $1, free.slot, $2
FROM (VALUES (1::smallint), (2::smallint)) AS free(slot)
WHERE NOT EXISTS (SELECT FROM node_keys k WHERE k.node = $1 AND k.slot = free.slot)
ORDER BY free.slot LIMIT 1
RETURNING slot;

-- name: key_changes
-- Keys that shall be exchanged, and those whose use ends another. None of either kind on an ordinary day.
SELECT k.node, k.key_id, k.created_at <= n.rekey_wanted_at AS is_unwanted, old.key_id IS NOT NULL AS is_successor
FROM node_keys k
JOIN nodes n USING (node)
LEFT JOIN node_keys old ON old.node = k.node AND old.key_id = k.replaces
WHERE n.enabled AND (k.created_at <= n.rekey_wanted_at OR old.key_id IS NOT NULL);

-- name: drop_other_keys
-- A successor that was never used, or the key of an older enrolment: the one that signs now stays.
DELETE FROM node_keys WHERE node = $1 AND key_id <> $2;

-- name: put_successor
-- Only while the operator wants it: whoever took hold of a key cannot exchange it at will.
INSERT INTO node_keys (node, slot, key, replaces)
SELECT k.node, 3 - k.slot, $3, k.key_id
FROM node_keys k JOIN nodes n USING (node)
WHERE k.node = $1 AND k.key_id = $2 AND n.enabled AND k.created_at <= n.rekey_wanted_at
RETURNING key_id;

-- name: end_replaced_key
DELETE FROM node_keys old USING node_keys k
WHERE k.node = $1 AND k.key_id = $2 AND old.node = k.node AND old.key_id = k.replaces
RETURNING old.key_id;

-- name: begin_sessions
INSERT INTO node_sessions (node) VALUES ($1) ON CONFLICT DO NOTHING;
