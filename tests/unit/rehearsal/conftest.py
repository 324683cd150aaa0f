"""A paper broker's door for prices: a real HTTP server that only remembers."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from argos.prices.demo import PRICE_STEP, DailyBar
from argos.rehearsal.feed import BrokerAddress
from argos.rehearsal.prices import TradingDay

DEADLINE_S = 10


Eventually = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def eventually() -> Eventually:
    """Polls a condition until it holds, within a deadline."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                await asyncio.sleep(0.005)

    return wait


@dataclass
class PriceDoor:
    """`posts` are the bodies in order of arrival; `status` is what is answered; `shut` answers nobody."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    status: int = 200
    shut: asyncio.Event = field(default_factory=asyncio.Event)
    address: BrokerAddress | None = None

    async def take(self, request: web.Request) -> web.Response:
        self.posts.append(json.loads(await request.text()))
        self.keys.append(request.headers["Authorization"])
        while self.shut.is_set():
            await asyncio.sleep(0.005)
        return web.json_response({}, status=self.status)


OpenDoor = Callable[..., Awaitable[PriceDoor]]


@pytest.fixture
async def open_door() -> AsyncIterator[OpenDoor]:
    servers: list[TestServer] = []

    async def start(port: int = 0) -> PriceDoor:
        door = PriceDoor()
        app = web.Application()
        app.router.add_post("/feed", door.take)
        server = TestServer(app, port=port or None)
        await server.start_server()
        servers.append(server)
        door.address = BrokerAddress(url=str(server.make_url("")), feed_key="k-1")
        return door

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
def make_days() -> Callable[..., tuple[TradingDay, ...]]:
    def make(closes: dict[str, list[int]], *, spread: int = 100) -> tuple[TradingDay, ...]:
        """Days from 2008-03-03 on; closes in price steps, opens at the close before."""
        length = len(next(iter(closes.values())))
        days = []
        for number in range(length):
            day = date.fromordinal(date(2008, 3, 3).toordinal() + number)
            bars = {}
            for symbol, values in closes.items():
                close, opened = values[number], values[max(0, number - 1)]
                bars[symbol] = DailyBar(
                    symbol=symbol,
                    date=day,
                    open=opened * PRICE_STEP,
                    high=(max(close, opened) + spread) * PRICE_STEP,
                    low=(min(close, opened) - spread) * PRICE_STEP,
                    close=close * PRICE_STEP,
                    volume=1,
                )
            days.append(TradingDay(date=day, bars=bars))
        return tuple(days)

    return make
