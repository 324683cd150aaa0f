"""Snapshots over HTTP: what an account shows, whatever the clock of its node."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from argos.core.account import AccountSnapshot
from argos.protocol.snapshots import encode_snapshot
from fresh_database import FreshDatabase
from integration.gateway.node_calls import ACCOUNT, call_as_node
from running_gateway import Caller
from spine import Spine, now

pytestmark = pytest.mark.integration


def snapshot(balance: str, *, taken_at: datetime) -> Mapping[str, Any]:
    return encode_snapshot(
        AccountSnapshot(
            account=ACCOUNT,
            currency="USD",
            balance=Decimal(balance),
            equity=Decimal(balance),
            margin_free=Decimal(balance),
            hedging=True,
            taken_at=taken_at,
        )
    )


async def stored(database: FreshDatabase) -> tuple[str, datetime]:
    connection = await asyncpg.connect(str(database.superuser))
    try:
        row = await connection.fetchrow(
            "SELECT snapshot->>'balance' AS balance, taken_at FROM argos.account_states"
            " WHERE account = $1",
            ACCOUNT,
        )
    finally:
        await connection.close()
    assert row is not None
    return row["balance"], row["taken_at"]


async def poll(gateway: Caller, balance: str, *, taken_at: datetime) -> None:
    body = {"wait_ms": 0, "in_flight": [], "snapshot": snapshot(balance, taken_at=taken_at)}
    reply = await call_as_node(gateway, "poll", body)
    assert reply.status == 200, reply.raw


async def test_a_snapshot_from_the_future_keeps_no_later_one_out(
    gateway: Caller, spine: Spine, database: FreshDatabase
) -> None:
    await poll(gateway, "100", taken_at=now() + timedelta(days=400))
    balance, taken_at = await stored(database)
    assert (balance, taken_at <= now()) == ("100", True)
    await poll(gateway, "90", taken_at=now())
    assert (await stored(database))[0] == "90"


async def test_hello_tells_of_no_future_either(
    gateway: Caller, spine: Spine, database: FreshDatabase
) -> None:
    hello = {
        "version": "1",
        "account": ACCOUNT,
        "log_id": "00000000-0000-0000-0000-000000000001",
        "info": snapshot("80", taken_at=now() + timedelta(days=400)),
        "terminal": {},
    }
    reply = await call_as_node(gateway, "hello", hello)
    assert reply.status == 200, reply.raw
    balance, taken_at = await stored(database)
    assert (balance, taken_at <= now()) == ("80", True)


async def test_an_older_snapshot_still_replaces_no_newer_one(
    gateway: Caller, spine: Spine, database: FreshDatabase
) -> None:
    seen_at = now()
    await poll(gateway, "100", taken_at=seen_at)
    await poll(gateway, "90", taken_at=seen_at - timedelta(seconds=1))
    assert (await stored(database))[0] == "100"
