"""Rows for every table under the audit chain, written as Argos's triggers are switched on."""

from typing import Final

import asyncpg

ROWS: Final = 24
"""Rows in each table: no table has more columns, so each column can be attacked in a row of its own."""

KEY_COLUMNS: Final = {
    "alerts": ("alert_id",),
    "intents": ("intent_id",),
    "orders": ("order_id",),
    "leg_refusals": ("intent_id", "account", "code"),
    "facts": ("account", "fact_id"),
    "executions": ("account", "venue_exec_id"),
    "execution_shares": ("account", "venue_exec_id", "share"),
    "reconciled_legs": ("trade_id", "account", "revision"),
    "discrepancies": ("discrepancy_id",),
    "discrepancy_resolutions": ("discrepancy_id",),
    "alarms": ("alarm_id",),
    "manual_decisions": ("decision_id",),
}
"""The tables under the chain and what names a row there."""

CHAINED_APART: Final = (
    "signals",
    "signal_ends",
    "signal_heads",
    "signal_configurations",
    "signal_refusals",
)
"""Append-only tables that a chain of their own covers, or that follow from what it covers."""

_ID: Final = "'00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0')"
_SEED: Final = f"""
SET search_path = argos;
INSERT INTO accounts (account, venue) VALUES ('one', 'paper'), ('two', 'paper');
INSERT INTO alerts (alert_id, received_at, source, remote, content_type, body, checks, outcome, intent_id)
SELECT ({_ID})::uuid, now(), 'hook:h', '127.0.0.1', 'text/plain', convert_to('body ' || n, 'UTF8'),
       '[{{"check": "hook", "ok": true}}]', 'accepted', ({_ID})::uuid
FROM generate_series(1, {ROWS}) n;
INSERT INTO intents (intent_id, alert_id, source, event_id, trade_id, route, symbol, received_at, content_hash, body)
SELECT ({_ID})::uuid, ({_ID})::uuid, 'hook:h', ({_ID})::uuid, 'trade ' || n, 'r', 'EURUSD', now(), sha256('x'),
       jsonb_build_object('trade_id', 'trade ' || n, 'note', 'a "quoted" text, with a comma')
FROM generate_series(1, {ROWS}) n;
INSERT INTO orders (order_id, intent_id, trade_id, account, route, bot_version, role, symbol, side, order_type, qty,
                    magic, client_order_id, planned_at, checks)
SELECT ({_ID})::uuid, ({_ID})::uuid, 'trade ' || n, 'one', 'r', 'bot@1', 'entry', 'EURUSD', 'buy', 'market', 1.50, n,
       'c' || n, now(), '[]'
FROM generate_series(1, {ROWS}) n;
INSERT INTO leg_refusals (intent_id, account, trade_id, code, text, refused_at)
SELECT ({_ID})::uuid, 'one', 'trade ' || n, 'CODE', 'text ' || n, now() FROM generate_series(1, {ROWS}) n;
INSERT INTO facts (account, fact_id, kind, order_id, at, node, epoch, body)
SELECT CASE WHEN n % 2 = 0 THEN 'one' ELSE 'two' END, ({_ID})::uuid, 'accepted', ({_ID})::uuid, now(), 'node', 1,
       jsonb_build_object('qty', n::text)
FROM generate_series(1, {ROWS}) n;
INSERT INTO executions (account, venue_exec_id, order_id, trade_id, venue_order_id, position_id, symbol, side, entry,
                        fill_price, fill_qty, commission, swap, fee, profit, reason, magic, client_order_id, comment,
                        timestamp_broker, received_at)
SELECT 'one', 'exec,' || n, ({_ID})::uuid, 'trade ' || n, 'v' || n, 'p' || n, 'EURUSD', 'buy', 'in', 1.0701, n, 0, 0,
       0, 0, 'command', n, 'c' || n, '', now(), now()
FROM generate_series(1, {ROWS}) n;
INSERT INTO execution_shares (account, venue_exec_id, share, opening_order_id, trade_id, qty, commission, swap, fee,
                              profit, corrects)
SELECT 'one', 'exec,' || n, 1, ({_ID})::uuid, 'trade ' || n, n, 0, 0, 0, 0, true FROM generate_series(1, {ROWS}) n;
INSERT INTO reconciled_legs (trade_id, account, revision, symbol, bot_version, outcome, digest, body, reconciled_at)
SELECT 'trade ' || n, 'one', 1, 'EURUSD', 'bot@1', 'open', 'd' || n, jsonb_build_object('n', n), now()
FROM generate_series(1, {ROWS}) n;
INSERT INTO discrepancies (discrepancy_id, key, occurrence, code, account, expected, observed, found_at)
SELECT ({_ID})::uuid, 'key ' || n, 1, 'POSITION_DRIFT', 'one', '{{"qty": "1"}}', jsonb_build_object('qty', n), now()
FROM generate_series(1, {ROWS}) n;
INSERT INTO discrepancy_resolutions (discrepancy_id, resolved_at, how)
SELECT ({_ID})::uuid, now(), 'how ' || n FROM generate_series(1, {ROWS}) n;
INSERT INTO alarms (code, account, text) SELECT 'CODE', 'one', 'text ' || n FROM generate_series(1, {ROWS}) n;
INSERT INTO manual_decisions (decision_id, decision, reason, decided_by, decided_at)
SELECT ({_ID})::uuid, 'filled', 'reason ' || n, 'me', now() FROM generate_series(1, {ROWS}) n;
INSERT INTO signals (signal_id, chain, sequence, symbol, strategy, version, direction, score, status, simulated,
                     environment, config_digest, at, valid_until, record, record_hash)
VALUES (gen_random_uuid(), 'c', 1, 'AAPL', 'consensus', '1', 'long', 0.8, 'valid', true, 'dev', 'd', now(), now(),
        '{{}}', 'h');
INSERT INTO signal_ends (signal_id, at, reason) VALUES (gen_random_uuid(), now(), 'TIME_IS_UP');
INSERT INTO signal_heads (chain, day, head, head_hash) VALUES ('c', '2026-11-20', '{{}}', 'h');
INSERT INTO signal_configurations (digest, document) VALUES ('d', '{{}}');
INSERT INTO signal_refusals (signal_id, kind, code, text, at)
VALUES (gen_random_uuid(), 'intent', 'NO_PRICE', 'no price', now());
"""


async def write_truth(connection: asyncpg.Connection) -> None:
    """Fill every table under the chain; needs the right to write anywhere."""
    await connection.execute(_SEED)


async def content_columns(connection: asyncpg.Connection, table: str) -> dict[str, str]:
    """Column -> type, for all that a digest must cover: every column but those of the key."""
    rows = await connection.fetch(
        """SELECT attname, format_type(atttypid, NULL) AS type FROM pg_attribute
           WHERE attrelid = ('argos.' || $1)::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum""",
        table,
    )
    return {row["attname"]: row["type"] for row in rows if row["attname"] not in KEY_COLUMNS[table]}
