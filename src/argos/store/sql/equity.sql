-- What accounts were worth over time.

-- name: append
-- A span that is there already is nothing new.
INSERT INTO account_equity (
    account, began_at, ended_at, first_balance, first_equity, low_equity, low_at, high_equity, high_at, balance, equity,
    credit, margin, currency, snapshots
)
SELECT r.* FROM jsonb_to_recordset($1::jsonb) AS r(
    account text, began_at timestamptz, ended_at timestamptz, first_balance numeric, first_equity numeric,
    low_equity numeric, low_at timestamptz, high_equity numeric, high_at timestamptz, balance numeric, equity numeric,
    credit numeric, margin numeric, currency text, snapshots integer
)
ON CONFLICT DO NOTHING;

-- name: accounts
SELECT a.account, a.currency, a.limits, s.snapshot, s.instruments, s.taken_at
FROM accounts a LEFT JOIN account_states s USING (account)
WHERE $1::text IS NULL OR a.account = $1
ORDER BY a.account;

-- name: count
SELECT count(*) FROM account_equity
WHERE account = $1 AND began_at >= coalesce($2::timestamptz, '-infinity') AND began_at < coalesce($3::timestamptz, 'infinity');

-- name: spans
-- Put together to stretches of $4 seconds, which divide a quarter of an hour; extremes and their moments stay.
SELECT min(began_at) AS began_at, max(ended_at) AS ended_at,
       (array_agg(first_balance ORDER BY began_at))[1] AS first_balance,
       (array_agg(first_equity ORDER BY began_at))[1] AS first_equity,
       min(low_equity) AS low_equity, (array_agg(low_at ORDER BY low_equity, low_at))[1] AS low_at,
       max(high_equity) AS high_equity, (array_agg(high_at ORDER BY high_equity DESC, high_at))[1] AS high_at,
       (array_agg(balance ORDER BY ended_at DESC))[1] AS balance,
       (array_agg(equity ORDER BY ended_at DESC))[1] AS equity,
       (array_agg(credit ORDER BY ended_at DESC))[1] AS credit
FROM account_equity
WHERE account = $1 AND began_at >= coalesce($2::timestamptz, '-infinity') AND began_at < coalesce($3::timestamptz, 'infinity')
GROUP BY floor(extract(epoch FROM began_at) / $4::integer)
ORDER BY 1;

-- name: moves
-- What executions did to the balance: `booked` as a margin account's, `paid` as the cash of one that pays for what it holds.
SELECT timestamp_broker AS at, profit - commission - swap - fee AS booked,
       CASE side WHEN 'buy' THEN -1 ELSE 1 END * fill_qty * fill_price - commission - swap - fee AS paid
FROM executions
WHERE account = $1 AND timestamp_broker >= $2 AND timestamp_broker <= $3
ORDER BY timestamp_broker, venue_exec_id;

-- name: bookings
-- Bookings that belong to no execution, in the venue's words, by when a node told of them.
SELECT recorded_at AS at, body->'charge'->>'type' AS kind, body->'charge'->>'amount' AS amount
FROM facts
WHERE account = $1 AND kind = 'snapshot' AND body ? 'charge'
ORDER BY recorded_at, fact_id;
