-- The lists of the API. Every statement takes $1 how many, $2 and $3 where the page begins (moment, ids), then its
-- filters in the order of the list's filter model; and gives the item as JSON text, its moment and its ids.

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
SELECT (i.body || jsonb_build_object(
           'alert_id', i.alert_id, 'sequence', i.sequence, 'status', CASE
               WHEN EXISTS (SELECT FROM orders o WHERE o.intent_id = i.intent_id) THEN 'decided'
               WHEN EXISTS (SELECT FROM leg_refusals r WHERE r.intent_id = i.intent_id) THEN 'decided'
               WHEN EXISTS (
                   SELECT FROM commands c WHERE c.intent_id = i.intent_id
               ) THEN 'decided'
               ELSE 'waiting'
           END
       ))::text AS item,
       i.received_at AS moment, ARRAY[i.intent_id::text] AS ids
FROM intents i
WHERE (i.received_at, i.intent_id) < (coalesce($2::timestamptz, 'infinity'), ($3::text[])[1]::uuid)
  AND i.received_at >= coalesce($4::timestamptz, '-infinity') AND i.received_at < coalesce($5::timestamptz, 'infinity')
  AND ($6::text IS NULL OR i.trade_id = $6)
  AND ($7::text IS NULL OR i.symbol = $7)
  AND ($8::text IS NULL OR i.route = $8)
  AND ($9::text IS NULL OR i.body->>'action' = $9)
  AND ($10::text IS NULL OR i.body->>'bot_version' = $10)
  AND ($11::text IS NULL OR i.source = $11)
ORDER BY i.received_at DESC, i.intent_id DESC
LIMIT $1;
