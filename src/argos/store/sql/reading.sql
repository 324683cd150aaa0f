-- The lists of the API. Every statement takes $1 how many, $2 and $3 where the page begins (moment, ids), then its
-- filters in the order of the list's filter model, since and until first; and gives the item as JSON text, its moment and its ids.

-- name: alerts
SELECT json_build_object(
           'alert_id', a.alert_id, 'received_at', wire_moment(a.received_at), 'source', a.source,
           'remote', a.remote, 'outcome', a.outcome, 'code', a.code,
           'why', (SELECT c->>'why' FROM jsonb_array_elements(a.checks) c WHERE NOT (c->>'ok')::boolean LIMIT 1),
           'intent_id', a.intent_id, 'event_id', i.event_id, 'trade_id', i.trade_id, 'symbol', i.symbol,
           'route', i.route
       )::text AS item,
       a.received_at AS moment, ARRAY[a.alert_id::text] AS ids
FROM alerts a LEFT JOIN intents i ON i.intent_id = a.intent_id
WHERE (a.received_at, a.alert_id) < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1]::uuid)
  AND a.received_at >= coalesce($4::timestamptz, '-infinity') AND a.received_at < coalesce($5::timestamptz, 'infinity')
  AND ($6::text IS NULL OR a.outcome = $6)
  AND ($7::boolean IS NULL OR (a.outcome = 'refused') = $7)
  AND ($8::text IS NULL OR a.code = $8)
  AND ($9::text IS NULL OR a.source = $9)
  AND ($10::text IS NULL OR i.route = $10)
  AND ($11::text IS NULL OR i.trade_id = $11)
  AND ($12::text IS NULL OR i.symbol = $12)
ORDER BY a.received_at DESC, a.alert_id DESC
LIMIT $1;

-- name: intents
-- In the order of acceptance. An intent is decided once its step has left the outbox. To a trade also belong intents
-- that moved its orders under another name: the reverse that closed it.
SELECT (i.body || jsonb_build_object(
           'alert_id', i.alert_id, 'sequence', i.sequence, 'status', coalesce((
               SELECT CASE w.topic WHEN 'decide' THEN 'waiting' ELSE 'failed' END FROM outbox w
               WHERE w.topic IN ('decide', 'dead:decide') AND w.key = i.route || '|' || i.symbol
                 AND w.payload->>'intent_id' = i.intent_id::text
               LIMIT 1
           ), 'decided')
       ))::text AS item,
       i.received_at AS moment, ARRAY[i.sequence::text] AS ids
FROM intents i
WHERE ($2::timestamptz IS NULL OR i.sequence < ($3::text[])[1]::bigint)
  AND i.received_at >= coalesce($4::timestamptz, '-infinity') AND i.received_at < coalesce($5::timestamptz, 'infinity')
  AND (
      $6::text IS NULL OR i.trade_id = $6
      OR i.intent_id = ANY(ARRAY(SELECT o.intent_id FROM orders o WHERE o.trade_id = $6))
  )
  AND ($7::text IS NULL OR i.symbol = $7)
  AND ($8::text IS NULL OR i.route = $8)
  AND ($9::text IS NULL OR i.body->>'action' = $9)
  AND ($10::text IS NULL OR i.body->>'bot_version' = $10)
  AND ($11::text IS NULL OR i.source = $11)
  AND ($12::uuid IS NULL OR i.intent_id = $12)
ORDER BY i.sequence DESC
LIMIT $1;

-- name: orders
SELECT json_build_object(
           'order_id', o.order_id, 'intent_id', o.intent_id, 'trade_id', o.trade_id, 'account', o.account,
           'route', o.route, 'bot_version', o.bot_version, 'role', o.role, 'status', s.status, 'symbol', o.symbol,
           'side', o.side, 'order_type', o.order_type, 'qty', wire_decimal(o.qty),
           'effective_qty', wire_decimal(s.effective_qty), 'filled_qty', wire_decimal(s.filled_qty),
           'closed_qty', wire_decimal(s.closed_qty), 'price', wire_decimal(o.price),
           'stop_limit_price', wire_decimal(o.stop_limit_price), 'sl', wire_decimal(o.sl), 'tp', wire_decimal(o.tp),
           'valid_until', wire_moment(o.valid_until), 'magic', o.magic::text, 'client_order_id', o.client_order_id,
           'closes_order_id', o.closes_order_id, 'planned_at', wire_moment(o.planned_at),
           'updated_at', wire_moment(s.updated_at), 'denial_code', o.denial_code, 'denial_text', o.denial_text,
           'checks', o.checks
       )::text AS item,
       o.planned_at AS moment, ARRAY[o.order_id::text] AS ids
FROM orders o JOIN order_states s USING (order_id)
WHERE (o.planned_at, o.order_id) < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1]::uuid)
  AND o.planned_at >= coalesce($4::timestamptz, '-infinity') AND o.planned_at < coalesce($5::timestamptz, 'infinity')
  AND ($6::text IS NULL OR o.trade_id = $6)
  AND ($7::text IS NULL OR o.account = $7)
  AND ($8::text IS NULL OR o.symbol = $8)
  AND ($9::text IS NULL OR s.status = $9)
  AND ($10::text IS NULL OR o.role = $10)
  AND ($11::text IS NULL OR o.route = $11)
  AND ($12::text IS NULL OR o.bot_version = $12)
  AND ($13::text IS NULL OR o.denial_code = $13)
ORDER BY o.planned_at DESC, o.order_id DESC
LIMIT $1;

-- name: executions
-- The status is that of the order behind the fill; a stop or target that the venue filled itself is filled. Whose it is
-- may have been told, or have followed, later than the fill itself.
SELECT json_build_object(
           'account', x.account, 'trade_id', x.trade_id, 'order_id', x.order_id,
           'opening_order_id', x.opening_order_id, 'broker_ticket_id', x.venue_order_id,
           'position_id', x.position_id, 'venue_exec_id', x.venue_exec_id, 'symbol', x.symbol, 'side', x.side,
           'entry', x.entry, 'fill_price', wire_decimal(x.fill_price), 'fill_qty', wire_decimal(x.fill_qty),
           'commission', wire_decimal(x.commission), 'swap', wire_decimal(x.swap), 'fee', wire_decimal(x.fee),
           'profit', wire_decimal(x.profit), 'reason', x.reason,
           'status', CASE WHEN x.trade_id LIKE 'external:%' THEN 'external' ELSE coalesce(s.status, 'filled') END,
           'magic', x.magic::text, 'client_order_id', x.client_order_id, 'comment', x.comment,
           'bid_at_send', wire_decimal(x.bid_at_send), 'ask_at_send', wire_decimal(x.ask_at_send),
           'timestamp_broker', wire_moment(x.timestamp_broker), 'received_at', wire_moment(x.received_at)
       )::text AS item,
       x.received_at AS moment, ARRAY[x.venue_exec_id, x.account] AS ids
FROM (
    SELECT told.account, coalesce(now.trade_id, told.trade_id) AS trade_id,
           CASE WHEN now.share IS NULL THEN told.order_id ELSE now.order_id END AS order_id,
           CASE WHEN now.share IS NULL THEN told.opening_order_id ELSE now.opening_order_id END AS opening_order_id,
           told.trade_id AS first_trade_id, told.venue_order_id, told.position_id, told.venue_exec_id, told.symbol,
           told.side, told.entry, told.fill_price, told.fill_qty, told.commission, told.swap, told.fee, told.profit,
           told.reason, told.magic, told.client_order_id, told.comment, told.bid_at_send, told.ask_at_send,
           told.timestamp_broker, told.received_at
    FROM executions told LEFT JOIN LATERAL (
        SELECT h.share, h.order_id, h.opening_order_id, h.trade_id FROM execution_shares h
        WHERE h.account = told.account AND h.venue_exec_id = told.venue_exec_id AND h.corrects
        ORDER BY h.share DESC LIMIT 1
    ) now ON true
) x LEFT JOIN order_states s USING (order_id)
WHERE (x.received_at, x.venue_exec_id, x.account)
      < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1], ($3::text[])[2])
  AND x.received_at >= coalesce($4::timestamptz, '-infinity') AND x.received_at < coalesce($5::timestamptz, 'infinity')
  AND (
      $6::text IS NULL
      OR x.first_trade_id = ANY(ARRAY(
          SELECT $6::text UNION
          SELECT first.trade_id FROM execution_shares h JOIN executions first USING (account, venue_exec_id)
          WHERE h.trade_id = $6
      )) AND (x.first_trade_id = $6 OR EXISTS (
          SELECT FROM execution_shares h
          WHERE h.account = x.account AND h.venue_exec_id = x.venue_exec_id AND h.trade_id = $6
      ))
  )
  AND ($7::text IS NULL OR x.account = $7)
  AND ($8::text IS NULL OR x.symbol = $8)
  AND ($9::text IS NULL
       OR CASE WHEN x.trade_id LIKE 'external:%' THEN 'external' ELSE coalesce(s.status, 'filled') END = $9)
  AND ($10::uuid IS NULL OR x.order_id = $10)
  AND ($11::text IS NULL OR x.position_id = $11)
ORDER BY x.received_at DESC, x.venue_exec_id DESC, x.account DESC
LIMIT $1;

-- name: positions
-- What the venue itself last showed, with the trade that its opening fill belongs to; newest opening first.
SELECT json_build_object(
           'account', p.account, 'symbol', p.body->>'symbol', 'side', p.body->>'side', 'qty', p.body->>'qty',
           'price_open', p.body->>'price_open', 'position_id', p.position_id, 'sl', p.body->>'sl',
           'tp', p.body->>'tp', 'magic', p.body->>'magic', 'client_order_id', p.body->>'client_order_id',
           'status', CASE
               WHEN p.trade_id IS NULL OR p.trade_id LIKE 'external:%' THEN 'external' ELSE 'known'
           END,
           'trade_id', p.trade_id, 'order_id', p.order_id, 'opened_at', wire_moment(p.opened_at),
           'seen_at', wire_moment(p.seen_at)
       )::text AS item,
       p.moment, ARRAY[p.account, p.position_id, p.symbol] AS ids
FROM (
    SELECT s.account, body, body->>'position_id' AS position_id, body->>'symbol' AS symbol, opening.trade_id,
           opening.order_id, opening.opened_at,
           coalesce(opening.opened_at, to_timestamp(0)) AS moment,
           CASE WHEN s.positions IS NULL THEN s.taken_at ELSE s.positions_at END AS seen_at
    FROM account_states s
    CROSS JOIN LATERAL jsonb_array_elements(coalesce(s.positions, s.snapshot->'positions')) AS body
    LEFT JOIN LATERAL (
        SELECT coalesce(h.trade_id, x.trade_id) AS trade_id, coalesce(x.order_id, h.order_id) AS order_id,
               x.timestamp_broker AS opened_at
        FROM executions x
        LEFT JOIN execution_shares h
            ON h.account = x.account AND h.venue_exec_id = x.venue_exec_id AND h.order_id IS NOT NULL
        WHERE x.account = s.account AND x.position_id = body->>'position_id' AND x.entry IN ('in', 'inout')
        ORDER BY x.timestamp_broker DESC, x.venue_exec_id DESC LIMIT 1
    ) opening ON true
) p
WHERE (p.moment, p.account, p.position_id, p.symbol)
      < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1], ($3::text[])[2], ($3::text[])[3])
  AND p.moment >= coalesce($4::timestamptz, '-infinity') AND p.moment < coalesce($5::timestamptz, 'infinity')
  AND ($6::text IS NULL OR p.trade_id = $6)
  AND ($7::text IS NULL OR p.account = $7)
  AND ($8::text IS NULL OR p.symbol = $8)
  AND ($9::text IS NULL OR (p.trade_id IS NULL OR p.trade_id LIKE 'external:%') = ($9 = 'external'))
ORDER BY p.moment DESC, p.account DESC, p.position_id DESC, p.symbol DESC
LIMIT $1;

-- name: trades
-- The newest revision of each reconciled leg.
SELECT l.body::text AS item, h.reconciled_at AS moment, ARRAY[h.trade_id, h.account] AS ids
FROM leg_heads h JOIN reconciled_legs l USING (trade_id, account, revision)
WHERE (h.reconciled_at, h.trade_id, h.account)
      < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1], ($3::text[])[2])
  AND h.reconciled_at >= coalesce($4::timestamptz, '-infinity')
  AND h.reconciled_at < coalesce($5::timestamptz, 'infinity')
  AND ($6::text IS NULL OR h.trade_id = $6)
  AND ($7::text IS NULL OR h.account = $7)
  AND ($8::text IS NULL OR l.symbol = $8)
  AND ($9::text IS NULL OR l.outcome = $9)
  AND ($10::text IS NULL OR l.bot_version = $10)
ORDER BY h.reconciled_at DESC, h.trade_id DESC, h.account DESC
LIMIT $1;

-- name: discrepancies
SELECT json_build_object(
           'discrepancy_id', d.discrepancy_id, 'code', d.code, 'account', d.account, 'trade_id', d.trade_id,
           'order_id', d.order_id, 'status', CASE WHEN r.resolved_at IS NULL THEN 'open' ELSE 'resolved' END,
           'expected', d.expected, 'observed', d.observed, 'occurrence', d.occurrence,
           'found_at', wire_moment(d.found_at), 'resolved_at', wire_moment(r.resolved_at), 'how', r.how
       )::text AS item,
       d.found_at AS moment, ARRAY[d.discrepancy_id::text] AS ids
FROM discrepancies d LEFT JOIN discrepancy_resolutions r USING (discrepancy_id)
WHERE (d.found_at, d.discrepancy_id) < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1]::uuid)
  AND d.found_at >= coalesce($4::timestamptz, '-infinity') AND d.found_at < coalesce($5::timestamptz, 'infinity')
  AND ($6::text IS NULL OR d.trade_id = $6)
  AND ($7::text IS NULL OR d.account = $7)
  AND ($8::text IS NULL OR d.code = $8)
  AND ($9::text IS NULL OR (r.resolved_at IS NULL) = ($9 = 'open'))
ORDER BY d.found_at DESC, d.discrepancy_id DESC
LIMIT $1;

-- name: alarms
SELECT json_build_object(
           'alarm_id', a.alarm_id::text, 'raised_at', wire_moment(a.raised_at), 'code', a.code,
           'account', a.account, 'order_id', a.order_id, 'text', a.text
       )::text AS item,
       a.raised_at AS moment, ARRAY[a.alarm_id::text] AS ids
FROM alarms a
WHERE (a.raised_at, a.alarm_id) < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1]::bigint)
  AND a.raised_at >= coalesce($4::timestamptz, '-infinity') AND a.raised_at < coalesce($5::timestamptz, 'infinity')
  AND ($6::text IS NULL OR a.account = $6)
  AND ($7::text IS NULL OR a.code = $7)
  AND ($8::uuid IS NULL OR a.order_id = $8)
ORDER BY a.raised_at DESC, a.alarm_id DESC
LIMIT $1;

-- name: accounts
SELECT json_build_object(
           'account', a.account, 'venue', a.venue, 'currency', a.currency, 'hedging', a.hedging,
           'enabled', a.enabled, 'limits', a.limits, 'mode', coalesce(brake.mode, 'active'),
           'mode_reason', brake.reason, 'snapshot', s.snapshot, 'snapshot_at', wire_moment(s.taken_at),
           'snapshot_age_s', round(extract(epoch FROM clock_timestamp() - s.received_at), 3),
           'symbols', coalesce((SELECT json_agg(k ORDER BY k) FROM jsonb_object_keys(s.instruments) k), '[]'),
           'created_at', wire_moment(a.created_at)
       )::text AS item,
       a.created_at AS moment, ARRAY[a.account] AS ids
FROM accounts a
LEFT JOIN account_states s USING (account)
LEFT JOIN LATERAL (
    SELECT h.mode, h.reason FROM halts h
    WHERE h.scope = 'global' OR (h.scope = 'account' AND h.key = a.account)
    ORDER BY h.mode = 'halted' DESC, h.scope DESC LIMIT 1
) brake ON true
WHERE (a.created_at, a.account) < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1])
  AND a.created_at >= coalesce($4::timestamptz, '-infinity') AND a.created_at < coalesce($5::timestamptz, 'infinity')
  AND ($6::text IS NULL OR a.account = $6)
  AND ($7::text IS NULL OR a.venue = $7)
  AND ($8::text IS NULL OR coalesce(brake.mode, 'active') = $8)
ORDER BY a.created_at DESC, a.account DESC
LIMIT $1;

-- name: instruments
-- What each account can trade, on the terms that its node read at its venue, whatever those are; with the last quote.
SELECT (page.terms || jsonb_build_object(
           'account', page.account, 'symbol', page.symbol, 'quote', page.quotes->page.symbol
       ))::text AS item,
       page.created_at AS moment, ARRAY[page.account, page.symbol] AS ids
FROM (
    SELECT a.created_at, a.account, i.symbol, i.terms, quotes.by_symbol AS quotes
    FROM accounts a
    JOIN account_states s USING (account)
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(q->>'symbol', q) AS by_symbol FROM jsonb_array_elements(s.snapshot->'quotes') q
    ) quotes
    CROSS JOIN LATERAL jsonb_each(s.instruments) AS i(symbol, terms)
    WHERE (a.created_at, a.account, i.symbol)
          < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1], ($3::text[])[2])
      AND a.created_at >= coalesce($4::timestamptz, '-infinity')
      AND a.created_at < coalesce($5::timestamptz, 'infinity')
      AND ($6::text IS NULL OR a.account = $6)
      AND ($7::text IS NULL OR i.symbol = $7)
    ORDER BY a.created_at DESC, a.account DESC, i.symbol DESC
    LIMIT $1
) page
ORDER BY page.created_at DESC, page.account DESC, page.symbol DESC;

-- name: routes
SELECT json_build_object(
           'route', r.route, 'enabled', r.enabled, 'size', r.size, 'expiry_s', r.expiry_s,
           'alert_age_s_max', r.alert_age_s_max, 'mode', coalesce(brake.mode, 'active'),
           'mode_reason', brake.reason,
           'legs', coalesce((
               SELECT json_agg(json_build_object(
                   'account', l.account, 'share', wire_decimal(l.share), 'size', l.size,
                   'symbol_map', l.symbol_map, 'hours', l.hours, 'enabled', l.enabled
               ) ORDER BY l.account)
               FROM route_legs l WHERE l.route = r.route
           ), '[]'),
           'created_at', wire_moment(r.created_at)
       )::text AS item,
       r.created_at AS moment, ARRAY[r.route] AS ids
FROM routes r
LEFT JOIN LATERAL (
    SELECT h.mode, h.reason FROM halts h
    WHERE h.scope = 'global' OR (h.scope = 'route' AND h.key = r.route)
    ORDER BY h.mode = 'halted' DESC, h.scope DESC LIMIT 1
) brake ON true
WHERE (r.created_at, r.route) < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1])
  AND r.created_at >= coalesce($4::timestamptz, '-infinity') AND r.created_at < coalesce($5::timestamptz, 'infinity')
  AND ($6::text IS NULL OR r.route = $6)
  AND ($7::text IS NULL OR EXISTS (SELECT FROM route_legs l WHERE l.route = r.route AND l.account = $7))
ORDER BY r.created_at DESC, r.route DESC
LIMIT $1;

-- name: nodes
SELECT json_build_object(
           'node', n.node, 'account', n.account, 'venue', n.venue, 'enabled', n.enabled,
           'status', CASE WHEN s.hello_at IS NULL THEN 'never_seen'
               WHEN s.last_seen_at < clock_timestamp() - interval '60 seconds' THEN 'silent' ELSE 'connected' END,
           'epoch', coalesce(s.epoch, 0), 'log_id', s.log_id, 'version', s.version,
           'terminal', coalesce(s.terminal, '{}') || coalesce(a.snapshot->'node', '{}'),
           'looked_age_s', round(extract(epoch FROM clock_timestamp() - a.taken_at), 3),
           'hello_at', wire_moment(s.hello_at), 'last_seen_at', wire_moment(s.last_seen_at),
           'heartbeat_age_s', round(extract(epoch FROM clock_timestamp() - s.last_seen_at), 3),
           'lane_depth', lane.waiting + lane.leased, 'lane_waiting', lane.waiting, 'lane_leased', lane.leased,
           'unreported', a.snapshot->'node'->'unreported',
           'in_doubt', (
               SELECT count(*) FROM order_states o
               WHERE o.account = n.account AND o.live AND o.status = 'in_doubt'
           ),
           'keys', coalesce((
               SELECT json_agg(json_build_object(
                   'key_id', k.key_id, 'created_at', wire_moment(k.created_at),
                   'in_use', k.key_id IS NOT DISTINCT FROM s.key_id, 'replaces', k.replaces
               ) ORDER BY k.created_at DESC, k.slot)
               FROM node_keys k WHERE k.node = n.node
           ), '[]'),
           -- fulfilled once a key that was made after the wish signs
           'rekey_wanted_at', CASE WHEN n.rekey_wanted_at IS NOT NULL AND NOT EXISTS (
               SELECT FROM node_keys k
               WHERE k.node = n.node AND k.key_id = s.key_id AND k.created_at > n.rekey_wanted_at
           ) THEN wire_moment(n.rekey_wanted_at) END,
           'enrolment', (
               SELECT json_build_object(
                   'state', CASE WHEN e.used_at IS NOT NULL THEN 'used'
                       WHEN e.expires_at <= clock_timestamp() THEN 'expired' ELSE 'open' END,
                   'expires_at', wire_moment(e.expires_at), 'used_at', wire_moment(e.used_at)
               )
               FROM enrolment_codes e WHERE e.node = n.node ORDER BY e.expires_at DESC LIMIT 1
           ),
           'created_at', wire_moment(n.created_at)
       )::text AS item,
       n.created_at AS moment, ARRAY[n.node] AS ids
FROM nodes n
LEFT JOIN node_sessions s USING (node)
LEFT JOIN account_states a USING (account)
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE c.state = 'pending') AS waiting,
           count(*) FILTER (WHERE c.state = 'leased') AS leased
    FROM commands c WHERE c.account = n.account AND c.state <> 'done'
) lane
WHERE (n.created_at, n.node) < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1])
  AND n.created_at >= coalesce($4::timestamptz, '-infinity') AND n.created_at < coalesce($5::timestamptz, 'infinity')
  AND ($6::text IS NULL OR n.node = $6)
  AND ($7::text IS NULL OR n.account = $7)
  AND ($8::text IS NULL OR n.venue = $8)
ORDER BY n.created_at DESC, n.node DESC
LIMIT $1;

-- name: halts
SELECT json_build_object(
           'scope', h.scope, 'key', h.key, 'mode', h.mode, 'reason', h.reason, 'set_by', h.set_by,
           'set_at', wire_moment(h.set_at)
       )::text AS item,
       h.set_at AS moment, ARRAY[h.scope, h.key] AS ids
FROM halts h
WHERE (h.set_at, h.scope, h.key) < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1], ($3::text[])[2])
  AND h.set_at >= coalesce($4::timestamptz, '-infinity') AND h.set_at < coalesce($5::timestamptz, 'infinity')
  AND ($6::text IS NULL OR h.scope = $6)
  AND ($7::text IS NULL OR h.mode = $7)
ORDER BY h.set_at DESC, h.scope DESC, h.key DESC
LIMIT $1;

-- name: signals
-- Newest first. What became of one stands beside its record: its end, its intent, or why it got none. $11 takes ids.
SELECT json_build_object(
           'signal_id', s.signal_id, 'chain', s.chain, 'sequence', s.sequence, 'symbol', s.symbol,
           'direction', s.direction, 'at', wire_moment(s.at), 'valid_until', wire_moment(s.valid_until),
           'measure', CASE WHEN s.probability IS NULL THEN 'score' ELSE 'probability' END,
           'score', wire_decimal(s.score), 'probability', wire_decimal(s.probability), 'status', s.status,
           'refusals', coalesce(s.record->'signal'->'refusals', '[]'),
           'checks', coalesce(s.record->'signal'->'checks', '[]'),
           'votes', coalesce((
               SELECT json_agg(json_build_object(
                   'source', b->>'source', 'weight', b->>'weight', 'direction', b->>'counted',
                   'abstention', b->>'abstention'
               ) ORDER BY n)
               FROM jsonb_array_elements(s.record->'signal'->'ballots') WITH ORDINALITY AS ballots(b, n)
           ), '[]'),
           'simulated', s.simulated, 'strategy', s.strategy, 'version', s.version, 'environment', s.environment,
           'config_digest', s.config_digest, 'record_hash', s.record_hash,
           'stands', s.status = 'valid' AND ended.at IS NULL AND s.valid_until > clock_timestamp(),
           'ended_at', wire_moment(ended.at), 'end_reason', ended.reason,
           'intent_id', intent.intent_id, 'intent_refusal', refused.code,
           'recorded_at', wire_moment(s.recorded_at)
       )::text AS item,
       s.at AS moment, ARRAY[s.sequence::text, s.signal_id::text] AS ids
FROM signals s
LEFT JOIN signal_ends ended USING (signal_id)
LEFT JOIN signal_refusals refused ON refused.signal_id = s.signal_id AND refused.kind = 'intent'
LEFT JOIN LATERAL (
    SELECT i.intent_id FROM intents i
    WHERE i.trade_id = s.signal_id::text AND i.source = 'signals' AND i.body->>'action' = 'open' LIMIT 1
) intent ON true
WHERE (s.at, s.sequence, s.signal_id)
      < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1]::bigint, ($3::text[])[2]::uuid)
  AND s.at >= coalesce($4::timestamptz, '-infinity') AND s.at < coalesce($5::timestamptz, 'infinity')
  AND ($6::text IS NULL OR s.symbol = $6)
  AND ($7::text IS NULL OR s.status = $7)
  AND ($8::text IS NULL OR s.direction = $8)
  AND ($9::text IS NULL OR s.strategy = $9)
  AND ($10::uuid IS NULL OR s.signal_id = $10)
  AND ($11::uuid[] IS NULL OR s.signal_id = ANY($11))
ORDER BY s.at DESC, s.sequence DESC, s.signal_id DESC
LIMIT $1;

-- name: signals_standing
-- The newest valid signal of each symbol, where it still stands; of $1 or of all symbols, $2 at most.
SELECT signal_id FROM (
    SELECT DISTINCT ON (s.symbol) s.signal_id, s.at, s.sequence FROM signals s
    WHERE s.status = 'valid' AND s.valid_until > clock_timestamp() AND ($1::text IS NULL OR s.symbol = $1)
      AND NOT EXISTS (SELECT FROM signal_ends e WHERE e.signal_id = s.signal_id)
    ORDER BY s.symbol, s.at DESC, s.sequence DESC, s.signal_id DESC
) newest
ORDER BY at DESC, sequence DESC, signal_id DESC LIMIT $2;

-- name: signals_newest
SELECT signal_id FROM signals WHERE $1::text IS NULL OR symbol = $1
ORDER BY at DESC, sequence DESC, signal_id DESC LIMIT 1;

-- name: signals_stats
WITH chosen AS MATERIALIZED (
    SELECT symbol, direction, status, simulated, record->'signal'->'refusals' AS refusals,
           extract(epoch FROM recorded_at - at) AS lag_s
    FROM signals WHERE at >= $1
), newest AS (
    SELECT signal_id, at FROM signals ORDER BY at DESC, sequence DESC, signal_id DESC LIMIT 1
)
SELECT jsonb_build_object(
    'since', wire_moment($1),
    'signals', (SELECT count(*) FROM chosen),
    'by_symbol', (
        SELECT coalesce(jsonb_object_agg(symbol, n), '{}') FROM (SELECT symbol, count(*) AS n FROM chosen GROUP BY 1) g
    ),
    'by_direction', (
        SELECT coalesce(jsonb_object_agg(direction, n), '{}')
        FROM (SELECT direction, count(*) AS n FROM chosen GROUP BY 1) g
    ),
    'by_status', (
        SELECT coalesce(jsonb_object_agg(status, n), '{}') FROM (SELECT status, count(*) AS n FROM chosen GROUP BY 1) g
    ),
    'by_refusal', (
        SELECT coalesce(jsonb_object_agg(code, n), '{}') FROM (
            SELECT r->>'code' AS code, count(*) AS n
            FROM chosen, jsonb_array_elements(coalesce(refusals, '[]')) AS r GROUP BY 1
        ) g
    ),
    'not_traded', (
        SELECT coalesce(jsonb_object_agg(code, n), '{}') FROM (
            SELECT code, count(*) AS n FROM signal_refusals WHERE kind = 'intent' AND at >= $1 GROUP BY 1
        ) g
    ),
    'simulated_share', (
        SELECT round(count(*) FILTER (WHERE simulated)::numeric / nullif(count(*), 0), 4)::text FROM chosen
    ),
    'last_signal_id', (SELECT signal_id FROM newest),
    'last_signal_at', (SELECT wire_moment(at) FROM newest),
    'last_signal_age_s', (SELECT round(extract(epoch FROM clock_timestamp() - at), 3) FROM newest),
    'lag_median_s', (SELECT round((percentile_cont(0.5) WITHIN GROUP (ORDER BY lag_s))::numeric, 3) FROM chosen),
    'lag_max_s', (SELECT round(max(lag_s), 3) FROM chosen),
    'heads', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'chain', chain, 'day', day, 'signals', head->'count', 'head_hash', head_hash
        ) ORDER BY day DESC, chain), '[]')
        FROM (SELECT * FROM signal_heads ORDER BY day DESC, chain LIMIT 7) h
    ),
    'services', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'chain', chain, 'strategy', strategy, 'version', version, 'environment', environment, 'route', route,
            'auto_execute', auto_execute, 'waiting', waiting, 'set_aside', set_aside,
            'waiting_age_s', round(extract(epoch FROM clock_timestamp() - oldest_waiting_at), 3),
            'reported_at', wire_moment(reported_at),
            'reported_age_s', round(extract(epoch FROM clock_timestamp() - reported_at), 3),
            'status', CASE WHEN reported_at < clock_timestamp() - interval '60 seconds' THEN 'silent' ELSE 'running' END
        ) ORDER BY chain), '[]')
        FROM signal_services
    )
) AS stats;

-- name: alert
SELECT jsonb_build_object(
           'alert_id', a.alert_id, 'received_at', wire_moment(a.received_at), 'source', a.source,
           'remote', a.remote, 'content_type', a.content_type, 'outcome', a.outcome, 'code', a.code,
           'checks', a.checks, 'intent_id', a.intent_id, 'event_id', i.event_id, 'trade_id', i.trade_id,
           'first_alert_id', i.alert_id,
           'deliveries', (
               SELECT count(*) FROM alerts d WHERE d.alert_id = a.alert_id OR d.intent_id = a.intent_id
           )
       ) AS item,
       a.body
FROM alerts a LEFT JOIN intents i ON i.intent_id = a.intent_id
WHERE a.alert_id = $1;

-- name: revisions
SELECT l.body::text AS item FROM reconciled_legs l WHERE l.trade_id = $1 AND l.account = $2
ORDER BY l.revision DESC;

-- name: state
SELECT jsonb_build_object(
    'migrations', (SELECT jsonb_object_agg(m.version, m.checksum) FROM schema_migrations m),
    'outbox', (
        SELECT coalesce(jsonb_object_agg(w.topic, jsonb_build_object(
            'depth', w.depth, 'oldest_age_s', w.oldest_age_s
        )), '{}')
        FROM (
            SELECT topic, count(*) AS depth,
                   round(extract(epoch FROM clock_timestamp() - min(created_at)), 3) AS oldest_age_s
            FROM outbox GROUP BY topic
        ) w
    ),
    'orders_unknown', (SELECT count(*) FROM order_states s WHERE s.live AND s.status = 'in_doubt'),
    'heartbeat_age_s', (
        SELECT coalesce(jsonb_object_agg(
            s.node, round(extract(epoch FROM clock_timestamp() - s.last_seen_at), 3)
        ), '{}')
        FROM node_sessions s WHERE s.last_seen_at IS NOT NULL
    ),
    'halts', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('scope', h.scope, 'key', h.key, 'mode', h.mode)), '[]')
        FROM halts h
    ),
    'discrepancies', (
        SELECT coalesce(jsonb_object_agg(d.code, d.open), '{}')
        FROM (
            SELECT code, count(*) AS open FROM discrepancies
            WHERE NOT EXISTS (
                SELECT FROM discrepancy_resolutions r WHERE r.discrepancy_id = discrepancies.discrepancy_id
            )
            GROUP BY code
        ) d
    ),
    'illegal_transitions', (SELECT count(*) FROM alarms a WHERE a.code = 'ORDER_ILLEGAL_TRANSITION')
) AS state;

-- name: signal_state
SELECT jsonb_build_object(
    'of_a_day', (
        SELECT coalesce(jsonb_object_agg(status, n), '{}') FROM (
            SELECT status, count(*) AS n FROM signals
            WHERE at > clock_timestamp() - interval '1 day' GROUP BY status
        ) g
    ),
    'last_age_s', (
        SELECT round(extract(epoch FROM clock_timestamp() - at), 3) FROM signals ORDER BY at DESC LIMIT 1
    ),
    'services', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'chain', chain, 'waiting', waiting, 'set_aside', set_aside,
            'lag_s', coalesce(round(extract(epoch FROM clock_timestamp() - oldest_waiting_at), 3), 0),
            'reported_age_s', round(extract(epoch FROM clock_timestamp() - reported_at), 3)
        ) ORDER BY chain), '[]')
        FROM signal_services
    )
) AS state;
