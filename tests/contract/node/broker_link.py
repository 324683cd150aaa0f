"""The line between a node and its broker, where a card needs one of its own: what passes can be held, cut or replaced.

The broker behind it is the real one, and only its ledger says what really happened.
"""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

import aiohttp
import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer

DEAL, PENDING, SLTP, MODIFY, REMOVE = 1, 5, 6, 7, 8
_TRADES = {DEAL: "submit", PENDING: "submit", SLTP: "modify", MODIFY: "modify", REMOVE: "cancel"}
_HOP_BY_HOP = {
    "transfer-encoding",
    "connection",
    "content-length",
    "content-encoding",
    "date",
    "server",
}


class Mishap(StrEnum):
    """What befalls a request: before the broker hears of it, or after it was carried out.

    One that was held is cut when it is released; one that was delayed goes on to the broker, whoever still waits.
    """

    HELD_BEFORE = "held_before"
    HELD_AFTER = "held_after"
    DELAYED = "delayed"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    ANSWERED_BEFORE = "answered_before"
    ANSWERED_AFTER = "answered_after"


@dataclass
class Rule:
    """The next `count` requests of a kind suffer it. `hit` is set when one has; `released` lets those held go."""

    kind: str
    mishap: Mishap
    count: int = 1
    status: int = 200
    body: Any = None
    hit: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)


class BrokerLink:
    """An HTTP proxy. Kinds of requests: submit, close, cancel, modify, and queries by their last word."""

    def __init__(self, broker_url: str) -> None:
        self.rules: list[Rule] = []
        self._broker_url = broker_url
        self._late: list[asyncio.Task[web.Response]] = []
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._server = TestServer(app)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        self._session = aiohttp.ClientSession(auto_decompress=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        for rule in self.rules:
            rule.released.set()
        await asyncio.gather(*self._late, return_exceptions=True)
        assert self._session is not None
        await self._session.close()
        await self._server.close()

    @property
    def url(self) -> str:
        return str(self._server.make_url("/")).rstrip("/")

    def rule(self, kind: str, mishap: Mishap, **more: Any) -> Rule:
        self.rules.append(Rule(kind, mishap, **more))
        return self.rules[-1]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        kind = _kind(request.method, request.path, raw)
        rule = next((item for item in self.rules if item.kind == kind and item.count > 0), None)
        if request.path.endswith("/stream"):
            return await self._stream(request)
        if rule is None:
            return await self._passed(request, raw)
        rule.count -= 1
        if rule.mishap in {Mishap.HELD_AFTER, Mishap.CUT_AFTER, Mishap.ANSWERED_AFTER}:
            await self._passed(request, raw)
        rule.hit.set()
        match rule.mishap:
            case Mishap.ANSWERED_BEFORE | Mishap.ANSWERED_AFTER:
                return web.json_response(rule.body, status=rule.status)
            case Mishap.HELD_BEFORE | Mishap.HELD_AFTER:
                await rule.released.wait()
            case Mishap.DELAYED:
                # The server ends a handler whose client has left; this one goes on.
                late = asyncio.create_task(self._passed_late(rule, request, raw))
                self._late.append(late)
                return await asyncio.shield(late)
        if request.transport is not None:
            request.transport.close()
        return web.Response(status=502)

    async def _passed_late(self, rule: Rule, request: web.Request, raw: bytes) -> web.Response:
        await rule.released.wait()
        return await self._passed(request, raw)

    async def _passed(self, request: web.Request, raw: bytes) -> web.Response:
        assert self._session is not None
        if self._session.closed:
            return web.Response(status=502)
        headers = _keys_of(request)
        url = f"{self._broker_url}{request.path_qs}"
        try:
            async with self._session.request(
                request.method, url, data=raw or None, headers=headers
            ) as answer:
                body = await answer.read()
        except aiohttp.ClientError:
            assert request.transport is not None
            request.transport.close()
            return web.Response(status=502)
        kept = {
            name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP
        }
        return web.Response(status=answer.status, body=body, headers=kept)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        assert self._session is not None
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._websocket(request)
        response = web.StreamResponse()
        headers = _keys_of(request)
        timeout = aiohttp.ClientTimeout(total=None)
        try:
            async with self._session.get(
                f"{self._broker_url}{request.path_qs}", headers=headers, timeout=timeout
            ) as answer:
                await response.prepare(request)
                async for block in answer.content.iter_any():
                    await response.write(block)
        except (aiohttp.ClientError, ConnectionError):
            pass  # either end may go away at any time
        return response

    async def _websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Frames both ways, until either end goes away."""
        assert self._session is not None
        here = web.WebSocketResponse()
        try:
            async with self._session.ws_connect(f"{self._broker_url}{request.path_qs}") as there:
                await here.prepare(request)
                outward = asyncio.create_task(_forward(here, there))
                try:
                    await _forward(there, here)
                finally:
                    outward.cancel()
        except (aiohttp.ClientError, ConnectionError):
            pass
        return here


Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _forward(source: Socket, target: Socket) -> None:
    async for frame in source:
        if frame.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(frame.data)
        elif frame.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(frame.data)
    await target.close()


def _keys_of(request: web.Request) -> dict[str, str]:
    """A broker's key, or Alpaca's two."""
    wanted = ("Authorization", "APCA-API-KEY-ID", "APCA-API-SECRET-KEY")
    return {name: request.headers[name] for name in wanted if name in request.headers}


def _kind(method: str, path: str, raw: bytes) -> str:
    if path.endswith("/order_send"):
        body = orjson.loads(raw)
        kind = _TRADES[body["action"]]
        return "close" if body["action"] == DEAL and body.get("position") else kind
    if method == "POST" and path == "/v2/orders":
        intent = str(orjson.loads(raw).get("position_intent", ""))
        return "close" if intent.endswith("_to_close") else "submit"
    if method in {"DELETE", "PATCH"}:
        return "cancel" if method == "DELETE" else "modify"
    return path.rsplit("/", 1)[-1]
