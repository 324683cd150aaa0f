"""An Alpaca account as a venue, by Alpaca's own API alone. The client order id is unique there."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from argos.core.errors import InputError
from argos.core.instrument import Instrument, Quote
from argos.core.money import ONE
from argos.core.position import Position
from argos.ports import (
    ABLE,
    VenueAnswer,
    VenueClose,
    VenueIdentity,
    VenueOrder,
    VenueScan,
    VenueStanding,
    VenueTraits,
)
from argos.venues.alpaca.bodies import CENT
from argos.venues.alpaca.budget import RequestBudget
from argos.venues.alpaca.line import CountedLine
from argos.venues.alpaca.orders import AlpacaOrders
from argos.venues.alpaca.quoting import QuotePoller
from argos.venues.alpaca.reading import AlpacaReading
from argos.venues.alpaca.scan import AlpacaScanner
from argos.venues.alpaca.settings import AlpacaSettings
from argos.venues.alpaca.stream import UpdateStream
from argos.venues.alpaca.trading import AlpacaTrading, Row
from argos.venues.wire import Wire, unreadable

STREAM_WAIT_S: Final = 2.0
SYMBOLS_MAX: Final = 500
"""More are not followed at once: terms and quotes of all of them would have to be told again and again."""
ASSETS_FRESH_S: Final = 240.0
"""Terms of shares change overnight at most, and their list is long."""
QTY_MAX: Final = Decimal(1_000_000)


def utc_now() -> datetime:
    return datetime.now(tz=UTC)


class AlpacaVenue:
    """One account at Alpaca, or at an exchange that speaks as Alpaca does. Implements `argos.ports.Venue`.

    Positions are named by symbol. Only shares are traded, and only whole ones.
    """

    def __init__(
        self,
        settings: AlpacaSettings,
        *,
        account: str,
        now: Callable[[], datetime] = utc_now,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._wire = Wire(settings.api_url, headers=settings.headers)
        self._data_wire = Wire(settings.data_url, headers=settings.headers)
        budget = RequestBudget(settings.requests_per_minute)
        line = CountedLine(self._wire, budget, monotonic_s=monotonic_s)
        self._reading = AlpacaReading(line)
        self._scanner = AlpacaScanner(line, account=account, now=now, monotonic_s=monotonic_s)
        self._stream = UpdateStream(settings, on_news=line.note_news)
        self._quoting = QuotePoller(
            self._data_wire,
            settings,
            symbols=lambda: list(self._instruments),
            time=self._scanner.time,
            now=now,
        )
        self._orders = AlpacaOrders(
            AlpacaTrading(line), open_orders=self._open_orders_in, quote=self.quote
        )
        self._monotonic_s = monotonic_s
        self._instruments: dict[str, Instrument] = {}
        self._assets_read_s: float | None = None

    @property
    def traits(self) -> VenueTraits:
        return VenueTraits(name="alpaca", unique_client_ids=True, hedging=False)

    def standing(self) -> VenueStanding:
        """As the last look at the account has told it, and whether the stream of updates is heard."""
        standing = self._scanner.standing
        known = ABLE if standing is None else standing.venue
        return replace(known, flags={**known.flags, "stream": self._stream.state})

    async def connect(self) -> None:
        """Raises InputError ALPACA_SYMBOLS_NEEDED if the symbols are not named and there are too many."""
        try:
            await self._scanner.read_clock()
        except (KeyError, TypeError, InputError) as error:
            raise unreadable(error) from error
        await self.instruments()
        self._stream.start(self._wire.session)
        await asyncio.gather(self._quoting.start(), self._stream.listening(timeout_s=STREAM_WAIT_S))

    async def aclose(self) -> None:
        await self._stream.stop()
        await self._quoting.stop()
        await self._wire.aclose()
        await self._data_wire.aclose()

    async def instruments(self) -> Sequence[Instrument]:
        now_s = self._monotonic_s()
        if self._assets_read_s is None or now_s - self._assets_read_s > ASSETS_FRESH_S:
            rows = await self._reading.assets()
            try:
                self._instruments = self._wanted(rows)
            except (KeyError, TypeError, AttributeError) as error:
                raise unreadable(error) from error
            self._assets_read_s = now_s
        return tuple(self._instruments.values())

    def quote(self, symbol: str, *, at: datetime | None = None) -> Quote | None:
        return self._quoting.quotes.quote(symbol, at=at)

    def hints(self) -> AsyncIterator[str]:
        return self._stream.hints.listen()

    async def submit(self, order: VenueOrder, *, timeout_s: float) -> VenueAnswer:
        return await self._orders.submit(order, timeout_s=timeout_s)

    async def close(self, request: VenueClose, *, timeout_s: float) -> VenueAnswer:
        return await self._orders.close(request, timeout_s=timeout_s)

    async def cancel(
        self, identity: VenueIdentity, *, symbol: str, timeout_s: float
    ) -> VenueAnswer:
        return await self._orders.cancel(identity, timeout_s=timeout_s)

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
        return await self._orders.modify(
            identity,
            symbol=symbol,
            position_id=position_id,
            price=price,
            sl=sl,
            tp=tp,
            timeout_s=timeout_s,
        )

    async def scan(self, *, cursor: str) -> VenueScan:
        return await self._scanner.scan(
            cursor=cursor,
            quotes=self._quoting.quotes.newest(),
            instruments=dict(self._instruments),
        )

    async def positions(self) -> Sequence[Position]:
        return await self._scanner.positions()

    async def _open_orders_in(self, symbol: str) -> list[Row]:
        return await self._reading.open_orders(symbol=symbol)

    def _wanted(self, rows: Sequence[Row]) -> dict[str, Instrument]:
        wanted = set(self._settings.symbols)
        found = {
            row["symbol"]: instrument_of(row)
            for row in rows
            if not wanted or row["symbol"] in wanted
        }
        if len(found) > SYMBOLS_MAX:
            raise InputError(
                f"{len(found)} symbols can be traded here; {SYMBOLS_MAX} at most are followed",
                code="ALPACA_SYMBOLS_NEEDED",
                field="symbols",
                fix='name those that you trade in the node file: "symbols": ["AAPL", "MSFT"]',
            )
        return found


def instrument_of(row: Row) -> Instrument:
    """A share's terms. The tick is that of prices of a dollar and more; below, Alpaca takes four decimals as well."""
    return Instrument(
        symbol=row["symbol"],
        contract_size=ONE,
        tick_size=CENT,
        qty_min=ONE,
        qty_max=QTY_MAX,
        qty_step=ONE,
        stops_distance_min=CENT,
        unit_value=ONE,
        quote_currency="USD",
        tradable=bool(row["tradable"]),
    )
