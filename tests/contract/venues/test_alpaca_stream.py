"""What the Alpaca venue makes of its stream: hints of what happened, and a reason to look after every gap."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from argos.venues.alpaca.settings import AlpacaSettings
from argos.venues.alpaca.stream import UpdateStream

AUTHORIZED = {"stream": "authorization", "data": {"status": "authorized", "action": "authenticate"}}
REFUSED = {"stream": "authorization", "data": {"status": "unauthorized", "action": "authenticate"}}
LISTENING = {"stream": "listening", "data": {"streams": ["trade_updates"]}}


def update(event: str, **more: Any) -> dict[str, Any]:
    return {"stream": "trade_updates", "data": {"event": event, "order": {"id": "1"}, **more}}


class Host:
    """Plays one script of frames for each connection, and remembers what it was sent."""

    def __init__(self, *scripts: list[Any]) -> None:
        self.scripts = list(scripts)
        self.heard: list[dict[str, Any]] = []

    async def serve(self, http: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(http)
        first, *others = self.scripts.pop(0) if self.scripts else [REFUSED]
        self.heard.append(await socket.receive_json())
        await socket.send_bytes(orjson.dumps(first))
        if first is AUTHORIZED:
            self.heard.append(await socket.receive_json())
        for frame in others:
            raw = frame if isinstance(frame, bytes) else orjson.dumps(frame)
            await socket.send_bytes(raw)
        await socket.close()
        return socket


@asynccontextmanager
async def followed(host: Host) -> AsyncIterator[tuple[AsyncIterator[str], list[str]]]:
    """Hints of a stream at this host, and how often it had news."""
    app = web.Application()
    app.router.add_get("/stream", host.serve)
    news: list[str] = []
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("/stream")).replace("http", "ws")
        settings = AlpacaSettings(key_id="PK", secret_key="SK", stream_url=url)
        stream = UpdateStream(settings, on_news=lambda: news.append(""))
        hints = stream.hints.listen()
        first = asyncio.ensure_future(anext(hints))
        await asyncio.sleep(0)  # lets the listener take its seat
        stream.start(session)

        async def all_hints() -> AsyncIterator[str]:
            yield await first
            async for hint in hints:
                yield hint

        try:
            async with asyncio.timeout(20):
                yield all_hints(), news
        finally:
            await stream.stop()


async def heard(hints: AsyncIterator[str], number: int) -> list[str]:
    return [await anext(hints) for _ in range(number)]


async def test_it_says_who_it_is_in_the_words_that_alpaca_takes():
    host = Host([AUTHORIZED, LISTENING])
    async with followed(host) as (hints, _):
        await heard(hints, 1)
    assert host.heard[:2] == [
        {"action": "authenticate", "data": {"key_id": "PK", "secret_key": "SK"}},
        {"action": "listen", "data": {"streams": ["trade_updates"]}},
    ]


async def test_events_become_hints_and_those_we_do_not_know_are_worth_a_look():
    events = [
        update("new"),
        update("pending_new"),
        update("fill", execution_id="e-1", price="1", qty="1"),
        update("an_event_of_next_year"),
        {"stream": "something_else", "data": {}},
        update("partial_fill", execution_id="e-2"),
        update("canceled"),
    ]
    async with followed(Host([AUTHORIZED, LISTENING, *events])) as (hints, news):
        assert await heard(hints, 6) == ["", "e-1", "", "e-2", "", ""]
        assert len(news) == 6, "the first for the beginning, the last for the end"


@pytest.mark.parametrize("frame", [b"not json", b"[]", b'"text"', b'{"stream": "trade_updates"}'])
async def test_what_cannot_be_read_is_a_gap_and_it_comes_back(frame):
    broken = [AUTHORIZED, LISTENING, frame]
    whole = [AUTHORIZED, LISTENING, update("fill", execution_id="e-1")]
    async with followed(Host(broken, whole)) as (hints, _):
        # A beginning, a gap, a beginning, and then the fill.
        assert await heard(hints, 4) == ["", "", "", "e-1"]


async def test_a_host_that_does_not_know_the_keys_is_asked_ever_less():
    async with followed(Host([REFUSED], [REFUSED], [AUTHORIZED, LISTENING])) as (hints, _):
        assert await heard(hints, 3) == ["", "", ""]
