"""Who signs: a stranger learns nothing from a refusal, not even which nodes there are."""

import time
from typing import Any

import pytest
from starlette.requests import Request
from structlog.testing import capture_logs

from argos.core.errors import InputError
from argos.flows.accept_alert import Doors
from argos.gateway.doors import NO_DOORS, DoorsCopy, NodeKeys
from argos.gateway.node_auth import SignedCall, signed_call
from argos.protocol.signing import (
    CLOCK_SKEW_MS_MAX,
    HEADER_COUNTER,
    HEADER_EPOCH,
    HEADER_NODE,
    HEADER_SIGNATURE,
    HEADER_TIME,
    sign_request,
)

NODE, STRANGER = "node-meridian", "node-nobody"
OLD, NEW, NOBODYS = bytes([1]) * 32, bytes([2]) * 32, bytes(32)
PATH, BODY = "/node/v1/poll", b"{}"


async def _no_doors() -> Doors:
    return NO_DOORS


async def _no_keys() -> NodeKeys:
    return {}


def doors_for(*keys: bytes) -> DoorsCopy:
    doors = DoorsCopy(read_doors=_no_doors, read_node_keys=_no_keys)
    doors.node_keys = {NODE: ("meridian", keys)}
    return doors


def request(node: str, *, key: bytes, age_ms: int = 0) -> Request:
    time_ms = int(time.time() * 1000) - age_ms
    signature = sign_request(
        key,
        method="POST",
        path=PATH,
        body=BODY,
        node=node,
        epoch=3,
        counter=7,
        time_ms=time_ms,
    )
    headers = {
        HEADER_NODE: node,
        HEADER_EPOCH: "3",
        HEADER_COUNTER: "7",
        HEADER_TIME: str(time_ms),
        HEADER_SIGNATURE: signature,
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": PATH, "headers": raw, "query_string": b""}
    return Request(scope, receive)


async def refusal(asked: Request, *, doors: DoorsCopy) -> InputError:
    with pytest.raises(InputError) as refused:
        await signed_call(asked, doors=doors)
    return refused.value


@pytest.mark.parametrize("key", [OLD, NEW])
async def test_each_of_a_nodes_two_keys_opens(key: bytes) -> None:
    call = await signed_call(request(NODE, key=key), doors=doors_for(OLD, NEW))
    assert call == SignedCall(node=NODE, account="meridian", key=key, epoch=3, counter=7, body=BODY)


@pytest.mark.parametrize("keys", [(OLD,), (OLD, NEW)])
@pytest.mark.parametrize("age_ms", [0, CLOCK_SKEW_MS_MAX + 1_000])
async def test_an_unknown_node_and_a_wrong_signature_are_one_answer(
    keys: tuple[bytes, ...], age_ms: int
) -> None:
    doors = doors_for(*keys)
    unknown = await refusal(request(STRANGER, key=bytes([9]) * 32, age_ms=age_ms), doors=doors)
    wrong = await refusal(request(NODE, key=bytes([9]) * 32, age_ms=age_ms), doors=doors)
    told = [(error.code, error.message, error.field, error.fix) for error in (unknown, wrong)]
    assert told[0] == told[1]
    assert STRANGER not in unknown.message


@pytest.mark.parametrize("node", [NODE, STRANGER])
@pytest.mark.parametrize("keys", [(), (OLD,), (OLD, NEW)])
async def test_the_key_that_only_evens_out_the_work_opens_nothing(
    node: str, keys: tuple[bytes, ...]
) -> None:
    error = await refusal(request(node, key=NOBODYS), doors=doors_for(*keys))
    assert error.code == "NODE_SIGNATURE_INVALID"


async def test_the_operators_log_says_which_it_was() -> None:
    doors = doors_for(OLD)
    with capture_logs() as told:
        await refusal(request(STRANGER, key=OLD), doors=doors)
        await refusal(request(NODE, key=NEW), doors=doors)
    assert [(item["node"], item["why"]) for item in told] == [
        (STRANGER, "there is no such node, or it has no key"),
        (NODE, "wrong signature"),
    ]
