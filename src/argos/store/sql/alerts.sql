-- name: accept
-- Stores a group of alerts in one transaction: every alert, each intent that is new, and its next step.
-- A row whose event is being stored by somebody else right now comes back without an outcome: ask again.
WITH given AS (
    SELECT *
    FROM unnest(
        $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::jsonb[], $8::text[],
        $9::uuid[], $10::uuid[], $11::bytea[], $12::jsonb[]
    ) WITH ORDINALITY AS g(alert_id, received_at, source, remote, content_type, raw, checks, code, intent_id,
                           event_id, content_hash, body, place)
), fresh AS (
    INSERT INTO intents (intent_id, alert_id, source, event_id, trade_id, route, symbol, received_at, content_hash, body)
    SELECT intent_id, alert_id, source, event_id, body->>'trade_id', body->>'account_route', body->>'symbol',
           received_at, content_hash, body
    FROM given WHERE intent_id IS NOT NULL
    ORDER BY received_at, place
    -- Whichever of its keys the other writer's commit is found by: the id follows from source and event.
    ON CONFLICT DO NOTHING
    RETURNING intent_id
), verdict AS (
    SELECT given.*,
           CASE
               WHEN given.intent_id IS NULL THEN 'refused'
               WHEN fresh.intent_id IS NOT NULL THEN 'accepted'
               WHEN known.content_hash = given.content_hash THEN 'duplicate'
               WHEN known.intent_id IS NOT NULL THEN 'conflict'
           END AS outcome
    FROM given
    LEFT JOIN fresh USING (intent_id)
    LEFT JOIN intents AS known ON known.intent_id = given.intent_id
), stored AS (
    INSERT INTO alerts (alert_id, received_at, source, remote, content_type, body, checks, outcome, code, intent_id)
    SELECT alert_id, received_at, source, remote, content_type, raw, checks, outcome,
           CASE WHEN outcome = 'conflict' THEN 'INTENT_EVENT_CONFLICT' ELSE code END, intent_id
    FROM verdict WHERE outcome IS NOT NULL
), queued AS (
    INSERT INTO outbox (topic, key, payload)
    SELECT 'decide', (body->>'account_route') || '|' || (body->>'symbol'), jsonb_build_object('intent_id', intent_id)
    FROM verdict WHERE outcome = 'accepted'
    ORDER BY received_at, place
), woken AS (
    SELECT pg_notify('argos_outbox', 'decide') WHERE EXISTS (SELECT FROM fresh)
)
SELECT verdict.alert_id, verdict.outcome FROM verdict LEFT JOIN woken ON true;

-- name: configuration
-- All that the gateway must know to judge an alert, in one look.
SELECT jsonb_build_object(
    'hooks', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'hook', h.hook, 'key_hash', encode(h.key_hash, 'hex'), 'needs_secret', h.needs_secret,
            'networks', h.networks, 'rate_per_minute', h.rate_per_minute, 'routes', h.routes,
            'secret_hashes', (
                SELECT coalesce(jsonb_agg(encode(s.secret_hash, 'hex')), '[]') FROM hook_secrets s WHERE s.hook = h.hook
            )
        )), '[]') FROM hooks h WHERE h.enabled
    ),
    'api_keys', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'name', k.name, 'key_hash', encode(k.key_hash, 'hex'), 'scopes', k.scopes
        )), '[]') FROM api_keys k WHERE k.revoked_at IS NULL
    ),
    'routes', (SELECT coalesce(jsonb_agg(r.route), '[]') FROM routes r)
) AS configuration;
