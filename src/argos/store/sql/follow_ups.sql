-- name: claim
SELECT outbox_id, attempts, payload FROM outbox
WHERE topic = 'follow_up' AND available_at <= now()
ORDER BY outbox_id
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: ended_exit
-- One exit with what its entry still holds and what else is on its way to close that.
SELECT x.*, s.status, s.effective_qty, s.filled_qty, c.close_fraction, c.deviation_points, i.body, i.sequence,
       entry.filled_qty AS entry_filled_qty, entry.closed_qty AS entry_closed_qty,
       coalesce(others.closing_qty, 0) AS closing_qty,
       coalesce(others.full_close, false) AS full_close_on_its_way,
       (SELECT count(*) FROM orders p WHERE p.closes_order_id = x.closes_order_id AND p.intent_id = x.intent_id)
           AS exits_planned
FROM orders x
JOIN order_states s USING (order_id)
JOIN commands c ON c.order_id = x.order_id AND c.kind = 'close'
JOIN intents i ON i.intent_id = x.intent_id
JOIN order_states entry ON entry.order_id = x.closes_order_id
LEFT JOIN LATERAL (
    SELECT sum(os.effective_qty - os.filled_qty) AS closing_qty, bool_or(coalesce(oc.close_fraction, 1) = 1) AS full_close
    FROM orders o
    JOIN order_states os USING (order_id)
    JOIN commands oc ON oc.order_id = o.order_id AND oc.kind = 'close'
    WHERE o.closes_order_id = x.closes_order_id AND os.live
) others ON true
WHERE x.order_id = $1;
