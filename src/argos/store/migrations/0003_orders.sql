-- What was decided, what was sent, what the venues said. All append-only but the two projections.

CREATE TABLE orders (
    order_id          uuid PRIMARY KEY,
    intent_id         uuid NOT NULL REFERENCES intents,
    trade_id          text NOT NULL,
    account           text NOT NULL REFERENCES accounts,
    route             text NOT NULL,
    bot_version       text NOT NULL,
    role              text NOT NULL CHECK (role IN ('entry', 'exit')),
    symbol            text NOT NULL,
    side              text NOT NULL CHECK (side IN ('buy', 'sell')),
    order_type        text NOT NULL CHECK (order_type IN ('market', 'limit', 'stop', 'stop_limit')),
    qty               numeric NOT NULL CHECK (qty >= 0),
    price             numeric,
    stop_limit_price  numeric,
    sl                numeric,
    tp                numeric,
    valid_until       timestamptz,
    magic             bigint NOT NULL CHECK (magic > 0),
    client_order_id   text NOT NULL UNIQUE,
    planned_at        timestamptz NOT NULL,
    denial_code       text,
    denial_text       text,
    closes_order_id   uuid REFERENCES orders,
    checks            jsonb NOT NULL,
    UNIQUE (account, magic)
);
CREATE INDEX orders_by_trade ON orders (trade_id, account);
CREATE INDEX orders_by_intent ON orders (intent_id);
CREATE INDEX orders_by_target ON orders (closes_order_id) WHERE closes_order_id IS NOT NULL;
CREATE INDEX orders_by_time ON orders (planned_at DESC, order_id DESC);

-- A leg that gets no order of its own (a modify or cancel that was refused): the reason stays.
CREATE TABLE leg_refusals (
    intent_id   uuid NOT NULL REFERENCES intents,
    account     text NOT NULL,
    trade_id    text NOT NULL,
    code        text NOT NULL,
    text        text NOT NULL,
    refused_at  timestamptz NOT NULL,
    PRIMARY KEY (intent_id, account, code)
);

-- Projection: the status that an order's facts add up to. Rebuilt from facts at will. `closed_qty` is how much of
-- an entry's fill has been closed again; `live` means: working, or holding a position that is not closed.
CREATE TABLE order_states (
    order_id       uuid PRIMARY KEY REFERENCES orders,
    account        text NOT NULL,
    role           text NOT NULL,
    status         text NOT NULL,
    effective_qty  numeric NOT NULL,
    filled_qty     numeric NOT NULL DEFAULT 0,
    closed_qty     numeric NOT NULL DEFAULT 0,
    updated_at     timestamptz NOT NULL,
    live           boolean GENERATED ALWAYS AS (
        status NOT IN ('denied', 'filled', 'canceled', 'expired', 'expired_unsent', 'rejected')
        OR (role = 'entry' AND filled_qty > closed_qty)
    ) STORED
) WITH (fillfactor = 80);
CREATE INDEX order_states_live ON order_states (account) WHERE live;

CREATE TABLE order_transitions (
    from_status  text NOT NULL,
    event        text NOT NULL,
    to_status    text NOT NULL,
    PRIMARY KEY (from_status, event, to_status)
);

-- The lane of an account and symbol: strictly serial by `seq`, parallel to all others.
CREATE TABLE commands (
    command_id         uuid PRIMARY KEY,
    seq                bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    order_id           uuid NOT NULL REFERENCES orders,
    intent_id          uuid NOT NULL REFERENCES intents,
    account            text NOT NULL REFERENCES accounts,
    symbol             text NOT NULL,
    kind               text NOT NULL CHECK (kind IN ('submit', 'modify', 'cancel', 'close')),
    is_exit            boolean NOT NULL,
    price              numeric,
    sl                 numeric,
    tp                 numeric,
    close_fraction     numeric,
    deviation_points   integer NOT NULL,
    valid_until        timestamptz,
    depends_on         uuid[] NOT NULL DEFAULT '{}',
    created_at         timestamptz NOT NULL DEFAULT now(),
    state              text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'leased', 'done')),
    node               text,
    epoch              bigint,
    log_id             uuid,
    attempt            integer NOT NULL DEFAULT 0,
    leased_at          timestamptz,
    done_at            timestamptz
) WITH (fillfactor = 80);
CREATE INDEX commands_waiting ON commands (account, symbol, seq) WHERE state <> 'done';
CREATE INDEX commands_by_order ON commands (order_id);

CREATE TABLE facts (
    account       text NOT NULL REFERENCES accounts,
    fact_id       uuid NOT NULL,
    kind          text NOT NULL,
    order_id      uuid,
    command_id    uuid,
    command_kind  text,
    at            timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    node          text,
    epoch         bigint,
    body          jsonb NOT NULL,
    PRIMARY KEY (account, fact_id)
);
CREATE INDEX facts_by_order ON facts (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX facts_by_time ON facts (recorded_at);

CREATE TABLE executions (
    account           text NOT NULL REFERENCES accounts,
    venue_exec_id     text NOT NULL,
    order_id          uuid,
    opening_order_id  uuid,
    trade_id          text NOT NULL,
    venue_order_id    text NOT NULL,
    position_id       text NOT NULL,
    symbol            text NOT NULL,
    side              text NOT NULL CHECK (side IN ('buy', 'sell')),
    entry             text NOT NULL CHECK (entry IN ('in', 'out', 'inout', 'out_by')),
    fill_price        numeric NOT NULL,
    fill_qty          numeric NOT NULL,
    commission        numeric NOT NULL,
    swap              numeric NOT NULL,
    fee               numeric NOT NULL,
    profit            numeric NOT NULL,
    reason            text NOT NULL,
    magic             bigint NOT NULL,
    client_order_id   text NOT NULL,
    comment           text NOT NULL,
    bid_at_send       numeric,
    ask_at_send       numeric,
    timestamp_broker  timestamptz NOT NULL,
    received_at       timestamptz NOT NULL,
    PRIMARY KEY (account, venue_exec_id)
);
CREATE INDEX executions_by_trade ON executions (trade_id, account);
CREATE INDEX executions_by_order ON executions (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX executions_by_target ON executions (opening_order_id) WHERE opening_order_id IS NOT NULL;
CREATE INDEX executions_by_position ON executions (account, position_id);
CREATE INDEX executions_by_time ON executions (received_at DESC, venue_exec_id DESC);

-- Projection: what all executions add up to, in signed units; a position that is flat has no row. A trigger on
-- `executions` keeps it, so that nobody has to read closed trades to know what is held.
CREATE TABLE position_totals (
    account      text NOT NULL,
    symbol       text NOT NULL,
    position_id  text NOT NULL,
    qty          numeric NOT NULL,
    PRIMARY KEY (account, symbol, position_id)
) WITH (fillfactor = 50);

-- A close at a netting account that no order of ours made takes what several trades hold there, first in, first out:
-- their parts of that one execution. Where there are none, it belongs to its own trade as a whole. What none of ours
-- held has no opening order.
-- Parts are corrected as in a ledger: those of before are taken back by others of the opposite sign, and one that
-- `corrects` has the whole; its `order_id` is the order whose fill it turned out to be, if any.
CREATE TABLE execution_shares (
    account           text NOT NULL,
    venue_exec_id     text NOT NULL,
    share             integer NOT NULL CHECK (share > 0),
    order_id          uuid,
    opening_order_id  uuid,
    trade_id          text NOT NULL,
    qty               numeric NOT NULL CHECK (qty <> 0),
    commission        numeric NOT NULL,
    swap              numeric NOT NULL,
    fee               numeric NOT NULL,
    profit            numeric NOT NULL,
    corrects          boolean NOT NULL DEFAULT false,
    recorded_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account, venue_exec_id, share),
    CHECK (corrects OR order_id IS NULL)
);
CREATE INDEX execution_shares_by_trade ON execution_shares (trade_id, account);
CREATE INDEX execution_shares_by_target ON execution_shares (opening_order_id) WHERE opening_order_id IS NOT NULL;
CREATE INDEX execution_shares_by_order ON execution_shares (order_id) WHERE order_id IS NOT NULL;
CREATE UNIQUE INDEX execution_shares_one_order ON execution_shares (account, venue_exec_id) WHERE order_id IS NOT NULL;

-- Projection: what the node last saw of its account.
CREATE TABLE account_states (
    account       text PRIMARY KEY REFERENCES accounts,
    snapshot      jsonb NOT NULL,
    instruments   jsonb NOT NULL DEFAULT '{}',
    taken_at      timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    positions     jsonb,
    positions_at  timestamptz
) WITH (fillfactor = 50);
