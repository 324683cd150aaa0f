-- name: set_halt
INSERT INTO halts (scope, key, mode, reason, set_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (scope, key) DO UPDATE
SET mode = excluded.mode, reason = excluded.reason, set_by = excluded.set_by, set_at = now();

-- name: resume
DELETE FROM halts WHERE scope = $1 AND key = $2 RETURNING scope;

-- name: underway
-- Entries that were handed to a node within the last lease and of which nothing was heard yet.
SELECT c.command_id
FROM commands c JOIN orders o USING (order_id)
WHERE c.state = 'leased' AND NOT c.is_exit AND c.leased_at > clock_timestamp() - interval '15 seconds'
  AND CASE $1
      WHEN 'global' THEN true
      WHEN 'account' THEN c.account = $2
      WHEN 'route' THEN o.route = $2
      ELSE o.bot_version = $2
  END
  AND NOT EXISTS (
      SELECT FROM facts f WHERE f.account = c.account AND f.command_id = c.command_id AND f.kind <> 'leased'
  );
