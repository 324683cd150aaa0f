"""Reports over HTTP: one fact that nobody can store never holds up the others."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from argos.protocol.facts import Report, ReportKind, encode_report
from integration.gateway.node_calls import ACCOUNT, report
from running_gateway import Caller
from spine import Spine, deal_by_hand, positions_of

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
