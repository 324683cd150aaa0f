-- Daily closing prices: what sources said of them, and the series that decisions are made by.

-- name: put
-- What was written first of a symbol, source and day stays.
WITH added AS (
    INSERT INTO daily_closes (symbol, day, close, source)
    SELECT * FROM unnest($1::text[], $2::date[], $3::numeric[], $4::text[])
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM added;

-- name: newest
-- Of each symbol the newest 61 closes by one source: a market's before a fixture's, then the one with the newest day,
-- then the one that was written last. What is older than 120 days tells nothing of today.
SELECT chosen.symbol, chosen.source, c.day, c.close
FROM (
    SELECT DISTINCT ON (symbol) symbol, source
    FROM (
        SELECT symbol, source, max(day) AS day, max(recorded_at) AS recorded_at
        FROM daily_closes
        WHERE symbol = ANY($1::text[]) AND day > current_date - 120
        GROUP BY symbol, source
    ) AS sources
    ORDER BY symbol, source LIKE 'simulated:%', day DESC, recorded_at DESC, source
) AS chosen
CROSS JOIN LATERAL (
    SELECT day, close FROM daily_closes
    WHERE symbol = chosen.symbol AND source = chosen.source AND day > current_date - 120
    ORDER BY day DESC LIMIT 61
) AS c
ORDER BY chosen.symbol, c.day;

-- name: listed
SELECT symbol, source, min(day) AS first_day, max(day) AS last_day, count(*) AS days, max(recorded_at) AS recorded_at
FROM daily_closes GROUP BY symbol, source ORDER BY symbol, source;
