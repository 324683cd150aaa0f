"""A node's key is exchanged while it runs: both work until the new one is used, and nothing else can ask for it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from argos.core.account import AccountSnapshot
from argos.protocol.signing import key_id_of
from argos.protocol.snapshots import encode_snapshot
from eventually import eventually
from fresh_database import FreshDatabase
from integration.gateway.node_calls import ACCOUNT, KEY, call_as_node
from running_gateway import Caller
from spine import Spine, intent_body, now

pytestmark = pytest.mark.integration

NODE = f"node-{ACCOUNT}"
POLL: dict[str, Any] = {"wait_ms": 0, "in_flight": [], "snapshot": None}


async def polled(gateway: Caller, key: bytes = KEY) -> dict[str, Any]:
    reply = await call_as_node(gateway, "poll", POLL, key=key)
    assert reply.status == 200, reply.raw
    answer: dict[str, Any] = reply.json
    return answer


async def is_offered(gateway: Caller) -> None:
    """A wish becomes known to the gateway by a notice: until a poll tells of it."""

    async def offered() -> bool:
        return (await polled(gateway))["rekey"] is True

    await eventually(offered, what="the wish is known")


async def is_alone(gateway: Caller, spine: Spine, key: bytes) -> None:
    """Until this key, which signs, is the only one."""

    async def alone() -> bool:
        assert (await polled(gateway, key))["rekey"] is False
        return await live(spine) == [(key_id_of(key), True)]

    await eventually(alone, what="the other key ended")


async def new_key(gateway: Caller) -> bytes:
    reply = await call_as_node(gateway, "rekey", {})
    assert reply.status == 200, reply.raw
    assert reply.json["node"] == NODE
    key = bytes.fromhex(reply.json["key"])
    assert reply.json["key_id"] == key_id_of(key)
    return key


async def live(spine: Spine) -> list[tuple[str, bool]]:
    """Key ids and whether each is in use, newest first."""
    return [(row["key_id"], row["in_use"]) for row in await spine.control.node_keys(NODE)]


async def test_no_key_is_exchanged_unless_the_operator_wants_it(
    gateway: Caller, spine: Spine
) -> None:
    assert (await polled(gateway))["rekey"] is False
    reply = await call_as_node(gateway, "rekey", {})
    assert (reply.status, reply.json["error"]["code"]) == (409, "NODE_REKEY_UNWANTED")
    assert await live(spine) == [(key_id_of(KEY), True)]


async def test_both_keys_work_until_the_new_one_is_used_and_that_ends_the_old(
    gateway: Caller, spine: Spine
) -> None:
    await spine.control.want_new_key(NODE)
    await is_offered(gateway)
    key = await new_key(gateway)
    assert await live(spine) == [(key_id_of(key), False), (key_id_of(KEY), True)]
    await is_offered(gateway)  # it did not use it yet
    await is_alone(gateway, spine, key)

    async def old_is_refused() -> bool:
        return (await call_as_node(gateway, "poll", POLL)).status == 401

    await eventually(old_is_refused, what="the old key ended")
    assert (await polled(gateway, key))["rekey"] is False


async def test_a_new_key_that_was_lost_on_the_way_is_given_again(
    gateway: Caller, spine: Spine
) -> None:
    await spine.control.want_new_key(NODE)
    lost = await new_key(gateway)
    key = await new_key(gateway)
    assert await live(spine) == [(key_id_of(key), False), (key_id_of(KEY), True)]
    assert (await call_as_node(gateway, "poll", POLL, key=lost)).status == 401
    await is_alone(gateway, spine, key)


async def test_hello_with_the_new_key_ends_the_old_one_too(gateway: Caller, spine: Spine) -> None:
    await spine.control.want_new_key(NODE)
    key = await new_key(gateway)
    hello = {
        "version": "1",
        "account": ACCOUNT,
        "log_id": "00000000-0000-0000-0000-000000000001",
        "terminal": {},
    }
    assert (await call_as_node(gateway, "hello", hello, key=key)).status == 200
    assert await live(spine) == [(key_id_of(key), True)]


async def test_a_key_can_be_exchanged_again_and_again(gateway: Caller, spine: Spine) -> None:
    signed_by = KEY
    for _ in range(3):
        await spine.control.want_new_key(NODE)
        reply = await call_as_node(gateway, "rekey", {}, key=signed_by)
        signed_by = bytes.fromhex(reply.json["key"])
        await is_alone(gateway, spine, signed_by)


async def test_the_key_of_another_enrolment_ends_with_an_exchange(
    gateway: Caller, spine: Spine
) -> None:
    code, _ = await spine.control.make_enrolment_code(NODE)
    body = {"code": code, "account": ACCOUNT, "venue": "paper"}
    other = bytes.fromhex((await gateway.post("/node/v1/enrol", body)).json["key"])
    await spine.control.want_new_key(NODE)
    key = await new_key(gateway)
    assert {key_id for key_id, _ in await live(spine)} == {key_id_of(KEY), key_id_of(key)}
    await is_alone(gateway, spine, key)
    assert (await call_as_node(gateway, "poll", POLL, key=other)).status == 401


async def test_every_exchange_stands_in_the_audit_log_without_a_key(
    gateway: Caller, spine: Spine, database: FreshDatabase
) -> None:
    await spine.control.want_new_key(NODE)
    key = await new_key(gateway)
    await is_alone(gateway, spine, key)
    connection = await asyncpg.connect(str(database.superuser))
    try:
        rows = await connection.fetch(
            "SELECT detail->>'verb' AS verb, detail FROM argos.audit_log"
            " WHERE subject = 'node_keys' ORDER BY seq"
        )
        wishes = await connection.fetchval(
            "SELECT count(*) FROM argos.audit_log WHERE subject = 'nodes'"
            " AND detail->'after'->>'rekey_wanted_at' IS NOT NULL"
        )
    finally:
        await connection.close()
    assert [row["verb"] for row in rows][-2:] == ["insert", "delete"]
    assert key_id_of(key) in str(rows[-2]["detail"])
    assert key.hex() not in str(rows)
    assert wishes == 1


async def test_a_node_shows_its_lanes_its_flags_its_doubt_and_its_keys(
    gateway: Caller, spine: Spine, database: FreshDatabase
) -> None:
    [node] = await gateway.items("/api/nodes", node=NODE)
    assert (node["lane_waiting"], node["lane_leased"], node["unreported"]) == (0, 0, None)
    assert (node["enrolment"]["state"], node["rekey_wanted_at"]) == ("used", None)

    for trade in ("T-1", "T-2"):
        assert (await gateway.post("/api/intents", intent_body(trade))).status == 202
    await spine.decide()
    told = {"connected": True, "algo_trading": False, "build": 5000, "unreported": 2}
    shown = encode_snapshot(await _account(database, node=told))
    reply = await call_as_node(gateway, "poll", {**POLL, "snapshot": shown})
    assert len(reply.json["commands"]) == 1  # one lane, one after the other
    await spine.control.want_new_key(NODE)

    [node] = await gateway.items("/api/nodes", node=NODE)
    assert (node["lane_waiting"], node["lane_leased"], node["lane_depth"]) == (1, 1, 2)
    assert node["terminal"].items() >= told.items()
    assert (node["unreported"], node["in_doubt"]) == (2, 0)
    assert node["looked_age_s"] >= 60
    assert [(key["key_id"], key["in_use"]) for key in node["keys"]] == [(key_id_of(KEY), True)]
    assert node["rekey_wanted_at"] is not None

    await polled(gateway, await new_key(gateway))
    [node] = await gateway.items("/api/nodes", node=NODE)
    assert node["rekey_wanted_at"] is None


async def _account(database: FreshDatabase, *, node: dict[str, Any]) -> AccountSnapshot:
    """A look of a minute ago; an older one is in the database, so that it is not passed over."""
    connection = await asyncpg.connect(str(database.superuser))
    try:
        await connection.execute(
            "UPDATE argos.account_states SET taken_at = taken_at - interval '1 h'"
        )
    finally:
        await connection.close()
    return AccountSnapshot(
        account=ACCOUNT,
        currency="USD",
        balance=Decimal(100_000),
        equity=Decimal(100_000),
        margin_free=Decimal(100_000),
        hedging=True,
        taken_at=now() - timedelta(seconds=60),
        node=node,
    )


async def test_the_terms_of_an_account_are_listed_as_its_node_told_them(
    gateway: Caller, spine: Spine, database: FreshDatabase
) -> None:
    connection = await asyncpg.connect(str(database.superuser))
    try:
        await connection.execute(
            'UPDATE argos.account_states SET instruments = instruments || \'{"EURUSD": '
            '{"symbol": "EURUSD", "swap_long": "-7.1", "tick_size": "0.00001"}}\'::jsonb'
            " WHERE account = $1",
            ACCOUNT,
        )
    finally:
        await connection.close()
    items = await gateway.items("/api/instruments", account=ACCOUNT)
    assert sorted(item["symbol"] for item in items) == ["AAPL", "EURUSD"]
    [euro] = await gateway.items("/api/instruments", account=ACCOUNT, symbol="EURUSD")
    assert (euro["swap_long"], euro["account"], euro["quote"]) == ("-7.1", ACCOUNT, None)
    [share] = await gateway.items("/api/instruments", account=ACCOUNT, symbol="AAPL")
    assert share["quote"]["bid"]


async def test_a_node_that_waits_for_work_is_told_at_once_that_a_new_key_is_wanted(
    gateway: Caller, spine: Spine
) -> None:
    waiting = asyncio.create_task(call_as_node(gateway, "poll", {**POLL, "wait_ms": 25_000}))
    await eventually(_is_known(spine), what="the poll has come in")
    await spine.control.want_new_key(NODE)
    async with asyncio.timeout(15):  # far less than the poll would have lasted
        assert (await waiting).json["rekey"] is True


def _is_known(spine: Spine) -> Callable[[], Awaitable[bool]]:
    async def known() -> bool:
        return (await live(spine))[0][1]

    return known
