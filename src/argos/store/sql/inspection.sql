-- What `argos doctor` asks a server beyond what the API tells.

-- name: server
SELECT version() AS version, clock_timestamp() AS now,
       current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('max_connections')::int AS connections_max,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
       pg_is_in_recovery() AS replica;

-- name: broken_heads
-- Streams whose newest entry is not the one that their head names.
SELECT h.stream FROM audit_heads h
LEFT JOIN LATERAL (
    SELECT l.seq, l.row_hash FROM audit_log l WHERE l.stream = h.stream ORDER BY l.seq DESC LIMIT 1
) newest ON true
WHERE (coalesce(newest.seq, 0), coalesce(newest.row_hash, '')) IS DISTINCT FROM (h.seq, h.row_hash)
ORDER BY h.stream;

-- name: head_count
SELECT count(*) FROM audit_heads;

-- name: doubts
-- Sends of the last day whose outcome was open at first, by account.
SELECT account, count(*)::int AS count FROM facts
WHERE kind = 'in_doubt' AND recorded_at > now() - interval '1 day' GROUP BY account ORDER BY account;

-- name: outcomes
-- What became of the newest orders of the last day, newest first: the 100 newest of each account and role among the
-- 20000 newest of all, which the index by time finds, however many there are. Orders that no venue and no gate has
-- answered yet are left out. `code` is null for what went through; `by_venue` says who refused the others, `said` how.
WITH newest AS MATERIALIZED (
    SELECT order_id, trade_id, account, role, route, denial_code, denial_text, planned_at FROM orders
    WHERE planned_at > now() - interval '1 day' ORDER BY planned_at DESC LIMIT 20000
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY account, role ORDER BY planned_at DESC) AS place FROM newest
), answered AS (
    SELECT r.*, s.status FROM ranked r
    -- row by row: joined, all states of all times would be read
    CROSS JOIN LATERAL (SELECT status FROM order_states WHERE order_id = r.order_id LIMIT 1) s
    WHERE r.place <= 100 AND s.status NOT IN ('planned', 'leased', 'submitted', 'in_doubt', 'expired_unsent')
)
SELECT r.account, r.role, r.route, r.trade_id, r.planned_at, r.status = 'rejected' AS by_venue,
       CASE r.status WHEN 'denied' THEN r.denial_code WHEN 'rejected' THEN coalesce(no.code, 'VENUE_REJECTED') END AS code,
       CASE r.status WHEN 'denied' THEN r.denial_text ELSE no.said END AS said
FROM answered r LEFT JOIN LATERAL (
    SELECT coalesce(nullif(f.body->>'venue_code', ''), f.body->>'code') AS code, f.body->>'text' AS said FROM facts f
    WHERE r.status = 'rejected' AND f.order_id = r.order_id AND f.kind = 'rejected'
      AND f.command_kind IS DISTINCT FROM 'modify' AND f.command_kind IS DISTINCT FROM 'cancel'
    ORDER BY f.recorded_at LIMIT 1
) no ON true
ORDER BY r.account, r.role, r.planned_at DESC;
