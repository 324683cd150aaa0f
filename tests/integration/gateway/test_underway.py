"""What a brake finds on its way: named exactly, for as long as a node may still send it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import asyncpg
import pytest

from argos.protocol.facts import ReportKind
from fresh_database import FreshDatabase
from running_gateway import Caller
from spine import HEDGE, NET, REPORTS_KEY, Spine, about, intent_body

pytestmark = pytest.mark.integration
ROUTE = {"scope": "route", "key": "main", "mode": "halted"}


async def underway(gateway: Caller, **asked: str) -> Sequence[dict[str, Any]]:
    reply = await gateway.get(f"/api/halts/underway?{urlencode({**ROUTE, **asked})}")
    assert reply.status == 200, reply.raw
    items: list[dict[str, Any]] = reply.json["items"]
    return items


async def test_a_halted_route_names_what_its_nodes_may_still_send(
    gateway: Caller, spine: Spine
) -> None:
    await gateway.post("/api/intents", intent_body("T-1"))
    await spine.decide()
    (command,) = await spine.lease(HEDGE)
    halted = await gateway.post("/api/halt", {**ROUTE, "reason": "test", "wait_s": 0})
    assert halted.json["unconfirmed_commands"] == [str(command.command_id)]
    [item] = await underway(gateway)
    assert item["may_be_sent"] is True
    assert (item["command_id"], item["account"], item["symbol"], item["kind"], item["trade_id"]) == (
        str(command.command_id), HEDGE, "AAPL", "submit", "T-1",
    )  # fmt: skip
    assert item["node"] == f"node-{HEDGE}"
    assert item["sendable_until"] > item["leased_at"]
    assert await underway(gateway, scope="account", key=NET) == []

    await spine.report(HEDGE, about(command, ReportKind.SEND_STARTED, account=HEDGE))
    assert await underway(gateway) == []


async def test_a_lease_that_ended_in_silence_stays_on_the_list_as_what_it_is(
    gateway: Caller, spine: Spine, database: FreshDatabase
) -> None:
    await gateway.post("/api/intents", intent_body("T-1"))
    await spine.decide()
    (command,) = await spine.lease(HEDGE)
    connection = await asyncpg.connect(str(database.superuser))
    await connection.execute("UPDATE argos.commands SET leased_at = leased_at - interval '15 s'")
    await connection.close()
    halted = await gateway.post("/api/halt", {**ROUTE, "reason": "test"})
    assert halted.json["unconfirmed_commands"] == []
    [item] = await underway(gateway)
    assert (item["command_id"], item["may_be_sent"]) == (str(command.command_id), False)


@pytest.mark.parametrize("wait_s", [-1, 16, "long"])
async def test_a_wait_beyond_any_lease_is_refused(gateway: Caller, wait_s: object) -> None:
    reply = await gateway.post("/api/halt", {**ROUTE, "reason": "test", "wait_s": wait_s})
    assert (reply.status, reply.json["error"]["field"]) == (422, "wait_s")
    assert await gateway.items("/api/halts") == []


async def test_looking_needs_a_key_that_reads_or_brakes(gateway: Caller, spine: Spine) -> None:
    for key, status in ((None, 401), (REPORTS_KEY, 403)):
        reply = await gateway.get(f"/api/halts/underway?{urlencode(ROUTE)}", key=key)
        assert reply.status == status
