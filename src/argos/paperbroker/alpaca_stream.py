"""Alpaca's stream of trade updates: a websocket that is authenticated, told what to listen to, and then told."""

import asyncio
from typing import Any, Final

import orjson
from aiohttp import WSMsgType, web

from argos.core.errors import InputError
from argos.paperbroker.alpaca_shapes import update_frame
from argos.paperbroker.gate import Gate
from argos.paperbroker.stream import Message, StreamHub, Subscriber
from argos.protocol.values import parse_json

UPDATES: Final = "trade_updates"
GOING_AWAY: Final = 1001


def wants_websocket(http: web.Request) -> bool:
    return http.headers.get("Upgrade", "").lower() == "websocket"


class UpdateStream:
    """One client's websocket. As on Alpaca's paper host every frame to the client is binary, and holds JSON."""

    def __init__(self, http: web.Request, *, gate: Gate, hub: StreamHub) -> None:
        self._http = http
        self._gate = gate
        self._hub = hub
        self._socket = web.WebSocketResponse()
        self._subscriber: Subscriber | None = None
        self._teller: asyncio.Task[None] | None = None

    async def serve(self) -> web.WebSocketResponse:
        """Until either side hangs up."""
        await self._socket.prepare(self._http)
        try:
            async for message in self._socket:
                if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    await self._take(message.data)
        finally:
            if self._teller is not None:
                self._teller.cancel()
            if self._subscriber is not None:
                self._hub.unsubscribe(self._subscriber)
        return self._socket

    async def _take(self, text: str | bytes) -> None:
        try:
            body = parse_json(text)
            action, data = body["action"], body.get("data") or body
            if action in {"authenticate", "auth"}:
                await self._authenticate(action, data)
            elif action == "listen":
                await self._listen(data["streams"])
            else:
                await self._complain("unknown action")
        except (InputError, KeyError, TypeError, AttributeError):
            await self._complain("invalid message")

    async def _authenticate(self, action: str, data: Message) -> None:
        key_id, secret = data.get("key_id", data.get("key")), data.get("secret_key")
        secret = data.get("secret") if secret is None else secret
        account = self._gate.account_of_pair(str(key_id), str(secret))
        if account is not None and self._gate.is_cut(account):
            await self._socket.close(code=GOING_AWAY)
            return
        if account is not None and self._subscriber is None:
            self._subscriber = self._hub.subscribe(account, encode=_encode, listening=False)
            self._teller = asyncio.create_task(self._tell(self._subscriber))
        status = "unauthorized" if account is None else "authorized"
        await self._send("authorization", {"status": status, "action": action})

    async def _listen(self, streams: list[str]) -> None:
        if self._subscriber is None:
            await self._send("authorization", {"status": "unauthorized", "action": "listen"})
            return
        known = [name for name in streams if name == UPDATES]
        await self._send("listening", {"streams": known})
        self._subscriber.listening = bool(known)

    async def _tell(self, subscriber: Subscriber) -> None:
        """Pass on what the hub has, a frame for each line, until it ends the stream."""
        while (block := await subscriber.lines.get()) is not None:
            for line in block.splitlines():
                await self._socket.send_bytes(line)
        await self._socket.close(code=GOING_AWAY)

    async def _send(self, stream: str, data: dict[str, Any]) -> None:
        await self._socket.send_bytes(orjson.dumps({"stream": stream, "data": data}))

    async def _complain(self, words: str) -> None:
        await self._send("error", {"error": words})


def _encode(message: Message) -> bytes | None:
    frame = update_frame(message)
    return None if frame is None else orjson.dumps(frame)
