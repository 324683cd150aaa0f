-- What was asked of providers and what it cost, and the last vote of each source. Amounts are millionths of a dollar.
CREATE TABLE IF NOT EXISTS meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- One row per call, written before it is sent. A call whose end was never seen keeps what it might have cost.
CREATE TABLE IF NOT EXISTS calls (
  call_id      INTEGER PRIMARY KEY AUTOINCREMENT,
  provider     TEXT NOT NULL,
  at_us        INTEGER NOT NULL,
  day          TEXT NOT NULL,
  subject      TEXT NOT NULL,
  microdollars INTEGER NOT NULL,
  ending       TEXT
);
CREATE INDEX IF NOT EXISTS calls_when ON calls (provider, at_us);

-- The same by UTC day. Kept when the rows of the calls are gone.
CREATE TABLE IF NOT EXISTS days (
  provider     TEXT NOT NULL,
  day          TEXT NOT NULL,
  calls        INTEGER NOT NULL,
  microdollars INTEGER NOT NULL,
  PRIMARY KEY (provider, day)
) WITHOUT ROWID;

-- A provider asked us to wait.
CREATE TABLE IF NOT EXISTS pauses (
  provider TEXT PRIMARY KEY,
  until_us INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS votes (
  source    TEXT NOT NULL,
  symbol    TEXT NOT NULL,
  document  TEXT NOT NULL,
  simulated INTEGER NOT NULL,
  PRIMARY KEY (source, symbol)
) WITHOUT ROWID;
