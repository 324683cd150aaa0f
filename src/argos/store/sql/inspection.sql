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
