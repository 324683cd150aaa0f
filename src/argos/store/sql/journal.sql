-- The journal: the newest revision of each reconciled leg that was filled, with what it came from. Trades of a signal have
-- its id as trade_id; others have no signal. External legs, which no order of ours explains, are no trades of a strategy.

-- name: entries
-- $1 how many, $2 and $3 where the page begins (moment, ids), then since and until of the opening, trade, account, symbol,
-- strategy, bot version, and whether it is still open. Newest opening first.
WITH page AS (
    SELECT l.trade_id, l.account, l.body, (l.body->>'opened_at') COLLATE "C" AS opened_at
    FROM reconciled_legs l JOIN leg_heads h USING (trade_id, account, revision)
    WHERE l.body->>'opened_at' IS NOT NULL AND l.outcome <> 'external'
      AND ((l.body->>'opened_at') COLLATE "C", l.trade_id, l.account)
          < (coalesce(wire_moment($2::timestamptz), '~'), coalesce(($3::text[])[1], ''), coalesce(($3::text[])[2], ''))
      AND (l.body->>'opened_at') COLLATE "C" >= coalesce(wire_moment($4::timestamptz), '')
      AND (l.body->>'opened_at') COLLATE "C" < coalesce(wire_moment($5::timestamptz), '~')
      AND ($6::text IS NULL OR l.trade_id = $6)
      AND ($7::text IS NULL OR l.account = $7)
      AND ($8::text IS NULL OR l.symbol = $8)
      AND ($9::text IS NULL OR regexp_replace(l.bot_version, '@[^@]*$', '') = $9)
      AND ($10::text IS NULL OR l.bot_version = $10)
      AND ($11::boolean IS NULL OR (l.outcome NOT IN ('win', 'loss', 'breakeven')) = $11)
    ORDER BY 4 DESC, l.trade_id DESC, l.account DESC
    LIMIT $1
)
SELECT p.trade_id, p.account, p.body AS leg, p.opened_at::timestamptz AS moment, intent.source, intent.body AS intent,
       entry.checks, exits.items AS exits, s.record, s.signal_id::text AS signal_id, s.simulated, s.environment,
       ended.reason AS signal_end
FROM page p
LEFT JOIN LATERAL (
    SELECT i.source, i.body FROM intents i
    WHERE i.trade_id = p.trade_id AND i.body->>'action' IN ('open', 'reverse')
    ORDER BY i.sequence LIMIT 1
) intent ON true
LEFT JOIN LATERAL (
    SELECT o.checks FROM orders o
    WHERE o.trade_id = p.trade_id AND o.account = p.account AND o.role = 'entry'
    ORDER BY o.denial_code IS NOT NULL, o.planned_at, o.order_id LIMIT 1
) entry ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
               'reason', x.reason, 'qty', wire_decimal(x.qty), 'price', wire_decimal(x.fill_price),
               'at', wire_moment(x.timestamp_broker), 'order_trade_id', o.trade_id, 'action', i.body->>'action',
               'source', i.source, 'features', i.body->'features'
           ) ORDER BY x.timestamp_broker, x.venue_exec_id) AS items
    FROM (
        -- Of an execution that several trades share, each has its own part.
        SELECT y.venue_exec_id, y.order_id, y.reason, y.side, y.fill_qty AS qty, y.fill_price, y.timestamp_broker
        FROM executions y
        WHERE y.trade_id = p.trade_id AND y.account = p.account AND NOT EXISTS (
            SELECT FROM execution_shares g WHERE g.account = y.account AND g.venue_exec_id = y.venue_exec_id
        )
        UNION ALL
        SELECT y.venue_exec_id, coalesce(part.order_id, y.order_id), y.reason, y.side, part.qty, y.fill_price,
               y.timestamp_broker
        FROM (
            SELECT g.account, g.venue_exec_id, sum(g.qty) AS qty,
                   (array_agg(g.order_id ORDER BY g.share) FILTER (WHERE g.order_id IS NOT NULL))[1] AS order_id
            FROM execution_shares g WHERE g.trade_id = p.trade_id AND g.account = p.account
            GROUP BY g.account, g.venue_exec_id
        ) part
        JOIN executions y USING (account, venue_exec_id)
        WHERE part.qty <> 0
    ) x
    LEFT JOIN orders o ON o.order_id = x.order_id
    LEFT JOIN intents i ON i.intent_id = o.intent_id
    WHERE x.side <> p.body->>'side'
) exits ON true
LEFT JOIN signals s ON s.signal_id = CASE
    WHEN p.trade_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p.trade_id::uuid
END
LEFT JOIN signal_ends ended ON ended.signal_id = s.signal_id
ORDER BY p.opened_at DESC, p.trade_id DESC, p.account DESC;

-- name: finished
-- $1 how many, then since and until of the closing, account, symbol, strategy, bot version. What figures are made of, and
-- no more: newest closing first.
SELECT l.trade_id, l.account, l.symbol, l.bot_version, l.body->>'currency' AS currency, l.body->>'side' AS side,
       l.body->>'gross_pnl' AS gross_pnl, l.body->>'net_pnl' AS net_pnl, l.body->>'r_multiple' AS r_multiple,
       (l.body->>'opened_at')::timestamptz AS opened_at, (l.body->>'closed_at')::timestamptz AS closed_at, s.simulated,
       CASE WHEN s.record IS NOT NULL THEN coalesce((
           SELECT jsonb_object_agg(b->>'source', b->>'counted')
           FROM jsonb_array_elements(s.record->'signal'->'ballots') b
       ), '{}') END AS sides
FROM reconciled_legs l JOIN leg_heads h USING (trade_id, account, revision)
LEFT JOIN signals s ON s.signal_id = CASE
    WHEN l.trade_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN l.trade_id::uuid
END
WHERE l.body->>'closed_at' IS NOT NULL AND l.outcome IN ('win', 'loss', 'breakeven')
  AND (l.body->>'closed_at') COLLATE "C" >= coalesce(wire_moment($2::timestamptz), '')
  AND (l.body->>'closed_at') COLLATE "C" < coalesce(wire_moment($3::timestamptz), '~')
  AND ($4::text IS NULL OR l.account = $4)
  AND ($5::text IS NULL OR l.symbol = $5)
  AND ($6::text IS NULL OR regexp_replace(l.bot_version, '@[^@]*$', '') = $6)
  AND ($7::text IS NULL OR l.bot_version = $7)
ORDER BY (l.body->>'closed_at') COLLATE "C" DESC, l.trade_id DESC, l.account DESC
LIMIT $1;

-- name: legs_beside
-- What else there is: legs that came to no trade, by why; and those not over yet, in doubt, or by hand. Filters as above,
-- the moment being that of the newest revision.
SELECT l.outcome, coalesce(l.body->>'reason_code', '') AS code, count(*) AS n
FROM reconciled_legs l JOIN leg_heads h USING (trade_id, account, revision)
WHERE l.outcome NOT IN ('win', 'loss', 'breakeven')
  AND h.reconciled_at >= coalesce($1::timestamptz, '-infinity')
  AND h.reconciled_at < coalesce($2::timestamptz, 'infinity')
  AND ($3::text IS NULL OR l.account = $3)
  AND ($4::text IS NULL OR l.symbol = $4)
  AND ($5::text IS NULL OR regexp_replace(l.bot_version, '@[^@]*$', '') = $5)
  AND ($6::text IS NULL OR l.bot_version = $6)
GROUP BY 1, 2
ORDER BY 3 DESC, 1, 2
LIMIT 200;

-- name: signals_beside
-- Signals that made no trade: those refused, by why (a signal can have several reasons), and valid ones that no intent
-- followed, with why if any was tried. Filters: since and until, symbol, strategy, bot version.
WITH found AS (
    SELECT s.signal_id, s.status, s.record FROM signals s
    WHERE s.at >= coalesce($1::timestamptz, '-infinity') AND s.at < coalesce($2::timestamptz, 'infinity')
      AND ($3::text IS NULL OR s.symbol = $3)
      AND ($4::text IS NULL OR s.strategy = $4)
      AND ($5::text IS NULL OR s.strategy || '@' || s.version = $5)
)
SELECT 'refused' AS outcome, why->>'code' AS code, count(*) AS n
FROM found f, jsonb_array_elements(f.record->'signal'->'refusals') why
WHERE f.status = 'refused'
GROUP BY 2
UNION ALL
SELECT 'not_executed', coalesce(no.code, ''), count(*)
FROM found f LEFT JOIN signal_refusals no ON no.signal_id = f.signal_id AND no.kind = 'intent'
WHERE f.status = 'valid' AND NOT EXISTS (SELECT FROM intents i WHERE i.trade_id = f.signal_id::text)
GROUP BY 2
ORDER BY 3 DESC, 1, 2
LIMIT 200;

-- name: capital
-- What each of these accounts was last seen to have, and what its legs made from $2 on until then: closed ones, and what
-- those have realised that still hold something.
SELECT a.account, a.currency, s.snapshot, s.instruments, closed.net_pnl + held.net_pnl AS net_pnl
FROM accounts a
LEFT JOIN account_states s USING (account)
CROSS JOIN LATERAL (
    SELECT coalesce(sum((l.body->>'net_pnl')::numeric), 0) AS net_pnl
    FROM reconciled_legs l JOIN leg_heads h USING (trade_id, account, revision)
    WHERE l.account = a.account AND l.body->>'closed_at' IS NOT NULL
      AND (l.body->>'closed_at') COLLATE "C" >= coalesce(wire_moment($2::timestamptz), '')
      AND (l.body->>'closed_at') COLLATE "C" <= wire_moment(s.taken_at)
) closed
CROSS JOIN LATERAL (
    SELECT coalesce(sum((l.body->>'net_pnl')::numeric), 0) AS net_pnl
    FROM (
        SELECT DISTINCT o.trade_id FROM order_states x JOIN orders o USING (order_id)
        WHERE x.account = a.account AND x.live
    ) live
    JOIN leg_heads h ON h.trade_id = live.trade_id AND h.account = a.account
    JOIN reconciled_legs l ON l.trade_id = h.trade_id AND l.account = h.account AND l.revision = h.revision
    WHERE l.body->>'closed_at' IS NULL AND (l.body->>'opened_at') COLLATE "C" <= wire_moment(s.taken_at)
) held
WHERE a.account = ANY($1::text[])
ORDER BY a.account;
