-- The calendar of releases around which firms forbid trading.

-- name: put
-- An event that is there already takes the currencies that are told now.
INSERT INTO news_events (at, title, currencies) VALUES ($1, $2, $3)
ON CONFLICT (at, title) DO UPDATE SET currencies = excluded.currencies, recorded_at = now()
WHERE news_events.currencies <> excluded.currencies;

-- name: listed
SELECT at, title, currencies, at < now() AS is_past FROM news_events ORDER BY at, title;

-- name: clear
WITH gone AS (DELETE FROM news_events WHERE at >= $1 RETURNING 1)
SELECT count(*) FROM gone;
