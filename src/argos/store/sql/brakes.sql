-- name: await_leases
-- Leases that have not seen the brake commit first; those that come later will see it.
SELECT pg_advisory_xact_lock(hashtext('argos.halts'));

-- name: set_halt
-- No row back means: there is no such account or route. A strategy may be held before it was ever heard of.
INSERT INTO halts (scope, key, mode, reason, set_by)
SELECT $1, $2, $3, $4, $5
WHERE CASE $1
    WHEN 'account' THEN EXISTS (SELECT FROM accounts a WHERE a.account = $2)
    WHEN 'route' THEN EXISTS (SELECT FROM routes r WHERE r.route = $2)
    ELSE true
END
ON CONFLICT (scope, key) DO UPDATE
SET mode = excluded.mode, reason = excluded.reason, set_by = excluded.set_by, set_at = now()
RETURNING scope;

-- name: resume
DELETE FROM halts WHERE scope = $1 AND key = $2 RETURNING scope;

-- name: underway
-- What a brake of this mode holds ($1 and $2 say whom, $3 how), was handed to a node and has not been heard of since:
-- entries; exits too, if halted. Until its lease is over, $4 seconds after it was given, a node may still send it.
SELECT c.command_id, c.order_id, o.trade_id, c.account, c.symbol, c.kind, c.node, c.leased_at,
       c.leased_at + make_interval(secs => $4) AS sendable_until,
       c.leased_at + make_interval(secs => $4) > clock_timestamp() AS may_be_sent
FROM commands c JOIN orders o USING (order_id)
WHERE c.state = 'leased' AND (NOT c.is_exit OR $3 = 'halted')
  AND CASE $1
      WHEN 'global' THEN true
      WHEN 'account' THEN c.account = $2
      WHEN 'route' THEN o.route = $2
      ELSE o.bot_version = $2
  END
  AND NOT EXISTS (
      SELECT FROM facts f
      WHERE f.order_id = c.order_id AND f.command_id = c.command_id AND f.account = c.account AND f.kind <> 'leased'
  )
ORDER BY c.leased_at DESC
LIMIT 1000;
