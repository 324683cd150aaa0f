"""Reports over HTTP: one fact that nobody can store never holds up the others."""

import itertools
import time
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from argos.protocol.facts import ReportKind, encode_report
from argos.protocol.signing import (
    HEADER_COUNTER,
    HEADER_EPOCH,
    HEADER_NODE,
    HEADER_SIGNATURE,
    HEADER_TIME,
    sign_request,
)
from running_gateway import Caller, Reply
from spine import ACCOUNTS, Spine, deal_by_hand, positions_of

pytestmark = pytest.mark.integration

ACCOUNT = ACCOUNTS[0]
NODE = f"node-{ACCOUNT}"
PATH = "/node/v1/reports"
_counter = itertools.count(1_000)


async def report(gateway: Caller, *facts: Mapping[str, Any]) -> Reply:
    """What the enrolled node of the first account would send; its key is 32 zero bytes."""
    body = orjson.dumps({"facts": facts})
    counter, time_ms = next(_counter), int(time.time() * 1000)
    signature = sign_request(
        bytes(32),
        method="POST",
        path=PATH,
        body=body,
        node=NODE,
        epoch=1,
        counter=counter,
        time_ms=time_ms,
    )
    headers = {
        HEADER_NODE: NODE,
        HEADER_EPOCH: "1",
        HEADER_COUNTER: str(counter),
        HEADER_TIME: str(time_ms),
        HEADER_SIGNATURE: signature,
    }
    async with gateway.http.post(gateway.url + PATH, data=body, headers=headers) as response:
        return Reply(
            status=response.status,
            content_type=response.content_type,
            raw=await response.read(),
        )


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
