"""Who signs? Every node request is checked, and every answer signed, with the node's own key."""

import time
from dataclasses import dataclass
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.responses import Response

from argos.core.errors import InputError
from argos.gateway.answers import json_bytes
from argos.gateway.doors import DoorsCopy
from argos.protocol.signing import (
    CLOCK_SKEW_MS_MAX,
    HEADER_COUNTER,
    HEADER_EPOCH,
    HEADER_NODE,
    HEADER_SIGNATURE,
    HEADER_TIME,
    KEY_BYTES,
    key_id_of,
    sign_request,
    sign_response,
    signatures_match,
)

NODE_BODY_BYTES_MAX = 4 * 1024 * 1024
COUNTER_MAX = 2**63 - 1
_NOBODYS_KEYS: Final = (bytes(KEY_BYTES), bytes(KEY_BYTES))
"""As many as a node may have: a refusal takes the same work, whether there is such a node or not."""
_log = structlog.get_logger("argos.gateway.nodes")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCall:
    """A request whose signature was good. Whether its counter rises is for the database to say."""

    node: str
    account: str
    key: bytes
    epoch: int
    counter: int
    body: bytes

    @property
    def key_id(self) -> str:
        """By which the key can be spoken of, as the database has it."""
        return key_id_of(self.key)

    def signed_answer(self, content: Any, *, status: int = 200) -> Response:
        data = json_bytes(content)
        signature = sign_response(
            self.key, status=status, body=data, node=self.node, counter=self.counter
        )
        return Response(
            data,
            status_code=status,
            media_type="application/json",
            headers={HEADER_SIGNATURE: signature},
        )


def _refused(code: str, message: str, fix: str) -> InputError:
    return InputError(message, code=code, fix=fix)


async def signed_call(request: Request, *, doors: DoorsCopy) -> SignedCall:
    """The verified call. Raises InputError NODE_CLOCK_SKEW or NODE_SIGNATURE_INVALID.

    A stranger learns no node's name: an unknown one and a wrong signature are one answer. Our log says which.
    """
    headers = request.headers
    node = headers.get(HEADER_NODE, "")
    epoch, counter, time_ms = (
        _number(headers.get(name, "")) for name in (HEADER_EPOCH, HEADER_COUNTER, HEADER_TIME)
    )
    if abs(time.time() * 1000 - time_ms) > CLOCK_SKEW_MS_MAX:
        raise _refused(
            "NODE_CLOCK_SKEW",
            f"the node's clock is more than {CLOCK_SKEW_MS_MAX} ms away from ours",
            "set both clocks by NTP",
        )
    body = await bounded_body(request, bytes_max=NODE_BODY_BYTES_MAX)
    given = headers.get(HEADER_SIGNATURE, "")
    account, keys = doors.node_keys.get(node, ("", ()))
    for number, key in enumerate((*keys, *_NOBODYS_KEYS)[: len(_NOBODYS_KEYS)]):
        expected = sign_request(
            key,
            method=request.method,
            path=request.url.path,
            body=body,
            node=node,
            epoch=epoch,
            counter=counter,
            time_ms=time_ms,
        )
        if signatures_match(expected, given) and number < len(keys):
            return SignedCall(
                node=node, account=account, key=key, epoch=epoch, counter=counter, body=body
            )
    doors.refresh_soon()
    why = "wrong signature" if keys else "there is no such node, or it has no key"
    _log.warning("node_refused", node=node[:64], why=why)
    raise _refused(
        "NODE_SIGNATURE_INVALID",
        "the node is unknown, or its signature does not match",
        "enrol it with `argos nodes enrol`; the gateway's log says which it is",
    )


async def bounded_body(request: Request, *, bytes_max: int) -> bytes:
    """The body. Raises InputError BODY_TOO_LARGE as soon as it is, the rest unread."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > bytes_max:
            raise _refused(
                "BODY_TOO_LARGE",
                f"the body is larger than {bytes_max} bytes",
                "send less at once: 500 facts at most",
            )
        chunks.append(chunk)
    return b"".join(chunks)


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= COUNTER_MAX:
        return int(text)
    raise _refused(
        "NODE_SIGNATURE_INVALID", "a header of the signature is missing", "see the node protocol"
    )
