-- Each statement: a data set within [$1, $2), either of which may be null, oldest first.

-- name: alerts
SELECT alert_id, received_at, source, remote, content_type, outcome, code, intent_id, checks::text AS checks, body
FROM alerts
WHERE ($1::timestamptz IS NULL OR received_at >= $1) AND ($2::timestamptz IS NULL OR received_at < $2)
ORDER BY received_at, alert_id;

-- name: intents
SELECT i.intent_id, i.sequence, i.alert_id, i.received_at, i.source, i.event_id, i.trade_id, i.route, i.symbol,
       b.bot_version, b.action, b.side, b.order_type, b.entry_price, b.stop_limit_price, b.sl, b.tp,
       b.size->>'mode' AS size_mode, (b.size->>'value')::numeric AS size_value, b.close_fraction, b.confidence,
       b.expires_at, b.timestamp_tv, b.weak_id, b.features::text AS features
FROM intents i, jsonb_to_record(i.body) AS b(
    bot_version text, action text, side text, order_type text, entry_price numeric, stop_limit_price numeric,
    sl numeric, tp numeric, size jsonb, close_fraction numeric, confidence numeric, expires_at timestamptz,
    timestamp_tv timestamptz, weak_id boolean, features jsonb
)
WHERE ($1::timestamptz IS NULL OR i.received_at >= $1) AND ($2::timestamptz IS NULL OR i.received_at < $2)
ORDER BY i.sequence;

-- name: orders
SELECT o.order_id, o.planned_at, o.intent_id, o.trade_id, o.account, o.route, o.bot_version, o.role, o.symbol, o.side,
       o.order_type, o.qty, o.price, o.stop_limit_price, o.sl, o.tp, o.valid_until, s.status, s.effective_qty,
       s.filled_qty, s.closed_qty, o.magic, o.client_order_id, o.closes_order_id, o.denial_code, o.denial_text,
       o.checks::text AS checks
FROM orders o LEFT JOIN order_states s USING (order_id)
WHERE ($1::timestamptz IS NULL OR o.planned_at >= $1) AND ($2::timestamptz IS NULL OR o.planned_at < $2)
ORDER BY o.planned_at, o.order_id;

-- name: executions
SELECT account, venue_exec_id, received_at, timestamp_broker, order_id, opening_order_id, trade_id, venue_order_id,
       position_id, symbol, side, entry, fill_price, fill_qty, commission, swap, fee, profit, reason, magic,
       client_order_id, comment, bid_at_send, ask_at_send
FROM executions
WHERE ($1::timestamptz IS NULL OR received_at >= $1) AND ($2::timestamptz IS NULL OR received_at < $2)
ORDER BY received_at, venue_exec_id, account;

-- name: execution_shares
SELECT h.recorded_at, h.account, h.venue_exec_id, h.share, h.order_id, h.opening_order_id, h.trade_id, h.qty,
       h.commission, h.swap, h.fee, h.profit, h.corrects
FROM execution_shares h
WHERE ($1::timestamptz IS NULL OR h.recorded_at >= $1) AND ($2::timestamptz IS NULL OR h.recorded_at < $2)
ORDER BY h.recorded_at, h.account, h.venue_exec_id, h.share;

-- name: legs
-- The newest revision of each leg.
SELECT l.trade_id, l.account, l.revision, l.reconciled_at, b.currency, l.symbol, b.side, l.bot_version, b.order_type,
       l.outcome, b.reason_code, b.reason_text, b.intended_qty, b.filled_qty, b.exit_qty, b.fill_ratio,
       b.entry_price_intended, b.entry_price_filled, b.exit_price_intended, b.exit_price_filled, b.slippage_reference,
       b.slippage_price, b.slippage_bps, b.slippage_cost, b.slippage_signal_bps, b.slippage_arrival_bps,
       b.slippage_broker_bps, (b.latency_ms->>'alert_to_receipt')::float8 AS alert_to_receipt_ms,
       (b.latency_ms->>'receipt_to_decide')::float8 AS receipt_to_decide_ms,
       (b.latency_ms->>'decide_to_node')::float8 AS decide_to_node_ms,
       (b.latency_ms->>'node_to_send')::float8 AS node_to_send_ms,
       (b.latency_ms->>'send_to_fill')::float8 AS send_to_fill_ms, (b.latency_ms->>'total')::float8 AS total_ms,
       b.commission, b.swap, b.fee, b.net_cost, b.gross_pnl, b.net_pnl, b.venue_profit, b.r_multiple,
       b.divergence::text AS divergence, b.opened_at, b.closed_at
FROM leg_heads h JOIN reconciled_legs l USING (trade_id, account, revision), jsonb_to_record(l.body) AS b(
    currency text, side text, order_type text, reason_code text, reason_text text, intended_qty numeric,
    filled_qty numeric, exit_qty numeric, fill_ratio numeric, entry_price_intended numeric,
    entry_price_filled numeric, exit_price_intended numeric, exit_price_filled numeric, slippage_reference text,
    slippage_price numeric, slippage_bps numeric, slippage_cost numeric, slippage_signal_bps numeric,
    slippage_arrival_bps numeric, slippage_broker_bps numeric, latency_ms jsonb, commission numeric, swap numeric,
    fee numeric, net_cost numeric, gross_pnl numeric, net_pnl numeric, venue_profit numeric, r_multiple numeric,
    divergence jsonb, opened_at timestamptz, closed_at timestamptz
)
WHERE ($1::timestamptz IS NULL OR h.reconciled_at >= $1) AND ($2::timestamptz IS NULL OR h.reconciled_at < $2)
ORDER BY h.reconciled_at, h.trade_id, h.account;

-- name: discrepancies
SELECT d.discrepancy_id, d.found_at, d.code, d.account, d.trade_id, d.order_id, d.key, d.occurrence,
       d.expected::text AS expected, d.observed::text AS observed, r.resolved_at, r.how
FROM discrepancies d LEFT JOIN discrepancy_resolutions r USING (discrepancy_id)
WHERE ($1::timestamptz IS NULL OR d.found_at >= $1) AND ($2::timestamptz IS NULL OR d.found_at < $2)
ORDER BY d.found_at, d.discrepancy_id;

-- name: equity
SELECT account, began_at, ended_at, currency, first_balance, first_equity, low_equity, low_at, high_equity, high_at, balance,
       equity, credit, margin, snapshots, recorded_at
FROM account_equity
WHERE ($1::timestamptz IS NULL OR began_at >= $1) AND ($2::timestamptz IS NULL OR began_at < $2)
ORDER BY began_at, account;
