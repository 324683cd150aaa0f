"""The alpaca-like paper broker as a venue. The client order id is unique there, so a same-id resend is safe."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

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
from argos.venues.alpaca import words
from argos.venues.alpaca.orders import AlpacaOrders
from argos.venues.alpaca.trading import AlpacaTrading, Row
from argos.venues.paper.alpaca_calls import AlpacaCalls
from argos.venues.paper.alpaca_scan import AlpacaLikeScanner
from argos.venues.paper.live import LiveStream
from argos.venues.wire import Wire, bearer, unreadable

STREAM_WAIT_S: Final = 2.0


class AlpacaLikeVenue:
    """One account at an alpaca-like paper broker. Implements `argos.ports.Venue`. Positions are named by symbol."""

    def __init__(self, base_url: str, api_key: str, account: str) -> None:
        self._wire = Wire(base_url, headers=bearer(api_key))
        self._stream = LiveStream(self._wire, read_hint=hint_of)
        self._calls = AlpacaCalls(self._wire)
        trading = AlpacaTrading(self._wire)
        self._orders = AlpacaOrders(trading, open_orders=self._open_orders_in, quote=self.quote)
        self._scanner = AlpacaLikeScanner(self._calls, trading, account=account)
        self._instruments: dict[str, Instrument] = {}

    @property
    def traits(self) -> VenueTraits:
        return VenueTraits(name="paper-alpaca", unique_client_ids=True, hedging=False)

    def standing(self) -> VenueStanding:
        """Always able: a paper broker that refuses says so by itself."""
        return ABLE

    async def connect(self) -> None:
        await self._calls.query("/v2/account")
        await self.instruments()
        self._stream.start()
        await self._stream.first_word(timeout_s=STREAM_WAIT_S)

    async def aclose(self) -> None:
        await self._stream.stop()
        await self._wire.aclose()

    async def instruments(self) -> Sequence[Instrument]:
        rows = await self._calls.query("/v2/assets")
        try:
            self._instruments = {row["symbol"]: instrument_of(row) for row in rows}
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise unreadable(error) from error
        return tuple(self._instruments.values())

    def quote(self, symbol: str, *, at: datetime | None = None) -> Quote | None:
        return self._stream.quotes.quote(symbol, at=at)

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
            quotes=self._stream.quotes.newest(),
            instruments=dict(self._instruments),
        )

    async def positions(self) -> Sequence[Position]:
        return await self._scanner.positions()

    async def _open_orders_in(self, symbol: str) -> list[Row]:
        return await self._calls.open_orders(symbol=symbol)


def instrument_of(row: Mapping[str, Any]) -> Instrument:
    tick, step = words.number(row, "price_increment"), words.number(row, "min_trade_increment")
    return Instrument(
        symbol=row["symbol"],
        contract_size=ONE,
        tick_size=tick,
        qty_min=words.number(row, "min_order_size"),
        qty_max=Decimal(1_000_000),
        qty_step=step,
        stops_distance_min=tick,
        unit_value=ONE,
        quote_currency="USD",
        tradable=bool(row["tradable"]),
    )


def hint_of(message: Mapping[str, Any]) -> str | None:
    """The id of a fill, "" for an order that ended or was changed, None for what its own answer tells."""
    update = message["data"]
    if "execution_id" in update:
        return str(update["execution_id"])
    return None if update["event"] in {"new", "held"} else ""
