"""Orders at Alpaca: entries as brackets, closes that take resting exits out of the way first, changes, cancels."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal
from typing import Final

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.core.instrument import Quote
from argos.ports import (
    ORDER_GONE,
    POSITION_CLOSED,
    VenueAnswer,
    VenueClose,
    VenueIdentity,
    VenueOrder,
    VenueOrderState,
)
from argos.venues.alpaca import words
from argos.venues.alpaca.bodies import (
    NOT_CANCELABLE,
    check_exits,
    close_body,
    entry_body,
    leg_kind,
    price_text,
    protection_body,
)
from argos.venues.alpaca.outcomes import derived_client_id
from argos.venues.alpaca.trading import AlpacaTrading, Row
from argos.venues.wire import unreadable, within

POSITION_GONE: Final = "40410000"
QTY_INSUFFICIENT: Final = "40310000"
CANCEL_PAUSES_S: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""How long an order that was canceled may still work before that is told: Alpaca cancels after its answer."""
PROTECTIONS_MAX: Final = 50

OpenOrders = Callable[[str], Awaitable[list[Row]]]
"""The working orders in a symbol, each leg with its `parent_order_id`."""


class AlpacaOrders:
    """What changes an account. Nothing is sent twice; what was sent before is found by its client id."""

    def __init__(
        self,
        trading: AlpacaTrading,
        *,
        open_orders: OpenOrders,
        quote: Callable[[str], Quote | None],
    ) -> None:
        self._trading = trading
        self._open_orders = open_orders
        self._quote = quote

    async def submit(self, order: VenueOrder, *, timeout_s: float) -> VenueAnswer:
        """Sent with its exits as a bracket. An id that was used before answers with that order's state."""
        body = entry_body(order)
        async with within(timeout_s):
            return self._answer(await self._trading.post_order(body, timeout_s=timeout_s))

    async def close(self, request: VenueClose, *, timeout_s: float) -> VenueAnswer:
        """Cancels the position's resting exits, then sells (or buys back). What is left has no stop any more.

        Refused with venue code 40410000 if there is no position, 40310000 if it is smaller than asked.
        """
        async with within(timeout_s):
            known, position, protections = await asyncio.gather(
                self._trading.order_by_client_id(request.identity.client_order_id),
                self._position(request.symbol),
                self._protections(request.symbol),
            )
            if known is not None:  # sent before: it must not touch what came after it
                return self._answer(known)
            _check_open(request, position)
            ended = [await self._cancel(row, timeout_s=timeout_s) for row in protections]
            if any(words.number(row, "filled_qty") for row in ended):
                # One of them filled on its own just now: what is left may be nothing.
                _check_open(request, await self._position(request.symbol))
            body = close_body(request)
            return self._answer(await self._trading.post_order(body, timeout_s=timeout_s))

    async def cancel(self, identity: VenueIdentity, *, timeout_s: float) -> VenueAnswer:
        """Refused with venue code 40410000 if there is no such order, 42210000 if it has ended otherwise.

        An order that still works after the answer is told as working: what became of it the next scan tells.
        """
        async with within(timeout_s):
            row = await self._trading.order_by_client_id(identity.client_order_id)
            if row is None:
                raise _no_order(identity)
            if words.state_of(row) is VenueOrderState.WORKING:
                row = await self._cancel(row, timeout_s=timeout_s)
            state = words.state_of(row)
            if state not in {VenueOrderState.WORKING, VenueOrderState.CANCELED}:
                raise VenueRefused(
                    f"order is already {state.value}", code=ORDER_GONE, venue_code=NOT_CANCELABLE
                )
            return self._answer(row)

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
            row = await self._trading.order_by_client_id(identity.client_order_id)
            if row is not None and words.state_of(row) is VenueOrderState.WORKING:
                whole = await self._trading.order(row["id"]) or row
                return await self._move_order(whole, price=price, sl=sl, tp=tp, timeout_s=timeout_s)
            if row is None and not position_id:
                raise _no_order(identity)
            return await self._move_exits(identity, symbol, sl=sl, tp=tp, timeout_s=timeout_s)

    async def _position(self, symbol: str) -> Row | None:
        return await self._trading.find(f"/v2/positions/{symbol}")

    async def _cancel(self, row: Row, *, timeout_s: float) -> Row:
        """The order after a cancel: ended, by this or by something else, or still working in spite of a yes."""
        try:
            await self._trading.delete_order(row["id"], timeout_s=timeout_s)
        except VenueRefused:
            found = await self._trading.order(row["id"])
            if found is None or words.state_of(found) is VenueOrderState.WORKING:
                raise
            return found
        for pause_s in CANCEL_PAUSES_S:
            await asyncio.sleep(pause_s)
            found = await self._trading.order(row["id"])
            if found is None:
                raise VenueUnreachable("a canceled order is not found", code="VENUE_OUTCOME_OPEN")
            row = found
            if words.state_of(row) is not VenueOrderState.WORKING:
                break
        return row

    async def _protections(self, symbol: str) -> list[Row]:
        rows = await self._open_orders(symbol)
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
        legs = {leg_kind(leg): leg for leg in row["legs"] or () if leg["status"] != words.REPLACED}
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
        change = {field: price_text(level)}
        is_ours = words.PROTECTION_MARK in row["client_order_id"]
        client_id = derived_client_id(
            words.root_client_id(row["client_order_id"]),
            words.PROTECTION_MARK if is_ours else words.REPLACEMENT_MARK,
            {**change, "replaces": row["id"]},
        )
        body = {**change, "client_order_id": client_id}
        return await self._trading.patch_order(row["id"], body, timeout_s=timeout_s)

    async def _move_exits(
        self,
        identity: VenueIdentity,
        symbol: str,
        *,
        sl: Decimal | None,
        tp: Decimal | None,
        timeout_s: float,
    ) -> VenueAnswer:
        position = await self._position(symbol)
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
            protection = protection_body(symbol, position=position, sl=sl, tp=tp)
            await self._replace_exits(identity, exits.values(), protection, timeout_s=timeout_s)
        return VenueAnswer(venue_order_id="", state=VenueOrderState.FILLED)

    async def _replace_exits(
        self,
        identity: VenueIdentity,
        exits: Iterable[Row],
        protection: Row | None,
        *,
        timeout_s: float,
    ) -> None:
        """Old exits hold the whole quantity back, so they must go before new ones can come."""
        for row in exits:
            await self._cancel(row, timeout_s=timeout_s)
        if protection is None:
            return
        try:
            await self._protect(identity, protection, timeout_s=timeout_s)
        except VenueRefused as refusal:
            # Something did happen: the old exits are gone. Only a look can tell what stands now.
            raise VenueUnreachable(
                f"old exits are gone, new ones refused: {refusal.message}",
                code="VENUE_PARTLY_DONE",
            ) from refusal

    async def _protect(self, identity: VenueIdentity, body: Row, *, timeout_s: float) -> None:
        """Its id says what it does. Where one that says the same has ended long since, the next number is taken."""
        for number in range(PROTECTIONS_MAX):
            client_id = derived_client_id(
                identity.client_order_id, words.PROTECTION_MARK, {**body, "number": number}
            )
            row = await self._trading.post_order(
                {**body, "client_order_id": client_id}, timeout_s=timeout_s
            )
            if words.state_of(row) in {VenueOrderState.WORKING, VenueOrderState.FILLED}:
                return
        raise VenueRefused("the same exits were set too often", code="VENUE_EXITS_TOO_MANY")

    def _answer(self, row: Row, *, state: VenueOrderState | None = None) -> VenueAnswer:
        try:
            quote = self._quote(row["symbol"])
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
