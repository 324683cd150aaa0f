-- What follows from the facts. Results are revisions; a resolution is a row of its own.

CREATE TABLE reconciled_legs (
    trade_id       text NOT NULL,
    account        text NOT NULL,
    revision       integer NOT NULL,
    symbol         text NOT NULL,
    bot_version    text NOT NULL,
    outcome        text NOT NULL,
    digest         text NOT NULL,
    body           jsonb NOT NULL,
    reconciled_at  timestamptz NOT NULL,
    PRIMARY KEY (trade_id, account, revision)
);
CREATE INDEX reconciled_legs_by_time ON reconciled_legs (reconciled_at DESC, trade_id DESC);

-- Projection: the newest revision of each leg, so that reading and comparing need no search.
CREATE TABLE leg_heads (
    trade_id       text NOT NULL,
    account        text NOT NULL,
    revision       integer NOT NULL,
    digest         text NOT NULL,
    reconciled_at  timestamptz NOT NULL,
    PRIMARY KEY (trade_id, account)
);
CREATE INDEX leg_heads_by_time ON leg_heads (reconciled_at DESC, trade_id DESC, account DESC);

CREATE TABLE discrepancies (
    discrepancy_id  uuid PRIMARY KEY,
    key             text NOT NULL,
    occurrence      integer NOT NULL,
    code            text NOT NULL,
    account         text NOT NULL,
    trade_id        text,
    order_id        uuid,
    expected        jsonb NOT NULL,
    observed        jsonb NOT NULL,
    found_at        timestamptz NOT NULL,
    UNIQUE (key, occurrence)
);

CREATE TABLE discrepancy_resolutions (
    discrepancy_id  uuid PRIMARY KEY REFERENCES discrepancies,
    resolved_at     timestamptz NOT NULL,
    how             text NOT NULL
);

CREATE TABLE alarms (
    alarm_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    raised_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    code       text NOT NULL,
    account    text,
    order_id   uuid,
    text       text NOT NULL
);

-- What a person decided about an order in doubt, or a discrepancy: evidence of another kind, kept like a fact.
CREATE TABLE manual_decisions (
    decision_id     uuid PRIMARY KEY,
    order_id        uuid,
    discrepancy_id  uuid,
    decision        text NOT NULL,
    reason          text NOT NULL,
    decided_by      text NOT NULL,
    decided_at      timestamptz NOT NULL
);
