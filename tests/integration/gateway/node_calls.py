"""What the enrolled node of an account sends: signed calls over HTTP."""

import itertools
import time
from collections.abc import Mapping
from typing import Any

import orjson

from argos.protocol.signing import (
    HEADER_COUNTER,
    HEADER_EPOCH,
    HEADER_NODE,
    HEADER_SIGNATURE,
    HEADER_TIME,
    sign_request,
)
from running_gateway import Caller, Reply
from spine import ACCOUNTS

ACCOUNT = ACCOUNTS[0]
KEY = bytes(32)
_counter = itertools.count(1_000)


async def call_as_node(
    gateway: Caller,
    call: str,
    content: Mapping[str, Any],
    *,
    epoch: int = 1,
    counter: int | None = None,
    key: bytes = KEY,
) -> Reply:
    """A call of the first account's node, signed by its first key unless another is given; its counter rises."""
    node, path, body = f"node-{ACCOUNT}", f"/node/v1/{call}", orjson.dumps(content)
    counter = next(_counter) if counter is None else counter
    time_ms = int(time.time() * 1000)
    signature = sign_request(
        key,
        method="POST",
        path=path,
        body=body,
        node=node,
        epoch=epoch,
        counter=counter,
        time_ms=time_ms,
    )
    headers = {
        HEADER_NODE: node,
        HEADER_EPOCH: str(epoch),
        HEADER_COUNTER: str(counter),
        HEADER_TIME: str(time_ms),
        HEADER_SIGNATURE: signature,
    }
    async with gateway.http.post(gateway.url + path, data=body, headers=headers) as response:
        return Reply(
            status=response.status,
            content_type=response.content_type,
            raw=await response.read(),
        )


async def report(gateway: Caller, *facts: Mapping[str, Any]) -> Reply:
    return await call_as_node(gateway, "reports", {"facts": facts})
