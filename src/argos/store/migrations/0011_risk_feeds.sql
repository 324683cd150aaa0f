-- What correlations, volatilities and news windows are judged by, and how the requests of a day are found.

-- Prices that were closed at are facts: what a source said first of a day stays, and what was decided by it can be
-- told again. A source that corrects itself, or a split, is written under another name.
CREATE TABLE daily_closes (
    symbol       text NOT NULL CHECK (length(symbol) BETWEEN 1 AND 64),
    day          date NOT NULL,
    close        numeric NOT NULL CHECK (close > 0 AND close < 'Infinity'),
    source       text NOT NULL CHECK (length(source) BETWEEN 1 AND 64),
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (symbol, source, day)
);
CREATE TRIGGER daily_closes_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON daily_closes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON daily_closes TO argos_strategy, argos_control;
GRANT SELECT ON daily_closes TO argos_worker, argos_reader;

-- Releases around which a firm forbids trading, as its calendar lists them; the operator keeps them.
CREATE TABLE news_events (
    at           timestamptz NOT NULL,
    title        text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    currencies   text[] NOT NULL DEFAULT '{}',
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (at, title)
);
CREATE TRIGGER news_events_audit AFTER INSERT OR UPDATE OR DELETE ON news_events
    FOR EACH ROW EXECUTE FUNCTION audit_configuration();
CREATE TRIGGER news_events_kept BEFORE TRUNCATE ON news_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE, DELETE ON news_events TO argos_control;
GRANT SELECT ON news_events TO argos_worker, argos_reader;

-- The commands of the last days lie together: a few bytes say where, and no order pays for it.
CREATE INDEX commands_by_day ON commands USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on);
