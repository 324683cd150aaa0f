-- What came in. Append-only: every delivery is an alert; a valid one that is new is also an intent.

CREATE TABLE alerts (
    alert_id      uuid PRIMARY KEY,
    received_at   timestamptz NOT NULL,
    source        text NOT NULL,
    remote        text NOT NULL,
    content_type  text NOT NULL,
    body          bytea NOT NULL,
    checks        jsonb NOT NULL,
    outcome       text NOT NULL CHECK (outcome IN ('accepted', 'duplicate', 'conflict', 'refused')),
    code          text,
    intent_id     uuid,
    CHECK ((outcome = 'refused') = (intent_id IS NULL)),
    CHECK ((outcome IN ('refused', 'conflict')) = (code IS NOT NULL))
);
CREATE INDEX alerts_by_time ON alerts (received_at DESC, alert_id DESC);
CREATE INDEX alerts_by_intent ON alerts (intent_id) WHERE intent_id IS NOT NULL;

CREATE TABLE intents (
    intent_id     uuid PRIMARY KEY,
    sequence      bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    alert_id      uuid NOT NULL,
    source        text NOT NULL,
    event_id      uuid NOT NULL,
    trade_id      text NOT NULL,
    route         text NOT NULL,
    symbol        text NOT NULL,
    received_at   timestamptz NOT NULL,
    content_hash  bytea NOT NULL,
    body          jsonb NOT NULL,
    UNIQUE (source, event_id)
);
CREATE INDEX intents_by_trade ON intents (trade_id);

-- The next step of a flow is a row here, written in the same transaction; NOTIFY only wakes.
CREATE TABLE outbox (
    outbox_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic         text NOT NULL,
    key           text NOT NULL,
    payload       jsonb NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    available_at  timestamptz NOT NULL DEFAULT now(),
    attempts      integer NOT NULL DEFAULT 0,
    last_error    text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
CREATE INDEX outbox_by_key ON outbox (topic, key, outbox_id);
