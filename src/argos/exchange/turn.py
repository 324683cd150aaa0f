"""A turn: one unit of change to a book. It alone knows how orders, deals, positions and cash hang together."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from argos.core.errors import InvariantError
from argos.core.execution import FillReason
from argos.core.intent import OrderType, Side
from argos.core.money import ZERO
from argos.exchange.book import (
    Book,
    Booking,
    Change,
    Character,
    Market,
    OrderEvent,
    OrderEventKind,
    PositionEvent,
    SwapCharged,
)
from argos.exchange.draws import draw_slippage_bps
from argos.exchange.matching import fill_price, slipped, waited_at
from argos.exchange.orders import BrokerOrder, OrderState
from argos.exchange.positions import BrokerPosition, Deal, Settlement, settle

_END_EVENTS = {
    OrderState.CANCELED: OrderEventKind.CANCELED,
    OrderState.EXPIRED: OrderEventKind.EXPIRED,
    OrderState.REJECTED: OrderEventKind.REJECTED,
    OrderState.REPLACED: OrderEventKind.REPLACED,
}


class Turn:
    """Works on copies of `book`; `changes` tells in order what was done, `next_book` is the result."""

    def __init__(self, book: Book, *, market: Market, at: datetime) -> None:
        self.terms = book.terms
        self.market = market
        self.at = at
        self.cash = book.cash
        self.orders = dict(book.orders)
        self.positions = dict(book.positions)
        self.changes: list[Change] = []
        self._next_ticket = book.next_ticket

    def next_book(self) -> Book:
        return Book(
            terms=self.terms,
            cash=self.cash,
            next_ticket=self._next_ticket,
            orders=self.orders,
            positions=self.positions,
        )

    def take_ticket(self) -> int:
        self._next_ticket += 1
        return self._next_ticket - 1

    def place(self, order: BrokerOrder) -> BrokerOrder:
        """Take the order in as it is. A HELD order waits for its parent."""
        held = order.state is OrderState.HELD
        self._put(order, OrderEventKind.HELD if held else OrderEventKind.PLACED)
        return order

    def change(self, order: BrokerOrder, *, kind: OrderEventKind) -> BrokerOrder:
        return self._put(replace(order, updated_at=self.at), kind)

    def end(self, order: BrokerOrder, *, state: OrderState) -> BrokerOrder:
        """End a live order unfilled or partly filled; its waiting legs end with it."""
        ended = self._put(replace(order, state=state, updated_at=self.at), _END_EVENTS[state])
        for leg in self._legs_of(order.ticket):
            if leg.state is OrderState.HELD:
                self.end(leg, state=OrderState.CANCELED)
        return ended

    def end_group(self, order: BrokerOrder) -> None:
        """Cancel the others of a one-cancels-other group."""
        if not order.oco:
            return
        for other in list(self.orders.values()):
            if other.oco == order.oco and other.ticket != order.ticket:
                self.end(other, state=OrderState.CANCELED)

    def execute(self, order: BrokerOrder, *, qty: Decimal, price: Decimal | None = None) -> Deal:
        """Fill `qty` of `order` at `price`, or else at the quote with its drawn slippage.

        Raises InvariantError if the order would be overfilled or close more than its position holds.
        """
        if not ZERO < qty <= order.leaves_qty:
            raise InvariantError(
                f"fill beyond the order: order={order.ticket}, qty={qty}", code="ORDER_OVERFILLED"
            )
        price = self._price_now(order) if price is None else price
        position = self._position_for(order)
        settlement = self._settle(order, position=position, qty=qty, price=price)
        position_id = position.position_id if position else order.position_id or order.ticket
        deal = self._deal(order, settlement, qty=qty, price=price, position_id=position_id)
        self.cash += deal.cash_delta
        self._move_position(order, position, settlement, position_id=position_id)
        self._fill(order, deal)
        return deal

    def protect(
        self, position: BrokerPosition, *, sl: Decimal | None, tp: Decimal | None
    ) -> BrokerPosition:
        changed = replace(position, sl=sl, tp=tp, updated_at=self.at)
        self.positions[position.position_id] = changed
        self.changes.append(PositionEvent(position=changed))
        return changed

    def close_at_protection(self, position: BrokerPosition, *, reason: FillReason) -> Deal:
        """Close a position whose own stop or target was reached: the broker writes an order for it."""
        level = position.sl if reason is FillReason.SL else position.tp
        order = BrokerOrder(
            ticket=self.take_ticket(),
            account=self.terms.account,
            symbol=position.symbol,
            side=position.side.opposite,
            order_type=OrderType.MARKET,
            qty=position.qty,
            received_at=self.at,
            created_at=self.at,
            updated_at=self.at,
            reason=reason,
            magic=position.magic,
            client_order_id=position.client_order_id,
            comment=f"[{reason.value} {level}]",
            position_id=position.position_id,
        )
        self.place(order)
        return self.execute(
            order, qty=order.qty, price=self._protection_price(order, position, level)
        )

    def _protection_price(
        self, order: BrokerOrder, position: BrokerPosition, level: Decimal | None
    ) -> Decimal | None:
        """A target is a limit: it does not slip. A stop becomes a market order, and does."""
        quote = self.market.quotes[position.symbol]
        continuous = self.market.continuous and level is not None
        if order.reason is FillReason.TP:
            return level if continuous else position.mark(quote)
        return self._slipped(order, level) if continuous and level is not None else None

    def waited_price(self, order: BrokerOrder) -> Decimal | None:
        """Where a resting order is done when the price has come through its own; None after a jump."""
        waited = waited_at(order) if self.market.continuous else None
        if waited is None or order.order_type is not OrderType.STOP:
            return waited
        return self._slipped(order, waited)

    def charge_swap(self, position: BrokerPosition, amount: Decimal) -> None:
        changed = replace(position, swap=position.swap + amount, updated_at=self.at)
        self.positions[position.position_id] = changed
        self.changes.append(SwapCharged(position=changed, amount=amount))

    def book(self, amount: Decimal, *, comment: str) -> Booking:
        """A fee, say, that belongs to no trade. Negative when the client pays."""
        self.cash += amount
        booking = Booking(
            ticket=self.take_ticket(), account=self.terms.account, amount=amount, comment=comment
        )
        self.changes.append(booking)
        return booking

    def _put(
        self, order: BrokerOrder, kind: OrderEventKind, deal: Deal | None = None
    ) -> BrokerOrder:
        if order.is_live:
            self.orders[order.ticket] = order
        else:
            self.orders.pop(order.ticket, None)
        self.changes.append(OrderEvent(kind=kind, order=order, deal=deal))
        return order

    def _legs_of(self, ticket: int) -> list[BrokerOrder]:
        return [order for order in self.orders.values() if order.parent == ticket]

    def _price_now(self, order: BrokerOrder) -> Decimal:
        return fill_price(
            order,
            self.market.quotes[order.symbol],
            slippage_bps=self._slippage_bps(order),
            tick_size=self.market.instruments[order.symbol].tick_size,
        )

    def _slipped(self, order: BrokerOrder, price: Decimal) -> Decimal:
        return slipped(
            price,
            order.side,
            slippage_bps=self._slippage_bps(order),
            tick_size=self.market.instruments[order.symbol].tick_size,
        )

    def _slippage_bps(self, order: BrokerOrder) -> Decimal:
        key = f"{self.market.fills.seed}:slip:{order.ticket}:{order.filled_qty}"
        return draw_slippage_bps(key, costs=self.market.costs[order.symbol])

    def _position_for(self, order: BrokerOrder) -> BrokerPosition | None:
        if self.terms.hedging:
            # A second slice of an opening order adds to the position that the first one opened.
            return self.positions.get(order.position_id or order.ticket)
        return next((p for p in self.positions.values() if p.symbol == order.symbol), None)

    def _settle(
        self,
        order: BrokerOrder,
        *,
        position: BrokerPosition | None,
        qty: Decimal,
        price: Decimal,
    ) -> Settlement:
        closing = self.terms.hedging and order.is_close
        if closing and (position is None or qty > position.qty or position.side is order.side):
            raise InvariantError(
                f"more closed than open: order={order.ticket}, position={order.position_id}",
                code="POSITION_OVERCLOSED",
            )
        return settle(
            position,
            side=order.side,
            qty=qty,
            price=price,
            instrument=self.market.instruments[order.symbol],
            money_step=self.market.costs[order.symbol].money_step,
        )

    def _deal(
        self,
        order: BrokerOrder,
        settlement: Settlement,
        *,
        qty: Decimal,
        price: Decimal,
        position_id: int,
    ) -> Deal:
        costs = self.market.costs[order.symbol]
        quote = self.market.quotes[order.symbol]
        unit_value = self.market.instruments[order.symbol].unit_value
        commission = costs.commission(qty=qty, price=price * unit_value)
        fee = costs.fee(side=order.side, qty=qty, price=price * unit_value)
        earned = settlement.profit - settlement.swap
        traded = -qty * price * order.side.sign * unit_value
        settled = self.terms.character is Character.MT5
        return Deal(
            ticket=self.take_ticket(),
            account=self.terms.account,
            order=order.ticket,
            position_id=position_id,
            symbol=order.symbol,
            side=order.side,
            entry=settlement.entry,
            qty=qty,
            price=price,
            commission=commission,
            swap=settlement.swap,
            fee=fee,
            profit=settlement.profit,
            cash_delta=(earned if settled else traded) - commission - fee,
            position_qty=settlement.signed_qty,
            cum_qty=order.filled_qty + qty,
            leaves_qty=order.leaves_qty - qty,
            reason=order.reason,
            bid=quote.bid,
            ask=quote.ask,
            occurred_at=self.at,
            magic=order.magic,
            client_order_id=order.client_order_id,
            comment=order.comment,
        )

    def _move_position(
        self,
        order: BrokerOrder,
        position: BrokerPosition | None,
        settlement: Settlement,
        *,
        position_id: int,
    ) -> None:
        own_stops = self.terms.character is Character.MT5
        fresh = position is None or position.signed_qty * settlement.signed_qty < 0
        if position is None or fresh:
            moved = BrokerPosition(
                position_id=position_id,
                account=order.account,
                symbol=order.symbol,
                side=Side.BUY if settlement.signed_qty > 0 else Side.SELL,
                qty=abs(settlement.signed_qty),
                price_open=settlement.price_open,
                opened_at=self.at,
                updated_at=self.at,
                sl=order.sl if own_stops else None,
                tp=order.tp if own_stops else None,
                magic=order.magic,
                client_order_id=order.client_order_id,
                comment=order.comment,
            )
        else:
            adds = own_stops and order.side is position.side
            moved = replace(
                position,
                qty=abs(settlement.signed_qty),
                price_open=settlement.price_open,
                swap=position.swap - settlement.swap,
                sl=order.sl if adds and order.sl is not None else position.sl,
                tp=order.tp if adds and order.tp is not None else position.tp,
                updated_at=self.at,
            )
        if moved.qty:
            self.positions[position_id] = moved
        else:
            self.positions.pop(position_id, None)
        self.changes.append(PositionEvent(position=moved))

    def _fill(self, order: BrokerOrder, deal: Deal) -> None:
        filled = replace(
            order,
            filled_qty=order.filled_qty + deal.qty,
            filled_value=order.filled_value + deal.qty * deal.price,
            position_id=deal.position_id,
            updated_at=self.at,
        )
        if filled.leaves_qty > 0:
            self._put(filled, OrderEventKind.PARTIALLY_FILLED, deal)
            return
        filled = replace(filled, state=OrderState.FILLED)
        self._put(filled, OrderEventKind.FILLED, deal)
        self.end_group(filled)
        for leg in self._legs_of(order.ticket):
            if leg.state is OrderState.HELD:
                released = replace(leg, state=OrderState.WORKING, updated_at=self.at)
                self._put(released, OrderEventKind.RELEASED)
