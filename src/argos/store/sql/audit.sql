-- name: heads
SELECT stream, seq, row_hash FROM audit_heads ORDER BY stream;

-- name: subjects
SELECT subject FROM audit_subjects ORDER BY subject;

-- name: entries
-- The whole log in the order of its chains; `detail` as the text that was hashed.
SELECT stream, seq, at, subject, keys, digests, prev_hash, row_hash, detail::text AS detail
FROM audit_log ORDER BY stream, seq;

-- name: differences
-- What the entries of one subject say against the rows as they are now; $1 is the subject, and in the
-- braces goes its statement from below.
WITH covered AS (
    SELECT l.stream, l.seq, k.key, substring(l.digests FROM (32 * k.n - 31)::integer FOR 32) AS digest
    FROM audit_log l, unnest(l.keys) WITH ORDINALITY AS k(key, n)
    WHERE l.stream = $1 OR (l.stream >= $1 || ':' AND l.stream < $1 || ';')
), present AS (
    {rows}
)
SELECT coalesce(covered.stream, present.stream) AS stream, covered.seq, coalesce(covered.key, present.key) AS key,
       covered.digest AS written, present.digest AS found
FROM covered FULL JOIN present ON covered.stream = present.stream AND covered.key = present.key
WHERE covered.digest IS DISTINCT FROM present.digest;

-- name: alerts
SELECT 'alerts' AS stream, r.alert_id::text AS key, sha256(record_send(ROW(
    r.received_at, convert_to(r.source, 'UTF8'), convert_to(r.remote, 'UTF8'), convert_to(r.content_type, 'UTF8'),
    r.body, convert_to(r.checks::text, 'UTF8'), convert_to(r.outcome, 'UTF8'), convert_to(r.code, 'UTF8'), r.intent_id
))) AS digest FROM alerts r

-- name: intents
SELECT 'intents' AS stream, r.intent_id::text AS key, sha256(record_send(ROW(
    r.sequence, r.alert_id, convert_to(r.source, 'UTF8'), r.event_id, convert_to(r.trade_id, 'UTF8'),
    convert_to(r.route, 'UTF8'), convert_to(r.symbol, 'UTF8'), r.received_at, r.content_hash,
    convert_to(r.body::text, 'UTF8')
))) AS digest FROM intents r

-- name: orders
SELECT 'orders' AS stream, r.order_id::text AS key, sha256(record_send(ROW(
    r.intent_id, convert_to(r.trade_id, 'UTF8'), convert_to(r.account, 'UTF8'), convert_to(r.route, 'UTF8'),
    convert_to(r.bot_version, 'UTF8'), convert_to(r.role, 'UTF8'), convert_to(r.symbol, 'UTF8'),
    convert_to(r.side, 'UTF8'), convert_to(r.order_type, 'UTF8'), r.qty, r.price, r.stop_limit_price, r.sl, r.tp,
    r.valid_until, r.magic, convert_to(r.client_order_id, 'UTF8'), r.planned_at, convert_to(r.denial_code, 'UTF8'),
    convert_to(r.denial_text, 'UTF8'), r.closes_order_id, convert_to(r.checks::text, 'UTF8')
))) AS digest FROM orders r

-- name: leg_refusals
SELECT 'leg_refusals' AS stream, json_build_array(r.intent_id, r.account, r.code)::text AS key, sha256(record_send(ROW(
    convert_to(r.trade_id, 'UTF8'), convert_to(r.text, 'UTF8'), r.refused_at
))) AS digest FROM leg_refusals r

-- name: facts
SELECT 'facts:' || r.account AS stream, r.fact_id::text AS key, sha256(record_send(ROW(
    convert_to(r.kind, 'UTF8'), r.order_id, r.command_id, convert_to(r.command_kind, 'UTF8'), r.at, r.recorded_at,
    convert_to(r.node, 'UTF8'), r.epoch, convert_to(r.body::text, 'UTF8')
))) AS digest FROM facts r

-- name: executions
SELECT 'executions:' || r.account AS stream, r.venue_exec_id AS key, sha256(record_send(ROW(
    r.order_id, r.opening_order_id, convert_to(r.trade_id, 'UTF8'), convert_to(r.venue_order_id, 'UTF8'),
    convert_to(r.position_id, 'UTF8'), convert_to(r.symbol, 'UTF8'), convert_to(r.side, 'UTF8'),
    convert_to(r.entry, 'UTF8'), r.fill_price, r.fill_qty, r.commission, r.swap, r.fee, r.profit,
    convert_to(r.reason, 'UTF8'), r.magic, convert_to(r.client_order_id, 'UTF8'), convert_to(r.comment, 'UTF8'),
    r.bid_at_send, r.ask_at_send, r.timestamp_broker, r.received_at
))) AS digest FROM executions r

-- name: execution_shares
SELECT 'execution_shares:' || r.account AS stream, json_build_array(r.venue_exec_id, r.share)::text AS key,
       sha256(record_send(ROW(
    r.order_id, r.opening_order_id, convert_to(r.trade_id, 'UTF8'), r.qty, r.commission, r.swap, r.fee, r.profit,
    r.corrects, r.recorded_at
))) AS digest FROM execution_shares r

-- name: reconciled_legs
SELECT 'reconciled_legs' AS stream, json_build_array(r.trade_id, r.account, r.revision)::text AS key,
       sha256(record_send(ROW(
    convert_to(r.symbol, 'UTF8'), convert_to(r.bot_version, 'UTF8'), convert_to(r.outcome, 'UTF8'),
    convert_to(r.digest, 'UTF8'), convert_to(r.body::text, 'UTF8'), r.reconciled_at
))) AS digest FROM reconciled_legs r

-- name: discrepancies
SELECT 'discrepancies' AS stream, r.discrepancy_id::text AS key, sha256(record_send(ROW(
    convert_to(r.key, 'UTF8'), r.occurrence, convert_to(r.code, 'UTF8'), convert_to(r.account, 'UTF8'),
    convert_to(r.trade_id, 'UTF8'), r.order_id, convert_to(r.expected::text, 'UTF8'),
    convert_to(r.observed::text, 'UTF8'), r.found_at
))) AS digest FROM discrepancies r

-- name: discrepancy_resolutions
SELECT 'discrepancy_resolutions' AS stream, r.discrepancy_id::text AS key, sha256(record_send(ROW(
    r.resolved_at, convert_to(r.how, 'UTF8')
))) AS digest FROM discrepancy_resolutions r

-- name: alarms
SELECT 'alarms' AS stream, r.alarm_id::text AS key, sha256(record_send(ROW(
    r.raised_at, convert_to(r.code, 'UTF8'), convert_to(r.account, 'UTF8'), r.order_id, convert_to(r.text, 'UTF8')
))) AS digest FROM alarms r

-- name: manual_decisions
SELECT 'manual_decisions' AS stream, r.decision_id::text AS key, sha256(record_send(ROW(
    r.order_id, r.discrepancy_id, convert_to(r.decision, 'UTF8'), convert_to(r.reason, 'UTF8'),
    convert_to(r.decided_by, 'UTF8'), r.decided_at
))) AS digest FROM manual_decisions r
