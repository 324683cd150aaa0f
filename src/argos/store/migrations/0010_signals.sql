-- Signals as the signal service recorded them. Their own chain and heads show a change, here and everywhere else they
-- were copied to, so the audit log does not chain them a second time.

-- `chain` names the service's file, `record` is what was chained, `record_hash` the SHA-256 of its canonical form.
CREATE TABLE signals (
    signal_id      uuid PRIMARY KEY,
    chain          text NOT NULL,
    sequence       bigint NOT NULL CHECK (sequence > 0),
    symbol         text NOT NULL,
    strategy       text NOT NULL,
    version        text NOT NULL,
    direction      text NOT NULL CHECK (direction IN ('long', 'short')),
    score          numeric NOT NULL,
    probability    numeric,
    status         text NOT NULL CHECK (status IN ('valid', 'refused')),
    simulated      boolean NOT NULL,
    environment    text NOT NULL,
    config_digest  text NOT NULL,
    at             timestamptz NOT NULL,
    valid_until    timestamptz NOT NULL,
    record         jsonb NOT NULL,
    record_hash    text NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (chain, sequence)
);
CREATE INDEX signals_by_time ON signals (at DESC);
CREATE INDEX signals_by_symbol ON signals (symbol, at DESC);

-- How a signal ended: beside its record, which never changes. It may come before the signal itself is accepted.
CREATE TABLE signal_ends (
    signal_id    uuid PRIMARY KEY,
    at           timestamptz NOT NULL,
    reason       text NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE signal_heads (
    chain        text NOT NULL,
    day          date NOT NULL,
    head         jsonb NOT NULL,
    head_hash    text NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (chain, day)
);

-- Every configuration that signals name, without secrets.
CREATE TABLE signal_configurations (
    digest       text PRIMARY KEY,
    document     jsonb NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Entries and exits that were wanted and did not become intents: an intent that was made needs no row here.
CREATE TABLE signal_refusals (
    signal_id    uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('intent', 'close')),
    code         text NOT NULL,
    text         text NOT NULL,
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (signal_id, kind)
);

-- Projection: what each signal service last said of itself.
CREATE TABLE signal_services (
    chain              text PRIMARY KEY,
    strategy           text NOT NULL,
    version            text NOT NULL,
    environment        text NOT NULL,
    route              text NOT NULL,
    auto_execute       boolean NOT NULL,
    waiting            integer NOT NULL,
    oldest_waiting_at  timestamptz,
    set_aside          integer NOT NULL,
    reported_at        timestamptz NOT NULL
) WITH (fillfactor = 50);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['signals', 'signal_ends', 'signal_heads', 'signal_configurations', 'signal_refusals'] LOOP
        EXECUTE format(
            'CREATE TRIGGER %1$s_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON %1$s
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
    END LOOP;
END $$;

GRANT SELECT, INSERT ON signals, signal_ends, signal_heads, signal_configurations, signal_refusals TO argos_strategy;
GRANT SELECT, INSERT, UPDATE ON signal_services TO argos_strategy;
GRANT SELECT ON signals, signal_ends, signal_heads, signal_configurations, signal_refusals, signal_services
    TO argos_reader;
