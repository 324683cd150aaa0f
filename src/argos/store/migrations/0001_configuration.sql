-- What the operator configures. These rows may change; every change is written to the audit log by trigger.

CREATE TABLE accounts (
    account     text PRIMARY KEY CHECK (account ~ '^[A-Za-z0-9._-]{1,64}$'),
    venue       text NOT NULL,
    currency    text NOT NULL DEFAULT 'USD',
    hedging     boolean NOT NULL DEFAULT false,
    enabled     boolean NOT NULL DEFAULT true,
    limits      jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE routes (
    route            text PRIMARY KEY CHECK (length(route) BETWEEN 1 AND 64),
    enabled          boolean NOT NULL DEFAULT true,
    size             jsonb,
    expiry_s         integer NOT NULL DEFAULT 30 CHECK (expiry_s > 0),
    alert_age_s_max  integer NOT NULL DEFAULT 60 CHECK (alert_age_s_max > 0),
    created_at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE route_legs (
    route       text NOT NULL REFERENCES routes,
    account     text NOT NULL REFERENCES accounts,
    share       numeric NOT NULL DEFAULT 1 CHECK (share > 0),
    size        jsonb,
    symbol_map  jsonb NOT NULL DEFAULT '{}',
    hours       jsonb NOT NULL DEFAULT '[]',
    enabled     boolean NOT NULL DEFAULT true,
    PRIMARY KEY (route, account)
);

-- A hook is known by the hash of its key: the key itself stands only in the alert's address.
CREATE TABLE hooks (
    hook             text PRIMARY KEY,
    key_hash         bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    needs_secret     boolean NOT NULL DEFAULT true,
    networks         text[] NOT NULL DEFAULT '{}',
    rate_per_minute  integer NOT NULL DEFAULT 600 CHECK (rate_per_minute > 0),
    routes           text[] NOT NULL DEFAULT '{}',
    enabled          boolean NOT NULL DEFAULT true,
    created_at       timestamptz NOT NULL DEFAULT now()
);

-- At most two live secrets a hook, so that one can be rotated while the other still works.
CREATE TABLE hook_secrets (
    hook         text NOT NULL REFERENCES hooks,
    slot         smallint NOT NULL CHECK (slot IN (1, 2)),
    secret_hash  bytea NOT NULL CHECK (length(secret_hash) = 32),
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hook, slot)
);

CREATE TABLE api_keys (
    name        text PRIMARY KEY,
    key_hash    bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    scopes      text[] NOT NULL DEFAULT '{read}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    revoked_at  timestamptz
);

CREATE TABLE halts (
    scope   text NOT NULL CHECK (scope IN ('global', 'account', 'route', 'strategy')),
    key     text NOT NULL DEFAULT '',
    mode    text NOT NULL CHECK (mode IN ('reducing', 'halted')),
    reason  text NOT NULL,
    set_by  text NOT NULL,
    set_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, key),
    CHECK ((scope = 'global') = (key = ''))
);

CREATE TABLE nodes (
    node        text PRIMARY KEY CHECK (node ~ '^[A-Za-z0-9._-]{1,64}$'),
    account     text NOT NULL REFERENCES accounts,
    venue       text NOT NULL,
    enabled     boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- One node per account: epochs fence the sessions of one node, not two nodes from each other.
CREATE UNIQUE INDEX nodes_one_per_account ON nodes (account) WHERE enabled;

-- Both sides sign with the same key, so the gateway must hold it: a table of its own, for one role.
CREATE TABLE node_keys (
    node        text NOT NULL REFERENCES nodes,
    slot        smallint NOT NULL CHECK (slot IN (1, 2)),
    key         bytea NOT NULL CHECK (length(key) = 32),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (node, slot)
);

CREATE TABLE node_sessions (
    node          text PRIMARY KEY REFERENCES nodes,
    epoch         bigint NOT NULL DEFAULT 0,
    counter       bigint NOT NULL DEFAULT 0,
    log_id        uuid,
    version       text,
    terminal      jsonb NOT NULL DEFAULT '{}',
    hello_at      timestamptz,
    last_seen_at  timestamptz
);

CREATE TABLE enrolment_codes (
    code_hash   bytea PRIMARY KEY CHECK (length(code_hash) = 32),
    node        text NOT NULL REFERENCES nodes,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
