"""Trades as they stand in the database after a good day: each opened and closed at three accounts.

Written in bulk by the superuser with triggers off, because how they came there is measured elsewhere.
"""

from datetime import UTC, datetime
from typing import Final

import asyncpg

from alert_bodies import alert_body
from argos.protocol.intent_body import parse_intent_body, to_intent
from argos.protocol.intent_store import record_of
from argos.protocol.values import parse_json
from rig import ROUTE

ACCOUNTS: Final = ("bench-a", "bench-b", "bench-c")

_ACCOUNTS: Final = """
INSERT INTO accounts (account, venue) SELECT unnest($1::text[]), 'paper-mt5' ON CONFLICT DO NOTHING
"""

# $1 trades, $2 an entry's stored body, $3 an exit's, $4 the moment of the first alert
_INTENTS: Final = """
INSERT INTO intents (intent_id, alert_id, source, event_id, trade_id, route, symbol, received_at, content_hash, body)
SELECT md5('intent:' || n || role)::uuid, md5('alert:' || n || role)::uuid, 'bench', md5('event:' || n || role)::uuid,
       'stored-' || n, body->>'account_route', 'AAPL', at, sha256((n || role)::bytea),
       body || jsonb_build_object('intent_id', md5('intent:' || n || role)::uuid,
           'event_id', md5('event:' || n || role)::uuid, 'trade_id', 'stored-' || n,
           'timestamp_tv', wire_moment(at - interval '40 ms'), 'received_at', wire_moment(at))
FROM (
    SELECT n, role, CASE role WHEN 'entry' THEN $2::jsonb ELSE $3::jsonb END AS body,
           $4::timestamptz + n * interval '1 ms' + CASE role WHEN 'entry' THEN '0'::interval ELSE '1 hour' END AS at
    FROM generate_series(1, $1::integer) AS n, unnest(ARRAY['entry', 'exit']) AS role
    ORDER BY n, role
) AS made
"""
_ORDERS: Final = """
INSERT INTO orders (
    order_id, intent_id, trade_id, account, route, bot_version, role, symbol, side, order_type, qty, sl, tp,
    valid_until, magic, client_order_id, planned_at, closes_order_id, checks
)
SELECT md5('order:' || n || role || account)::uuid, md5('intent:' || n || role)::uuid, 'stored-' || n, account,
       'bench', 'ema-cross@3.2', role, 'AAPL', CASE role WHEN 'entry' THEN 'buy' ELSE 'sell' END, 'market', 10,
       CASE role WHEN 'entry' THEN 187.10 END, CASE role WHEN 'entry' THEN 193.20 END,
       CASE role WHEN 'entry' THEN at + interval '30 s' END,
       row_number() OVER (), md5('order:' || n || role || account), at,
       CASE role WHEN 'exit' THEN md5('order:' || n || 'entry' || account)::uuid END, '[]'
FROM (
    SELECT n, role, account, $3::timestamptz + n * interval '1 ms' + interval '2 ms'
           + CASE role WHEN 'entry' THEN '0'::interval ELSE '1 hour' END AS at
    FROM generate_series(1, $1::integer) AS n, unnest(ARRAY['entry', 'exit']) AS role, unnest($2::text[]) AS account
    ORDER BY n, role
) AS made
"""
_STATES: Final = """
INSERT INTO order_states (order_id, account, role, status, effective_qty, filled_qty, closed_qty, updated_at)
SELECT order_id, account, role, 'filled', qty, qty, CASE role WHEN 'entry' THEN qty ELSE 0 END, planned_at FROM orders
"""
_FACTS: Final = """
INSERT INTO facts (account, fact_id, kind, order_id, command_id, command_kind, at, recorded_at, node, epoch, body)
SELECT o.account, md5(kind || o.order_id)::uuid, kind, o.order_id, md5('command:' || o.order_id)::uuid,
       CASE o.role WHEN 'entry' THEN 'submit' ELSE 'close' END, o.planned_at + step * interval '2 ms',
       o.planned_at + step * interval '3 ms', o.account, 1,
       CASE kind
           WHEN 'leased' THEN '{"qty": "10", "attempt": 1}'::jsonb
           WHEN 'send_started' THEN '{"attempt": 1, "bid": "189.54", "ask": "189.56", "arrival_bid": "189.53",
               "arrival_ask": "189.55"}'::jsonb
           WHEN 'accepted' THEN jsonb_build_object('venue_order_id', o.magic::text, 'state', 'filled')
           ELSE jsonb_build_object('venue_exec_id', o.magic::text, 'venue_order_id', o.magic::text,
               'position_id', o.trade_id, 'symbol', 'AAPL', 'side', o.side,
               'entry', CASE o.role WHEN 'entry' THEN 'in' ELSE 'out' END,
               'price', CASE o.role WHEN 'entry' THEN '189.56' ELSE '191.20' END, 'qty', '10', 'commission', '0.2',
               'swap', '0', 'fee', '0', 'profit', '0', 'reason', 'command',
               'occurred_at', wire_moment(o.planned_at + interval '7 ms'), 'magic', o.magic::text,
               'client_order_id', o.client_order_id, 'comment', '')
       END
FROM orders o, unnest(ARRAY['leased', 'send_started', 'accepted', 'fill']) WITH ORDINALITY AS made(kind, step)
"""
_EXECUTIONS: Final = """
INSERT INTO executions (
    account, venue_exec_id, order_id, opening_order_id, trade_id, venue_order_id, position_id, symbol, side, entry,
    fill_price, fill_qty, commission, swap, fee, profit, reason, magic, client_order_id, comment, bid_at_send,
    ask_at_send, timestamp_broker, received_at
)
SELECT account, magic::text, order_id, closes_order_id, trade_id, magic::text, trade_id, symbol, side,
       CASE role WHEN 'entry' THEN 'in' ELSE 'out' END, CASE role WHEN 'entry' THEN 189.56 ELSE 191.20 END, 10, 0.2,
       0, 0, CASE role WHEN 'entry' THEN 0 ELSE 16.40 END, 'command', magic, client_order_id, '', 189.54, 189.56,
       planned_at + interval '7 ms', planned_at + interval '9 ms'
FROM orders
"""
_QUEUE: Final = """
INSERT INTO outbox (topic, key, payload)
SELECT 'reconcile', trade_id || '|' || account, jsonb_build_object('trade_id', trade_id, 'account', account)
FROM orders WHERE role = 'entry'
"""


async def store_legs(connection: asyncpg.Connection, *, legs: int) -> int:
    """Store trades of three legs each, `legs` at most; returns how many legs that are."""
    trades = legs // len(ACCOUNTS)
    now = datetime.now(UTC)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(_ACCOUNTS, list(ACCOUNTS))
    await connection.execute(_INTENTS, trades, _stored_intent("open"), _stored_intent("close"), now)
    await connection.execute(_ORDERS, trades, list(ACCOUNTS), now)
    for statement in (_STATES, _FACTS, _EXECUTIONS):
        await connection.execute(statement)
    await connection.execute("SET session_replication_role = origin")
    await connection.execute("VACUUM ANALYZE")
    return trades * len(ACCOUNTS)


async def queue_legs(connection: asyncpg.Connection) -> None:
    """Notices that every leg has new facts."""
    await connection.execute(_QUEUE)
    await connection.execute("ANALYZE outbox")


def _stored_intent(action: str) -> str:
    wish = (
        {"entry_price": "189.55", "sl": "187.10", "tp": "193.20"}
        if action == "open"
        else {"side": None, "entry_price": "191.22"}
    )
    raw = alert_body(
        event_id="1", trade_id="1", route=ROUTE, secret="", **{"action": action, **wish}
    )
    body = parse_intent_body(parse_json(raw))
    intent = to_intent(body, source="bench", received_at=datetime.now(UTC))
    return record_of(intent).document.decode()
