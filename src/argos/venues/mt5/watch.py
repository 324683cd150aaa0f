"""Follows a terminal by asking it again and again, since it calls nobody: quotes, the clock, and hints."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from argos.core.errors import VenueError
from argos.protocol.values import decimal_text
from argos.venues.hints import Hints
from argos.venues.mt5 import words
from argos.venues.mt5.clock import BrokerClock, Tick
from argos.venues.mt5.history import AHEAD
from argos.venues.mt5.link import TerminalLink
from argos.venues.mt5.rows import row_of
from argos.venues.mt5.thread import TerminalThread
from argos.venues.quotes import QuoteCache

POLL_TIMEOUT_S: Final = 5.0
TERMINAL_S: Final = 1.0
RETRY_S: Final = 1.0
"""The pause after a poll that failed: what reconnects is the next call, ours or anybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One look: the newest ticks, and counts that change when something has happened."""

    ticks: Sequence[dict[str, Any]]
    counts: tuple[object, ...]


class TerminalWatch:
    def __init__(
        self,
        link: TerminalLink,
        *,
        thread: TerminalThread,
        clock: BrokerClock,
        now: Callable[[], datetime],
        poll_s: float,
    ) -> None:
        self.quotes = QuoteCache()
        self.hints = Hints(unread_max=1)
        """Which deal it was, only a scan can tell: one unread hint says as much as many."""
        self._link = link
        self._thread = thread
        self._clock = clock
        self._now = now
        self._poll_s = poll_s
        self._counts: tuple[object, ...] = ()
        self._symbols: tuple[str, ...] = ()
        self._terminal_seen_s = -TERMINAL_S
        self._task: asyncio.Task[None] | None = None

    def follow(self, symbols: Sequence[str]) -> None:
        """From the next poll on, the quotes of these."""
        self._symbols = tuple(symbols)

    def start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow(), name="mt5-watch")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def look(self) -> None:
        """One poll. Raises VenueError."""
        poll = await self._thread.call(self._poll, timeout_s=POLL_TIMEOUT_S)
        fresh = [Tick(symbol=row["symbol"], time_msc=row["time_msc"]) for row in poll.ticks]
        self._clock.observe(fresh, now=self._now())
        for row in poll.ticks:
            self._keep(row)
        if poll.counts != self._counts:
            self._counts = poll.counts
            self.hints.tell("")

    def _keep(self, row: dict[str, Any]) -> None:
        bid, ask = words.level(row, "bid"), words.level(row, "ask")
        if bid is None or ask is None:
            return  # no quote yet, as just after a symbol was shown
        at, known = self._clock.utc(row["time_msc"]), self.quotes.quote(row["symbol"], at=None)
        if known is None or (known.bid, known.ask) != (bid, ask) or known.at < at:
            self.quotes.put(row["symbol"], bid=decimal_text(bid), ask=decimal_text(ask), at=at)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._poll_s)
            try:
                await self.look()
            except VenueError:
                await asyncio.sleep(RETRY_S)

    def _look_at_terminal(self) -> None:
        """Once a second: whether it is connected and may trade. `ensure` asks for the account at every poll."""
        now_s = time.monotonic()
        if now_s - self._terminal_seen_s >= TERMINAL_S:
            self._terminal_seen_s = now_s
            self._link.terminal = self._link.told(
                self._link.package.terminal_info(), what="terminal"
            )

    def _poll(self) -> Poll:
        link, package = self._link, self._link.package
        link.ensure()
        ticks = []
        for symbol in self._symbols:
            self._thread.let_urgent_pass()
            tick = package.symbol_info_tick(symbol)
            if tick is None:
                continue
            ticks.append({"symbol": symbol, **row_of(tick)})
        self._look_at_terminal()
        now = self._now()
        counts = (
            link.sessions,
            package.positions_total(),
            package.orders_total(),
            package.history_deals_total(now - AHEAD, now + AHEAD),
        )
        if None in counts:
            raise link.failure("counts")
        return Poll(ticks=ticks, counts=counts)
