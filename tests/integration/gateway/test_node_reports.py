"""Reports over HTTP: one fact that nobody can store never holds up the others."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from argos.protocol.facts import Report, ReportKind, encode_report
from eventually import eventually
from integration.gateway.node_calls import ACCOUNT, call_as_node, report
from running_gateway import Caller
from spine import Spine, deal_by_hand, intent_body, positions_of

pytestmark = pytest.mark.integration


async def test_a_fact_that_cannot_be_stored_is_refused_alone(gateway: Caller, spine: Spine) -> None:
    good = [encode_report(deal_by_hand(position, account=ACCOUNT)) for position in ("77", "78")]
    too_wide = {
        **encode_report(deal_by_hand("79", account=ACCOUNT)),
        "magic": str(2**64),
    }
    reply = await report(gateway, good[0], too_wide, good[1])
    assert reply.status == 200, reply.raw
    assert sorted(reply.json["accepted"]) == sorted(fact["fact_id"] for fact in good)
    assert reply.json["refused"] == [{"fact_id": too_wide["fact_id"], "code": "FACT_MALFORMED"}]
    stored = await gateway.items("/api/executions", account=ACCOUNT)
    assert {item["position_id"] for item in stored} == {"77", "78"}


async def test_a_fact_that_the_database_alone_refuses_holds_up_no_other(
    gateway: Caller, spine: Spine
) -> None:
    """A comment must be there: the column says so, the reading of facts does not."""
    good = [encode_report(deal_by_hand(position, account=ACCOUNT)) for position in ("77", "78")]
    without_comment = {**encode_report(deal_by_hand("79", account=ACCOUNT)), "comment": None}
    reply = await report(gateway, good[0], without_comment, good[1])
    assert reply.status == 200, reply.raw
    assert reply.json["accepted"] == [fact["fact_id"] for fact in good]
    assert reply.json["refused"] == [
        {"fact_id": without_comment["fact_id"], "code": "VALUE_UNSTORABLE"}
    ]
    stored = await gateway.items("/api/executions", account=ACCOUNT)
    assert {item["position_id"] for item in stored} == {"77", "78"}


async def test_an_id_too_long_for_an_index_is_refused_and_does_not_come_again_for_ever(
    gateway: Caller, spine: Spine
) -> None:
    good = encode_report(deal_by_hand("77", account=ACCOUNT))
    noise = random.Random(7).randbytes(8_000).hex()
    endless = {**encode_report(deal_by_hand("78", account=ACCOUNT)), "position_id": noise}
    reply = await report(gateway, endless, good)
    assert reply.status == 200, reply.raw
    assert reply.json["accepted"] == [good["fact_id"]]
    assert [item["code"] for item in reply.json["refused"]] == ["FACT_MALFORMED"]


async def test_a_malformed_fact_is_refused_by_its_code_and_the_rest_is_taken(
    gateway: Caller, spine: Spine
) -> None:
    good = encode_report(positions_of())
    no_number = {
        **encode_report(positions_of("1")),
        "kind": ReportKind.ACCEPTED.value,
        "qty": "a few",
    }
    reply = await report(gateway, no_number, good)
    assert reply.status == 200, reply.raw
    assert reply.json["accepted"] == [good["fact_id"]]
    assert [item["code"] for item in reply.json["refused"]] == ["VALUE_NOT_DECIMAL"]


async def test_an_empty_report_is_an_answer_of_its_own(gateway: Caller, spine: Spine) -> None:
    reply = await report(gateway)
    assert (reply.status, reply.json) == (200, {"accepted": [], "refused": []})


async def test_flags_that_change_are_shown_with_their_node(gateway: Caller, spine: Spine) -> None:
    """The newest of them count; what the hello said beside them stays."""
    now = datetime.now(UTC)

    def beat(number: int, **flags: Any) -> dict[str, Any]:
        told = Report(
            fact_id=uuid4(), kind=ReportKind.HEARTBEAT, order_id=None, command_id=None,
            at=now + timedelta(seconds=number), body=flags,
        )  # fmt: skip
        return encode_report(told)

    reply = await report(
        gateway,
        beat(2, algo_trading=False, not_permitted="10027"),
        beat(1, algo_trading=True, not_permitted=""),
    )
    assert reply.status == 200, reply.raw
    (node,) = await gateway.items("/api/nodes", account=ACCOUNT)
    assert (node["terminal"]["algo_trading"], node["terminal"]["not_permitted"]) == (False, "10027")


async def test_a_command_behind_one_that_is_out_has_the_node_report_at_once(
    gateway: Caller, spine: Spine
) -> None:
    """Each node rests between its reports; here one lane goes on only after the next of them."""
    await spine.show_accounts()

    async def decided(trade_id: str) -> None:
        assert (await gateway.post("/api/intents", intent_body(trade_id))).status == 202
        await spine.decide()

    async def waits() -> bool:
        async with spine.lanes.statements() as connection:
            counter = await connection.fetchval("SELECT max(counter) FROM node_sessions")
        return bool(counter == counter_of_poll)

    await decided("first")
    poll = {"wait_ms": 0, "in_flight": [], "snapshot": None}
    [command] = (await call_as_node(gateway, "poll", poll)).json["commands"]
    counter_of_poll = 10**6
    poll |= {"wait_ms": 25_000, "in_flight": [command["command_id"]]}
    waiting = asyncio.create_task(call_as_node(gateway, "poll", poll, counter=counter_of_poll))
    await eventually(waits, what="the poll is there")
    assert not waiting.done()

    await decided("second")
    async with asyncio.timeout(15):
        reply = await waiting
    assert (reply.json["commands"], reply.json["awaited"]) == ([], True)
