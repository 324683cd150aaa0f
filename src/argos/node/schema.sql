-- The node's own log. One process writes it; everything the node must know after a crash stands here.
CREATE TABLE IF NOT EXISTS meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- One row per command that was sent, or refused by the node. What was only queued leaves no trace.
CREATE TABLE IF NOT EXISTS commands (
  command_id     TEXT PRIMARY KEY,
  order_id       TEXT NOT NULL,
  kind           TEXT NOT NULL,
  seq            INTEGER NOT NULL,
  state          TEXT NOT NULL,
  attempt        INTEGER NOT NULL,
  body           BLOB NOT NULL,
  sent_at_ms     INTEGER,
  bid            TEXT,
  ask            TEXT,
  sent_qty       TEXT,
  closes_all     INTEGER NOT NULL DEFAULT 0,
  venue_order_id TEXT NOT NULL DEFAULT '',
  venue_state    TEXT
);
CREATE INDEX IF NOT EXISTS commands_open ON commands (state)
  WHERE state IN ('send_started', 'doubt');
CREATE INDEX IF NOT EXISTS commands_answered ON commands (kind) WHERE state = 'answered';
CREATE INDEX IF NOT EXISTS commands_sent ON commands (sent_at_ms) WHERE kind = 'submit';
CREATE INDEX IF NOT EXISTS commands_order ON commands (order_id);
CREATE INDEX IF NOT EXISTS commands_venue_order ON commands (venue_order_id)
  WHERE venue_order_id <> '';

-- How the venue names our orders: 'm:<magic>' and 'c:<client order id>', for entries and exits.
CREATE TABLE IF NOT EXISTS identities (
  key        TEXT PRIMARY KEY,
  command_id TEXT NOT NULL
) WITHOUT ROWID;

-- Every execution seen. own = 1 when it is a fill of the command's own order.
CREATE TABLE IF NOT EXISTS executions (
  venue_exec_id TEXT PRIMARY KEY,
  command_id    TEXT,
  own           INTEGER NOT NULL,
  position_id   TEXT NOT NULL,
  qty           TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS executions_command ON executions (command_id);

-- The outbox. A fact waits until the gateway has taken or refused it.
CREATE TABLE IF NOT EXISTS facts (
  seq            INTEGER PRIMARY KEY AUTOINCREMENT,
  fact_id        TEXT NOT NULL UNIQUE,
  command_id     TEXT,
  kind           TEXT NOT NULL,
  body           BLOB NOT NULL,
  reported_at_ms INTEGER,
  refused_code   TEXT
);
CREATE INDEX IF NOT EXISTS facts_pending ON facts (seq)
  WHERE reported_at_ms IS NULL AND refused_code IS NULL;
CREATE INDEX IF NOT EXISTS facts_command ON facts (command_id);
