-- name: expire
-- Entries that no node ever took and that may not be sent any more, locked so that no lease can take them now.
SELECT c.command_id, c.order_id, c.account, c.kind, c.valid_until, o.trade_id, o.qty
FROM commands c JOIN orders o USING (order_id)
WHERE c.state = 'pending' AND NOT c.is_exit AND c.valid_until < $1
ORDER BY c.seq
LIMIT 500
FOR UPDATE OF c SKIP LOCKED;

-- name: end_unsent
-- The part of a lease's writing that a worker has the right to: commands end, the facts say why.
WITH given AS (
    SELECT $1::jsonb AS plan
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
SELECT pg_notify('argos_outbox', 'reconcile') WHERE EXISTS (SELECT FROM reconcile)
UNION ALL
SELECT pg_notify('argos_lane', account)
FROM (SELECT DISTINCT account FROM given, jsonb_to_recordset(plan->'reconcile') AS r(account text)) AS lanes;

-- name: standing_orders
-- Orders that have not ended and have stood still for a while.
SELECT o.*, s.effective_qty
FROM order_states s JOIN orders o USING (order_id)
WHERE s.live AND s.status NOT IN ('filled', 'canceled', 'expired', 'expired_unsent', 'rejected', 'denied')
  AND s.updated_at < $1
ORDER BY s.updated_at
LIMIT 2000;

-- name: unfinished_exits
-- Of each entry that still holds something though it was to be closed, the newest exit, where none is on its way and
-- none is due. An exit of a part is judged by what it filled itself, one of everything by what is left.
SELECT DISTINCT ON (entry.order_id) x.*, xs.status, xs.updated_at, entry.filled_qty - entry.closed_qty AS held_qty
FROM order_states entry
JOIN orders x ON x.closes_order_id = entry.order_id
JOIN order_states xs ON xs.order_id = x.order_id
JOIN commands c ON c.order_id = x.order_id AND c.kind = 'close'
WHERE entry.live AND entry.role = 'entry' AND entry.filled_qty > entry.closed_qty
  AND (coalesce(c.close_fraction, 1) = 1 OR xs.filled_qty < xs.effective_qty)
  AND NOT EXISTS (
      SELECT FROM orders later
      WHERE later.closes_order_id = entry.order_id AND later.intent_id = x.intent_id AND later.planned_at > x.planned_at
  )
  AND NOT EXISTS (
      SELECT FROM orders other JOIN order_states os USING (order_id)
      WHERE other.closes_order_id = entry.order_id AND os.live
  )
  AND NOT EXISTS (SELECT FROM outbox w WHERE w.topic = 'follow_up' AND w.key = entry.order_id::text)
ORDER BY entry.order_id, x.planned_at DESC;

-- name: derived_positions
-- What is held, and nothing of what was.
SELECT t.account, t.symbol, CASE WHEN a.hedging THEN t.position_id END AS position_id, sum(t.qty) AS qty
FROM position_totals t JOIN accounts a USING (account)
GROUP BY 1, 2, 3
HAVING sum(t.qty) <> 0;

-- name: observed_positions
SELECT s.account, a.hedging, s.positions, s.positions_at
FROM account_states s JOIN accounts a USING (account) WHERE s.positions IS NOT NULL;

-- name: account_snapshots
SELECT s.snapshot, s.instruments FROM account_states s JOIN accounts a USING (account) WHERE a.enabled;

-- name: open
SELECT d.discrepancy_id, d.key, d.code, d.occurrence
FROM discrepancies d
WHERE d.code = ANY($1::text[])
  AND NOT EXISTS (SELECT FROM discrepancy_resolutions r WHERE r.discrepancy_id = d.discrepancy_id);

-- name: open_of_legs
SELECT d.discrepancy_id, d.key, d.trade_id, d.account
FROM discrepancies d
WHERE d.code = ANY($1::text[]) AND d.trade_id = ANY($2::text[])
  AND NOT EXISTS (SELECT FROM discrepancy_resolutions r WHERE r.discrepancy_id = d.discrepancy_id);

-- name: record
INSERT INTO discrepancies (
    discrepancy_id, key, occurrence, code, account, trade_id, order_id, expected, observed, found_at
)
SELECT d.discrepancy_id, d.key,
       1 + (SELECT count(*) FROM discrepancies known WHERE known.key = d.key),
       d.code, d.account, d.trade_id, d.order_id, d.expected, d.observed, d.found_at
FROM jsonb_to_recordset($1::jsonb) AS d(
    discrepancy_id uuid, key text, code text, account text, trade_id text, order_id uuid, expected jsonb,
    observed jsonb, found_at timestamptz
)
ON CONFLICT DO NOTHING;

-- name: resolve
INSERT INTO discrepancy_resolutions (discrepancy_id, resolved_at, how)
SELECT id, $2, $3 FROM unnest($1::uuid[]) AS id
ON CONFLICT DO NOTHING;
