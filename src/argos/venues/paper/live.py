"""A paper broker's stream: the quote cache and the hints. Losing it only makes the next scan later."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import aiohttp

from argos.core.errors import ArgosError
from argos.core.instrument import Quote
from argos.protocol.values import parse_json, parse_moment
from argos.venues.paper.wire import Wire

QUOTES_KEPT: Final = timedelta(seconds=60)
QUOTES_MAX: Final = 20_000
BACKOFF_FIRST_S: Final = 0.1
BACKOFF_MAX_S: Final = 5.0
SILENCE_MAX_S: Final = 300.0
LINE_BYTES_MAX: Final = 1 << 20


class QuoteCache:
    """Quotes of the last 60 s per symbol, and always the newest."""

    def __init__(self) -> None:
        self._rows: dict[str, deque[tuple[datetime, str, str]]] = {}

    def put(self, symbol: str, *, bid: str, ask: str, at: datetime) -> None:
        rows = self._rows.setdefault(symbol, deque(maxlen=QUOTES_MAX))
        rows.append((at, bid, ask))
        while at - rows[0][0] > QUOTES_KEPT:
            rows.popleft()

    def quote(self, symbol: str, *, at: datetime | None) -> Quote | None:
        """The newest, or the one that stood at `at`; None if that is unknown, or too long ago."""
        for moment, bid, ask in reversed(self._rows.get(symbol, ())):
            if at is None or moment <= at:
                return Quote(symbol=symbol, bid=Decimal(bid), ask=Decimal(ask), at=moment)
        return None

    def newest(self) -> dict[str, Quote]:
        quotes = ((symbol, self.quote(symbol, at=None)) for symbol in self._rows)
        return {symbol: quote for symbol, quote in quotes if quote is not None}


class LiveStream:
    """Follows `/stream` in a task of its own, comes back after every loss with a bounded, growing pause.

    `read_hint` gives the id of the execution that a message tells of, "" for another that is worth a look,
    and None for one that is not.
    """

    def __init__(self, wire: Wire, *, read_hint: Callable[[dict[str, Any]], str | None]) -> None:
        self.quotes = QuoteCache()
        self._wire = wire
        self._read_hint = read_hint
        self._task: asyncio.Task[None] | None = None
        self._listeners: set[asyncio.Queue[str]] = set()
        self._heard = asyncio.Event()

    def start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow(), name="paper-stream")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def first_word(self, *, timeout_s: float) -> None:
        """Wait until the stream has spoken once, but no longer than `timeout_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._heard.wait()

    async def hints(self) -> AsyncIterator[str]:
        """Of what happens from now on: what `read_hint` made of each message."""
        told: asyncio.Queue[str] = asyncio.Queue()
        self._listeners.add(told)
        try:
            while True:
                yield await told.get()
        finally:
            self._listeners.discard(told)

    def _hint(self, hint: str) -> None:
        for told in self._listeners:
            told.put_nowait(hint)

    async def _follow(self) -> None:
        pause_s = BACKOFF_FIRST_S
        while True:
            try:
                async for message in self._messages():
                    pause_s = BACKOFF_FIRST_S
                    self._take(message)
            except (aiohttp.ClientError, OSError, ArgosError, ValueError, TypeError, LookupError):
                pass  # the stream is a convenience: what it missed, the next scan finds
            self._hint("")
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(BACKOFF_MAX_S, pause_s * 2)

    async def _messages(self) -> AsyncIterator[dict[str, Any]]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=SILENCE_MAX_S)
        async with self._wire.session.get(
            self._wire.url("/stream"), timeout=timeout, read_bufsize=LINE_BYTES_MAX
        ) as response:
            response.raise_for_status()
            self._hint("")  # whatever happened while nobody listened
            async for line in response.content:
                yield parse_json(line)

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("type") == "quotes":
            for symbol, bid, ask, at in message["quotes"]:
                self.quotes.put(symbol, bid=bid, ask=ask, at=parse_moment(at, field="at"))
        elif (hint := self._read_hint(message)) is not None:
            self._hint(hint)
        self._heard.set()
