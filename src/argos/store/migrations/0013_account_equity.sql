-- What each account was worth over time: no venue tells that afterwards. One row for each minute in which something
-- changed, and for the first minute of each quarter of an hour, in which every time zone's midnight lies. The gateway
-- gathers a minute in memory and appends it once, beside the requests of nodes. Rows are never changed: a gateway that
-- was started anew within a minute appends a second row for it.

CREATE TABLE account_equity (
    account        text NOT NULL REFERENCES accounts,
    began_at       timestamptz NOT NULL,
    ended_at       timestamptz NOT NULL CHECK (ended_at >= began_at),
    first_balance  numeric NOT NULL,
    first_equity   numeric NOT NULL,
    low_equity     numeric NOT NULL,
    low_at         timestamptz NOT NULL,
    high_equity    numeric NOT NULL,
    high_at        timestamptz NOT NULL,
    balance        numeric NOT NULL,
    equity         numeric NOT NULL,
    credit         numeric,
    margin         numeric,
    currency       text NOT NULL,
    snapshots      integer NOT NULL CHECK (snapshots > 0),
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    CHECK (low_equity <= least(first_equity, equity) AND high_equity >= greatest(first_equity, equity)),
    PRIMARY KEY (account, began_at)
);
CREATE TRIGGER account_equity_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON account_equity
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT INSERT ON account_equity TO argos_dispatch;
GRANT SELECT ON account_equity TO argos_reader;

-- Bookings that belong to no execution (deposits, fees, interest) are few among the facts of an account.
CREATE INDEX facts_bookings ON facts (account, recorded_at) WHERE kind = 'snapshot' AND body ? 'charge';
