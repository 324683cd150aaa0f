"""How a node comes by its key, and the small file, readable by its owner alone, in which it keeps it."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import aiohttp
import orjson
import structlog

from argos.core.errors import InputError
from argos.node.backoff import Backoff
from argos.node.gateway_client import (
    PROTOCOL_VERSION,
    GatewayClient,
    GatewayError,
    NodeKey,
    enrol,
    node_key_of,
)
from argos.node.settings import NodeSettings
from argos.protocol.signing import KEY_BYTES, key_id_of

_LOG: Final = structlog.get_logger(__name__)


async def obtain_key(
    settings: NodeSettings, *, http: aiohttp.ClientSession, venue_name: str
) -> NodeKey:
    """The key given, kept, or got for the enrolment code; waits for a gateway that is away.

    InputError: NODE_KEY_MISSING, NODE_KEY_UNREADABLE, NODE_ENROL_REFUSED.
    """
    if settings.key is not None:
        return NodeKey(node=settings.name, key=settings.key)
    path = settings.key_file
    if path is not None and path.exists():
        return read_key(path)
    if path is None or settings.enrol_code is None:
        raise InputError(
            "the node has no key",
            code="NODE_KEY_MISSING",
            fix="give it a key, or a key file and a fresh enrolment code",
        )
    body = {"code": settings.enrol_code, "account": settings.account, "venue": venue_name}
    node_key = await _enrol_patiently(settings, http=http, body=body)
    write_key(path, node_key)
    return node_key


async def _enrol_patiently(
    settings: NodeSettings, *, http: aiohttp.ClientSession, body: dict[str, str]
) -> NodeKey:
    timings = settings.timings
    backoff = Backoff(ms_min=timings.retry_ms_min, ms_max=timings.retry_ms_max)
    while True:
        try:
            return await enrol(
                http,
                url=settings.gateway_url,
                body=body,
                timeout_ms=timings.request_timeout_ms,
            )
        except GatewayError as error:
            if error.code != GatewayError.default_code:
                raise InputError(
                    f"the gateway did not enrol this node: {error}",
                    code="NODE_ENROL_REFUSED",
                    fix="make a new enrolment code; each works once, for ten minutes",
                ) from error
            _LOG.warning("node.enrolment_waits", reason=error.message)
            await asyncio.sleep(backoff.next_s())


def read_key(path: Path) -> NodeKey:
    """InputError with NODE_KEY_UNREADABLE when the file does not hold a node's name and 256-bit key."""
    try:
        held = orjson.loads(path.read_bytes())
        node_key = NodeKey(node=str(held["node"]), key=bytes.fromhex(held["key"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(path) from error
    if len(node_key.key) != KEY_BYTES:
        raise _unreadable(path)
    return node_key


def write_key(path: Path, node_key: NodeKey) -> None:
    """Whole or not at all, and on disk before it returns: the code that gave it works only once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps({"node": node_key.node, "key": node_key.key.hex()}))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


async def take_new_key(
    client: GatewayClient, *, keep: Callable[[NodeKey], None], epoch: int, timeout_ms: int
) -> None:
    """Exchanges the key that the gateway wants exchanged. It is on disk before a call is signed by it.

    GatewayError, or OSError when it cannot be kept: the old key stays good then, and the gateway offers another.
    """
    body = orjson.dumps({"version": PROTOCOL_VERSION})
    answer = await client.call("/node/v1/rekey", body, epoch=epoch, timeout_ms=timeout_ms)
    node_key = node_key_of(answer)
    keep(node_key)
    client.sign_with(node_key)
    _LOG.info("node.new_key", key_id=key_id_of(node_key.key))


def _unreadable(path: Path) -> InputError:
    return InputError(
        f"{path} holds no node key", code="NODE_KEY_UNREADABLE", fix="enrol the node again"
    )
