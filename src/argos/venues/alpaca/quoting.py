"""Quotes of the symbols that matter, asked for at an even pace: Alpaca's data API tells the newest of many at once."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from argos.core.errors import InputError, VenueError
from argos.protocol.values import decimal_text, parse_decimal, parse_moment
from argos.venues.alpaca.exchange_time import ExchangeTime
from argos.venues.alpaca.settings import AlpacaSettings
from argos.venues.quotes import QuoteCache
from argos.venues.wire import QUERY_TIMEOUT_S, Wire, answered, unreadable

SYMBOLS_AT_ONCE: Final = 100
PAUSE_S_FIRST: Final = 1.0
PAUSE_S_MAX: Final = 60.0
_LOG: Final = structlog.get_logger(__name__)


class QuotePoller:
    """Keeps `quotes`. `symbols` names those that are wanted now; without a data address nothing is asked for."""

    def __init__(
        self,
        wire: Wire,
        settings: AlpacaSettings,
        *,
        symbols: Callable[[], Sequence[str]],
        time: ExchangeTime,
        now: Callable[[], datetime],
    ) -> None:
        self.quotes = QuoteCache()
        self._wire = wire
        self._settings = settings
        self._symbols = symbols
        self._time = time
        self._now = now
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Asks once, so that there is something to show, and then goes on by itself."""
        if not self._settings.data_url or (self._task is not None and not self._task.done()):
            return
        try:
            await self.ask()
        except VenueError as error:
            _LOG.warning("alpaca.quotes_wait", code=error.code, reason=error.message)
        self._task = asyncio.create_task(self._follow(), name="alpaca-quotes")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def ask(self) -> None:
        """The newest quotes of all wanted symbols. Raises VenueUnreachable."""
        wanted = list(self._symbols())
        for first in range(0, len(wanted), SYMBOLS_AT_ONCE):
            symbols = ",".join(wanted[first : first + SYMBOLS_AT_ONCE])
            reply = await self._wire.call(
                "GET",
                "/v2/stocks/quotes/latest",
                query={"symbols": symbols, "feed": self._settings.feed},
                timeout_s=QUERY_TIMEOUT_S,
            )
            try:
                self._take(answered(reply)["quotes"])
            except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
                raise unreadable(error) from error

    async def _follow(self) -> None:
        pace_s = self._settings.quotes_ms / 1000
        pause_s = PAUSE_S_FIRST
        while True:
            await asyncio.sleep(pace_s)
            try:
                await self.ask()
                pause_s = PAUSE_S_FIRST
            except VenueError as error:
                _LOG.warning("alpaca.quotes_wait", code=error.code, reason=error.message)
                await asyncio.sleep(pause_s)
                pause_s = min(PAUSE_S_MAX, pause_s * 2)

    def _take(self, rows: dict[str, dict[str, object]]) -> None:
        """A side at which nobody stands is told as 0: that is no quote to trade by."""
        for symbol, row in rows.items():
            bid, ask = (parse_decimal(row[name], field=name) for name in ("bp", "ap"))
            told = parse_moment(row["t"], field="t").astimezone(UTC)
            at = min(self._time.true(told), self._now()) if self._time.is_replayed else told
            known = self.quotes.quote(symbol, at=None)
            is_news = known is None or at > known.at
            if is_news and bid > 0 and ask > 0:
                self.quotes.put(symbol, bid=decimal_text(bid), ask=decimal_text(ask), at=at)
