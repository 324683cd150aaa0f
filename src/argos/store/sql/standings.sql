-- What decisions read of accounts with risk limits, under a firm's rules, or for sizes by consensus. Each for those alone
-- that ask for it.

-- name: recent_entries
-- Entries of the last $2 seconds, denied ones left out. Asked for accounts with risk limits alone, as the next one.
SELECT account, intent_id::text, bot_version, symbol, side, planned_at FROM orders
WHERE account = ANY($1::text[]) AND role = 'entry' AND denial_code IS NULL AND planned_at > now() - make_interval(secs => $2);

-- name: recent_closes
SELECT account, symbol, max(received_at) AS closed_at FROM executions
WHERE account = ANY($1::text[]) AND entry <> 'in' AND received_at > now() - make_interval(secs => $2)
GROUP BY account, symbol;

-- name: anchors
SELECT * FROM account_anchors WHERE account = ANY($1::text[]);

-- name: news
-- Events whose window of $1 seconds is not over, the next first; far more than a year's calendar has is a mistake.
SELECT at, title, currencies FROM news_events WHERE at > now() - make_interval(secs => $1) ORDER BY at LIMIT 5000;

-- name: requests
-- Commands that left for the venue since each account's day began, every attempt counted. $3 bounds the search in time.
SELECT d.account, coalesce(sum(greatest(c.attempt, 1)) FILTER (WHERE c.account IS NOT NULL), 0)::integer AS requests
FROM unnest($1::text[], $2::timestamptz[]) AS d(account, since)
LEFT JOIN commands c ON c.account = d.account AND c.leased_at >= d.since AND c.created_at >= $3
GROUP BY d.account;
