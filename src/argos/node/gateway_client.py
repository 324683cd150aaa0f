"""Signed calls to the gateway. An answer that is not signed for this very request is not believed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import orjson

from argos.core.errors import ArgosError
from argos.node.clock import Clock, unix_ms
from argos.protocol.signing import (
    HEADER_COUNTER,
    HEADER_EPOCH,
    HEADER_NODE,
    HEADER_SIGNATURE,
    HEADER_TIME,
    KEY_BYTES,
    sign_request,
    sign_response,
    signatures_match,
)

PROTOCOL_VERSION: Final = "1"
_STALE_TRIES_MAX: Final = 5
_JSON: Final = {"Content-Type": "application/json"}


class GatewayError(ArgosError):
    """A call brought nothing to go by. `status` is the HTTP status of a refusal, 0 when there is none.

    GATEWAY_AWAY: no answer, or one that says "later". GATEWAY_UNTRUSTED: an answer without a valid
    signature. Any other code is the gateway's own; `believed` says whether it was signed.
    """

    default_code = "GATEWAY_AWAY"

    def __init__(
        self, message: str, *, code: str | None = None, status: int = 0, believed: bool = False
    ) -> None:
        self.status = status
        self.believed = believed
        super().__init__(message, code=code)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeKey:
    node: str
    key: bytes


class GatewayClient:
    """One node's calls. `take_counter` gives strictly rising numbers over restarts."""

    def __init__(
        self,
        *,
        http: aiohttp.ClientSession,
        url: str,
        node_key: NodeKey,
        take_counter: Callable[[], int],
        clock: Clock,
    ) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._node_key = node_key
        self._take_counter = take_counter
        self._clock = clock

    def sign_with(self, node_key: NodeKey) -> None:
        """From the next call on, by this key."""
        self._node_key = node_key

    async def call(
        self, path: str, body: bytes, *, epoch: int, timeout_ms: int
    ) -> Mapping[str, Any]:
        """The signed answer to a signed POST; GatewayError otherwise.

        Two requests of ours may overtake each other on the way: such a one is sent again with a new counter.
        """
        for _ in range(_STALE_TRIES_MAX - 1):
            try:
                return await self._call_once(path, body, epoch=epoch, timeout_ms=timeout_ms)
            except GatewayError as error:
                if error.code != "NODE_COUNTER_STALE":
                    raise
        return await self._call_once(path, body, epoch=epoch, timeout_ms=timeout_ms)

    async def _call_once(
        self, path: str, body: bytes, *, epoch: int, timeout_ms: int
    ) -> Mapping[str, Any]:
        # a new key may come while this call is under way: what was signed by one is answered by the same
        counter, (node, key) = self._take_counter(), (self._node_key.node, self._node_key.key)
        time_ms = unix_ms(self._clock.now())
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
            **_JSON,
            HEADER_NODE: node,
            HEADER_EPOCH: str(epoch),
            HEADER_COUNTER: str(counter),
            HEADER_TIME: str(time_ms),
            HEADER_SIGNATURE: signature,
        }
        reply = await post(
            self._http, self._url + path, body=body, headers=headers, timeout_ms=timeout_ms
        )
        expected = sign_response(
            key, status=reply.status, body=reply.body, node=node, counter=counter
        )
        return _read(reply, believed=signatures_match(expected, reply.signature))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    body: bytes
    signature: str


async def post(
    http: aiohttp.ClientSession,
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    timeout_ms: int,
) -> Reply:
    """One POST, redirects not followed; GatewayError (GATEWAY_AWAY) when no answer came."""
    try:
        async with http.post(
            url,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=timeout_ms / 1000),
        ) as response:
            return Reply(
                status=response.status,
                body=await response.read(),
                signature=response.headers.get(HEADER_SIGNATURE, ""),
            )
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise GatewayError(f"no answer from {url}: {error!r}") from error


async def enrol(
    http: aiohttp.ClientSession, *, url: str, body: Mapping[str, str], timeout_ms: int
) -> NodeKey:
    """Trades a single-use code for the node's key. The only unsigned call; GatewayError when refused."""
    reply = await post(
        http,
        url.rstrip("/") + "/node/v1/enrol",
        body=orjson.dumps(body),
        headers=_JSON,
        timeout_ms=timeout_ms,
    )
    return node_key_of(_read(reply, believed=True))


def node_key_of(answer: Mapping[str, Any]) -> NodeKey:
    """The key in the answer to an enrolment or an exchange. GatewayError (GATEWAY_UNTRUSTED) when there is none."""
    try:
        node_key = NodeKey(node=str(answer["node"]), key=bytes.fromhex(answer["key"]))
    except (KeyError, TypeError, ValueError) as error:
        raise GatewayError("the answer holds no key", code="GATEWAY_UNTRUSTED") from error
    if len(node_key.key) != KEY_BYTES:
        raise GatewayError("the answer's key is not one of 256 bits", code="GATEWAY_UNTRUSTED")
    return node_key


def _read(reply: Reply, *, believed: bool) -> Mapping[str, Any]:
    """The body of a believed success; GatewayError for everything else."""
    try:
        body = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        body = {}
    if 200 <= reply.status < 300:
        if not believed:
            raise GatewayError("the answer is not signed by our gateway", code="GATEWAY_UNTRUSTED")
        return body
    if reply.status >= 500 or reply.status == 429:
        raise GatewayError(f"the gateway answered {reply.status}", status=reply.status)
    problem = body.get("error")
    told = problem if isinstance(problem, dict) else {}
    raise GatewayError(
        str(told.get("message", f"the gateway answered {reply.status}")),
        code=str(told.get("code", "GATEWAY_REFUSED")),
        status=reply.status,
        believed=believed,
    )
