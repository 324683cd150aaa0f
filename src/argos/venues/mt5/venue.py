"""An account at MetaTrader 5, through the official Python package and a terminal on the same machine.

The magic number is an order's only identity there, and the broker refuses no second order of the same magic.
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, TypeVar

from argos.core.errors import VenueUnreachable
from argos.core.instrument import Instrument, Quote
from argos.core.position import Position
from argos.ports import (
    VenueAnswer,
    VenueClose,
    VenueIdentity,
    VenueOrder,
    VenueScan,
    VenueStanding,
    VenueTraits,
)
from argos.venues.mt5 import words
from argos.venues.mt5.circuit import TradingCircuit, flags_of
from argos.venues.mt5.clock import BrokerClock
from argos.venues.mt5.desk import Asked, OrderDesk
from argos.venues.mt5.link import TerminalLink
from argos.venues.mt5.package import Package
from argos.venues.mt5.requests import Levels
from argos.venues.mt5.scan import TerminalScanner
from argos.venues.mt5.settings import TerminalSettings
from argos.venues.mt5.thread import TerminalThread
from argos.venues.mt5.watch import TerminalWatch

_T = TypeVar("_T")
QUERY_TIMEOUT_S: Final = 10.0
STOP_TIMEOUT_S: Final = 2.0


def _utc_now() -> datetime:
    return datetime.now(tz=UTC)


class Mt5Venue:
    """Implements `argos.ports.Venue`. `package` is `MetaTrader5` itself or a stand-in for it."""

    def __init__(
        self,
        package: Package,
        settings: TerminalSettings,
        *,
        account: str,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.clock = BrokerClock()
        self._settings = settings
        self._thread = TerminalThread()
        self._link = TerminalLink(package, settings)
        self._watch = TerminalWatch(
            self._link,
            thread=self._thread,
            clock=self.clock,
            now=now,
            poll_s=settings.poll_ms / 1000,
        )
        self._scanner = TerminalScanner(
            self._link,
            account=account,
            clock=self.clock,
            now=now,
            quotes=self._watch.quotes.newest,
            between=self._thread.let_urgent_pass,
        )
        self._circuit = TradingCircuit()
        self._desk = OrderDesk(
            self._link, scanner=self._scanner, clock=self.clock, circuit=self._circuit
        )
        self._hedging = True

    @property
    def traits(self) -> VenueTraits:
        """`hedging` is right once connected."""
        return VenueTraits(
            name="mt5", unique_client_ids=False, hedging=self._hedging, fifo=self._link.fifo
        )

    @property
    def sessions(self) -> int:
        """How often a terminal was attached; more than once means that it was lost between."""
        return self._link.sessions

    def standing(self) -> VenueStanding:
        """By what terminal and account said last, a second ago at most, and by the trade server's answers."""
        flags = flags_of(self._link.terminal, self._link.account)
        return self._circuit.standing(flags=flags, offline=not flags["connected"])

    async def connect(self) -> None:
        timeout_s = self._settings.attach_timeout_ms / 1000 + QUERY_TIMEOUT_S
        await self._thread.call(self._link.ensure_online, timeout_s=timeout_s)
        account = await self._ask(self._link.package.account_info)
        if account is None:
            raise VenueUnreachable("the account was not told", code="VENUE_NOT_SERVED")
        self._hedging = account.margin_mode == words.MARGIN_MODE_HEDGING
        await self.instruments()
        await self._watch.look()
        self._watch.start()

    async def aclose(self) -> None:
        await self._watch.stop()
        await self._thread.stop(self._link.detach, timeout_s=STOP_TIMEOUT_S)

    async def instruments(self) -> Sequence[Instrument]:
        def load() -> Sequence[Instrument]:
            # Offline a terminal tells values of long ago, which must not pass for those of now.
            self._link.ensure_online()
            return self._scanner.load_instruments()

        found = await self._ask(load)
        self._watch.follow([item.symbol for item in found])
        return found

    def quote(self, symbol: str, *, at: datetime | None = None) -> Quote | None:
        return self._watch.quotes.quote(symbol, at=at)

    def hints(self) -> AsyncIterator[str]:
        return self._watch.hints.listen()

    async def submit(self, order: VenueOrder, *, timeout_s: float) -> VenueAnswer:
        seen = self.quote(order.symbol)
        return await self._trade(lambda: self._desk.submit(order, seen=seen), timeout_s=timeout_s)

    async def close(self, request: VenueClose, *, timeout_s: float) -> VenueAnswer:
        """Refused with POSITION_CLOSED if the position is gone, venue code 10038 if it is smaller."""
        return await self._trade(lambda: self._desk.close(request), timeout_s=timeout_s)

    async def cancel(
        self, identity: VenueIdentity, *, symbol: str, timeout_s: float
    ) -> VenueAnswer:
        asked = Asked(magic=identity.magic, symbol=symbol)
        return await self._trade(lambda: self._desk.cancel(asked), timeout_s=timeout_s)

    async def modify(
        self,
        identity: VenueIdentity,
        *,
        symbol: str,
        position_id: str,
        price: Decimal | None,
        sl: Decimal | None,
        tp: Decimal | None,
        timeout_s: float,
    ) -> VenueAnswer:
        asked = Asked(magic=identity.magic, symbol=symbol, position_id=position_id)
        wanted = Levels(price=price, sl=sl, tp=tp)
        return await self._trade(lambda: self._desk.modify(asked, wanted), timeout_s=timeout_s)

    async def scan(self, *, cursor: str) -> VenueScan:
        return await self._ask(lambda: self._scanner.scan(cursor))

    async def positions(self) -> Sequence[Position]:
        return await self._ask(self._scanner.positions, urgent=True)

    async def _trade(self, work: Callable[[], VenueAnswer], *, timeout_s: float) -> VenueAnswer:
        until_s = time.monotonic() + timeout_s

        def in_time() -> VenueAnswer:
            self._desk.send_until(until_s)
            return work()

        return await self._ask(in_time, timeout_s=timeout_s, urgent=True)

    async def _ask(
        self,
        work: Callable[[], _T],
        *,
        timeout_s: float = QUERY_TIMEOUT_S,
        urgent: bool = False,
    ) -> _T:
        return await self._thread.call(work, timeout_s=timeout_s, urgent=urgent)
