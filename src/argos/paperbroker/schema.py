"""The ledger's tables. Deals, order events, charges, bookings, equity and faults only ever grow: triggers hold them."""

from typing import Final

APPEND_ONLY: Final = ("deals", "order_events", "charges", "bookings", "faults", "equity")

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (
  account TEXT PRIMARY KEY, cash TEXT NOT NULL, next_ticket INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
  ticket INTEGER PRIMARY KEY, account TEXT NOT NULL, client_order_id TEXT NOT NULL, symbol TEXT NOT NULL,
  parent INTEGER NOT NULL, live INTEGER NOT NULL, created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS orders_client
  ON orders (account, client_order_id) WHERE client_order_id <> '';
CREATE INDEX IF NOT EXISTS orders_created ON orders (account, created_us);
CREATE INDEX IF NOT EXISTS orders_parent ON orders (parent) WHERE parent <> 0;
CREATE INDEX IF NOT EXISTS orders_updated ON orders (account, updated_us);
CREATE INDEX IF NOT EXISTS orders_live ON orders (account) WHERE live;
CREATE TABLE IF NOT EXISTS positions (
  position_id INTEGER PRIMARY KEY, account TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS quotes (
  symbol TEXT PRIMARY KEY, bid TEXT NOT NULL, ask TEXT NOT NULL, at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deals (
  ticket INTEGER PRIMARY KEY, account TEXT NOT NULL, order_ticket INTEGER NOT NULL,
  position_id INTEGER NOT NULL, at_us INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deals_at ON deals (account, at_us);
CREATE INDEX IF NOT EXISTS deals_order ON deals (order_ticket);
CREATE INDEX IF NOT EXISTS deals_position ON deals (position_id);
CREATE TABLE IF NOT EXISTS order_events (
  seq INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, account TEXT NOT NULL, ticket INTEGER NOT NULL,
  kind TEXT NOT NULL, deal INTEGER, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS charges (
  seq INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, account TEXT NOT NULL, position_id INTEGER NOT NULL,
  kind TEXT NOT NULL, amount TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS bookings (
  ticket INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, account TEXT NOT NULL, amount TEXT NOT NULL,
  comment TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS equity (
  account TEXT NOT NULL, at_us INTEGER NOT NULL, closing INTEGER NOT NULL, equity TEXT NOT NULL,
  PRIMARY KEY (account, at_us)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS faults (
  seq INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, account TEXT NOT NULL, fault TEXT NOT NULL,
  request TEXT NOT NULL
);
"""


def _guards(table: str) -> str:
    return "".join(
        f"""
CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;"""
        for verb in ("UPDATE", "DELETE")
    )


SCHEMA: Final = _TABLES + "".join(_guards(table) for table in APPEND_ONLY)
