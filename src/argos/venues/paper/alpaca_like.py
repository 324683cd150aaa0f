"""The alpaca-like paper broker as a venue. The client order id is unique there, so a same-id resend is safe."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from argos.core.errors import InputError, VenueRefused, VenueUnreachable
from argos.core.instrument import Instrument, Quote
from argos.core.position import Position
from argos.ports import (
    ABLE,
    ORDER_GONE,
    POSITION_CLOSED,
    VenueAnswer,
    VenueClose,
    VenueIdentity,
    VenueOrder,
    VenueOrderState,
    VenueScan,
    VenueStanding,
    VenueTraits,
)
from argos.protocol.values import decimal_text
from argos.venues.paper import alpaca_words as words
from argos.venues.paper.alpaca_bodies import (
    NOT_CANCELABLE,
    check_exits,
    exits_of,
    leg_kind,
    prices_of,
    protection_body,
)
from argos.venues.paper.alpaca_calls import AlpacaCalls, Row, fresh_client_id
from argos.venues.paper.alpaca_scan import AlpacaScanner
from argos.venues.paper.live import LiveStream
from argos.venues.paper.wire import Wire, unreadable, within

STREAM_WAIT_S: Final = 2.0
POSITION_GONE: Final = "40410000"
QTY_INSUFFICIENT: Final = "40310000"


class AlpacaLikeVenue:
    """One account at an alpaca-like paper broker. Implements `argos.ports.Venue`. Positions are named by symbol."""

    def __init__(self, base_url: str, api_key: str, account: str) -> None:
        self._wire = Wire(base_url, api_key=api_key)
        self._stream = LiveStream(self._wire, read_hint=words.hint_of)
        self._calls = AlpacaCalls(self._wire)
        self._scanner = AlpacaScanner(self._calls, account=account)
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
            self._instruments = {row["symbol"]: words.instrument_of(row) for row in rows}
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise unreadable(error) from error
        return tuple(self._instruments.values())

    def quote(self, symbol: str, *, at: datetime | None = None) -> Quote | None:
        return self._stream.quotes.quote(symbol, at=at)

    def hints(self) -> AsyncIterator[str]:
        return self._stream.hints()

    async def submit(self, order: VenueOrder, *, timeout_s: float) -> VenueAnswer:
        """Sent with its exits as a bracket. An id that was used before answers with that order's state."""
        body = {
            "symbol": order.symbol,
            "side": order.side.value,
            "type": order.order_type.value,
            "qty": decimal_text(order.qty),
            "time_in_force": "gtc",
            "client_order_id": order.identity.client_order_id,
            **prices_of(order),
            **exits_of(sl=order.sl, tp=order.tp),
        }
        async with within(timeout_s):
            return self._answer(await self._calls.post_order(body, timeout_s=timeout_s))

    async def close(self, request: VenueClose, *, timeout_s: float) -> VenueAnswer:
        """Cancels the position's resting exits, then sells (or buys back). What is left has no stop any more.

        Refused with venue code 40410000 if there is no position, 40310000 if it is smaller than asked.
        """
        async with within(timeout_s):
            known, position, protections = await asyncio.gather(
                self._calls.order_by_client_id(request.identity.client_order_id),
                self._calls.find(f"/v2/positions/{request.symbol}"),
                self._protections(request.symbol),
            )
            if known is not None:  # sent before: it must not touch what came after it
                return self._answer(known)
            _check_open(request, position)
            for row in protections:
                await self._cancel_exit(row, timeout_s=timeout_s)
            body = {
                "symbol": request.symbol,
                "side": request.side.value,
                "type": "market",
                "qty": decimal_text(request.qty),
                "time_in_force": "gtc",
                "client_order_id": request.identity.client_order_id,
                "position_intent": f"{request.side.value}_to_close",
            }
            return self._answer(await self._calls.post_order(body, timeout_s=timeout_s))

    async def cancel(
        self, identity: VenueIdentity, *, symbol: str, timeout_s: float
    ) -> VenueAnswer:
        """Refused with venue code 40410000 if there is no such order, 42210000 if it has ended otherwise."""
        async with within(timeout_s):
            row = await self._calls.order_by_client_id(identity.client_order_id)
            if row is None:
                raise _no_order(identity)
            state = words.state_of(row)
            if state is VenueOrderState.WORKING:
                await self._calls.cancel_order(row["id"], timeout_s=timeout_s)
            elif state is not VenueOrderState.CANCELED:
                raise VenueRefused(
                    f"order is already {state.value}",
                    code=ORDER_GONE,
                    venue_code=NOT_CANCELABLE,
                )
            return self._answer(row, state=VenueOrderState.CANCELED)

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
        """A working order keeps the legs it has: they can be moved, not added or taken away."""
        async with within(timeout_s):
            row = await self._calls.order_by_client_id(identity.client_order_id)
            if row is not None and words.state_of(row) is VenueOrderState.WORKING:
                return await self._move_order(row, price=price, sl=sl, tp=tp, timeout_s=timeout_s)
            if row is None and not position_id:
                raise _no_order(identity)
            return await self._move_exits(identity, symbol, sl=sl, tp=tp, timeout_s=timeout_s)

    async def scan(self, *, cursor: str) -> VenueScan:
        return await self._scanner.scan(
            cursor=cursor,
            quotes=self._stream.quotes.newest(),
            instruments=dict(self._instruments),
        )

    async def positions(self) -> Sequence[Position]:
        return await self._scanner.positions()

    async def _cancel_exit(self, row: Row, *, timeout_s: float) -> None:
        try:
            await self._calls.cancel_order(row["id"], timeout_s=timeout_s)
        except VenueRefused as refusal:
            # It filled on its own just now: the broker will say what is left to close.
            if refusal.venue_code != NOT_CANCELABLE:
                raise

    async def _protections(self, symbol: str) -> list[Row]:
        rows = await self._calls.open_orders(symbol=symbol)
        waiting = {row["id"] for row in rows if not words.is_protection(row)}
        # Legs of an entry that is not filled yet protect nothing so far.
        return [
            row
            for row in rows
            if words.is_protection(row) and row["parent_order_id"] not in waiting
        ]

    async def _move_order(
        self,
        row: Row,
        *,
        price: Decimal | None,
        sl: Decimal | None,
        tp: Decimal | None,
        timeout_s: float,
    ) -> VenueAnswer:
        legs = {leg_kind(leg): leg for leg in row["legs"] or ()}
        wanted = {kind: level for kind, level in (("sl", sl), ("tp", tp)) if level is not None}
        if legs.keys() != wanted.keys():
            raise VenueRefused(
                "legs of a working order can be moved, not added or taken away; nothing was sent",
                code="VENUE_LEGS_FIXED",
            )
        for kind, level in wanted.items():
            await self._move(legs[kind], level, timeout_s=timeout_s)
        if price is not None:
            row = await self._move(row, price, timeout_s=timeout_s)
        return self._answer(row, state=VenueOrderState.WORKING)

    async def _move(self, row: Row, level: Decimal, *, timeout_s: float) -> Row:
        if words.trigger_of(row) == level:
            return row
        field = "limit_price" if row["type"] == "limit" else "stop_price"
        root = words.root_client_id(row["client_order_id"])
        mark = (
            words.PROTECTION_MARK
            if words.PROTECTION_MARK in row["client_order_id"]
            else words.REPLACEMENT_MARK
        )
        body = {field: decimal_text(level), "client_order_id": fresh_client_id(root, mark)}
        return await self._calls.patch_order(row["id"], body, timeout_s=timeout_s)

    async def _move_exits(
        self,
        identity: VenueIdentity,
        symbol: str,
        *,
        sl: Decimal | None,
        tp: Decimal | None,
        timeout_s: float,
    ) -> VenueAnswer:
        position = await self._calls.find(f"/v2/positions/{symbol}")
        if position is None:
            raise VenueRefused(
                f"no position in {symbol}", code=POSITION_CLOSED, venue_code=POSITION_GONE
            )
        check_exits(position, sl=sl, tp=tp)
        exits = {leg_kind(row): row for row in await self._protections(symbol)}
        wanted = {kind: level for kind, level in (("sl", sl), ("tp", tp)) if level is not None}
        if exits.keys() == wanted.keys():
            for kind, level in wanted.items():
                await self._move(exits[kind], level, timeout_s=timeout_s)
        else:
            await self._replace_exits(
                exits.values(),
                protection_body(identity, symbol, position=position, sl=sl, tp=tp),
                timeout_s=timeout_s,
            )
        return VenueAnswer(venue_order_id="", state=VenueOrderState.FILLED)

    async def _replace_exits(
        self, exits: Any, protection: Mapping[str, Any] | None, *, timeout_s: float
    ) -> None:
        """Old exits hold the whole quantity back, so they must go before new ones can come."""
        for row in exits:
            await self._cancel_exit(row, timeout_s=timeout_s)
        if protection is None:
            return
        try:
            await self._calls.post_order(protection, timeout_s=timeout_s)
        except VenueRefused as refusal:
            # Something did happen: the old exits are gone. Only a look can tell what stands now.
            raise VenueUnreachable(
                f"old exits are gone, new ones refused: {refusal.message}",
                code="VENUE_PARTLY_DONE",
            ) from refusal

    def _answer(self, row: Row, *, state: VenueOrderState | None = None) -> VenueAnswer:
        try:
            quote = self.quote(row["symbol"])
            return VenueAnswer(
                venue_order_id=row["id"],
                state=state or words.state_of(row),
                bid=quote.bid if quote else None,
                ask=quote.ask if quote else None,
                text=row["status"],
            )
        except (KeyError, TypeError) as error:
            raise unreadable(error) from error


def _check_open(request: VenueClose, position: Row | None) -> None:
    """Refuses a close that would open something; the broker would take it for a new order."""
    if position is None:
        raise VenueRefused(
            f"no position in {request.symbol}",
            code=POSITION_CLOSED,
            venue_code=POSITION_GONE,
        )
    held = words.number(position, "qty")
    if held * request.side.sign >= 0 or abs(held) < request.qty:
        raise VenueRefused(
            f"held {held}, asked to {request.side.value} {request.qty}",
            code="VENUE_CLOSE_TOO_LARGE",
            venue_code=QTY_INSUFFICIENT,
        )


def _no_order(identity: VenueIdentity) -> VenueRefused:
    return VenueRefused(
        f"no order {identity.client_order_id}", code=ORDER_GONE, venue_code=POSITION_GONE
    )
