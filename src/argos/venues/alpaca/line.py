"""The line to Alpaca: every request counted, and Alpaca's own word on the rate heeded."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from argos.core.errors import VenueUnreachable
from argos.venues.alpaca.budget import RequestBudget
from argos.venues.alpaca.outcomes import TOO_MANY_REQUESTS
from argos.venues.wire import Reply, Wire

PAUSE_S: Final = 5.0
"""After a 429 that does not say for how long."""
PAUSE_S_MAX: Final = 60.0
LOOKS_IN_DOUBT: Final = 3
"""An order without an answer is looked for, perhaps sent again, and looked for before that."""


class CountedLine:
    """`Line` over a wire. `monotonic_s` is the clock that the budget counts by."""

    def __init__(
        self, wire: Wire, budget: RequestBudget, *, monotonic_s: Callable[[], float]
    ) -> None:
        self._wire = wire
        self._budget = budget
        self._monotonic_s = monotonic_s
        self._news = asyncio.Event()
        self._reasons = 0

    def note_news(self, *, looks: int = 1) -> None:
        """There is a reason to look, so often: something was sent, or told of."""
        self._reasons = max(self._reasons, looks)
        self._news.set()

    async def look_for(self, requests: int) -> None:
        """Waits until a look of so many requests leaves the orders their share; less long when there is a reason."""
        while wait_s := self._wait_s(requests):
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake(wait_s)
        self._reasons = max(0, self._reasons - 1)
        if not self._reasons:
            self._news.clear()

    def _wait_s(self, requests: int) -> float:
        idle = not self._news.is_set()
        return self._budget.wait_s(requests, idle=idle, now_s=self._monotonic_s())

    async def _wake(self, wait_s: float) -> None:
        """News shorten a wait that has no reason, no other."""
        if self._news.is_set():
            await asyncio.sleep(wait_s)
        else:
            await self._news.wait()

    async def call(
        self,
        method: str,
        path: str,
        *,
        timeout_s: float,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Reply:
        self._budget.count(now_s=self._monotonic_s())
        orders = method != "GET"
        if orders:
            self.note_news()
        try:
            reply = await self._wire.call(method, path, timeout_s=timeout_s, query=query, body=body)
        except VenueUnreachable:
            if orders:
                self.note_news(looks=LOOKS_IN_DOUBT)
            raise
        if reply.status == TOO_MANY_REQUESTS:
            told = reply.limits.get("Retry-After", "")
            pause_s = min(float(told), PAUSE_S_MAX) if told.isdecimal() else PAUSE_S
            self._budget.hold(until_s=self._monotonic_s() + pause_s)
        return reply
