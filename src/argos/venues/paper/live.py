"""A paper broker's stream: quotes and hints. Losing it only makes the next scan later."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Final

import aiohttp

from argos.core.errors import ArgosError
from argos.protocol.values import parse_json, parse_moment
from argos.venues.hints import Hints
from argos.venues.quotes import QuoteCache
from argos.venues.wire import Wire

BACKOFF_FIRST_S: Final = 0.1
BACKOFF_MAX_S: Final = 5.0
SILENCE_MAX_S: Final = 300.0
LINE_BYTES_MAX: Final = 1 << 20


class LiveStream:
    """Follows `/stream` in a task of its own, comes back after every loss with a bounded, growing pause.

    `read_hint` gives the id of the execution that a message tells of, "" for another that is worth a look,
    and None for one that is not.
    """

    def __init__(self, wire: Wire, *, read_hint: Callable[[dict[str, Any]], str | None]) -> None:
        self.quotes = QuoteCache()
        self.hints = Hints()
        self._wire = wire
        self._read_hint = read_hint
        self._task: asyncio.Task[None] | None = None
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

    async def _follow(self) -> None:
        pause_s = BACKOFF_FIRST_S
        while True:
            try:
                async for message in self._messages():
                    pause_s = BACKOFF_FIRST_S
                    self._take(message)
            except (aiohttp.ClientError, OSError, ArgosError, ValueError, TypeError, LookupError):
                pass  # the stream is a convenience: what it missed, the next scan finds
            self.hints.tell("")
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(BACKOFF_MAX_S, pause_s * 2)

    async def _messages(self) -> AsyncIterator[dict[str, Any]]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=SILENCE_MAX_S)
        async with self._wire.session.get(
            self._wire.url("/stream"), timeout=timeout, read_bufsize=LINE_BYTES_MAX
        ) as response:
            response.raise_for_status()
            self.hints.tell("")  # whatever happened while nobody listened
            async for line in response.content:
                yield parse_json(line)

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("type") == "quotes":
            for symbol, bid, ask, at in message["quotes"]:
                self.quotes.put(symbol, bid=bid, ask=ask, at=parse_moment(at, field="at"))
        elif (hint := self._read_hint(message)) is not None:
            self.hints.tell(hint)
        self._heard.set()
