-- Anchors and peaks of accounts, and the brakes that loss limits set.

-- name: watched
-- Accounts with a limit that is measured from an anchor or a peak, or under a firm's rules, with their last snapshot and what is kept of them.
-- One worker at a time keeps them: the others find nothing, as where there is no such account.
SELECT a.account, a.limits, s.snapshot, n.day_opened_at, n.day_taken_at, n.day_balance, n.day_equity,
       n.day_estimated, n.peak_equity, n.peak_balance, n.peak_day_balance, n.last_opened_at, n.last_taken_at,
       n.last_balance, n.last_equity, h.set_by AS braked_by, h.reason AS brake_reason
FROM accounts a
JOIN account_states s USING (account)
LEFT JOIN account_anchors n USING (account)
LEFT JOIN halts h ON h.scope = 'account' AND h.key = a.account
WHERE (a.limits->'risk' ?| ARRAY['daily_loss_fraction_max', 'drawdown_fraction_max'] OR a.limits ? 'firm')
  AND s.snapshot IS NOT NULL
ORDER BY a.account;

-- name: keep
INSERT INTO account_anchors (
    account, day_opened_at, day_taken_at, day_balance, day_equity, day_estimated, peak_equity, peak_balance,
    peak_day_balance, last_opened_at, last_taken_at, last_balance, last_equity
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (account) DO UPDATE
SET day_opened_at = excluded.day_opened_at, day_taken_at = excluded.day_taken_at, day_balance = excluded.day_balance,
    day_equity = excluded.day_equity, day_estimated = excluded.day_estimated, peak_equity = excluded.peak_equity,
    peak_balance = excluded.peak_balance, peak_day_balance = excluded.peak_day_balance,
    last_opened_at = excluded.last_opened_at, last_taken_at = excluded.last_taken_at,
    last_balance = excluded.last_balance, last_equity = excluded.last_equity;

-- name: take_turn
SELECT pg_try_advisory_xact_lock(hashtext('argos.anchors'));

-- name: await_leases
-- As a person's brake does: leases that have not seen this one commit first.
SELECT pg_advisory_xact_lock(hashtext('argos.halts'));

-- name: brake
-- A brake that somebody else set stays as it is: it may be a stricter one. Ours is told anew when its cause changes.
INSERT INTO halts (scope, key, mode, reason, set_by) VALUES ('account', $1, 'reducing', $2, $3)
ON CONFLICT (scope, key) DO UPDATE SET reason = excluded.reason, set_at = now()
WHERE halts.set_by = excluded.set_by AND split_part(halts.reason, ':', 1) <> split_part(excluded.reason, ':', 1);

-- name: release
DELETE FROM halts WHERE scope = 'account' AND key = $1 AND set_by = $2 AND split_part(reason, ':', 1) = $3;
