"""Fills that come on their own time: after the answer, in slices, or after a cancel that was answered with yes."""

from collections.abc import Sequence

from argos.core.intent import OrderType
from argos.exchange.book import Character
from argos.exchange.matching import is_due, limit_of
from argos.exchange.orders import AT_ONCE, AUCTIONS, BrokerOrder, OrderState
from argos.exchange.ticking import fill_some, take_at_once
from argos.paperbroker.broker import Broker, Tick
from argos.paperbroker.gate import Gate
from argos.paperbroker.hours import Phase


class FillDesk:
    """Fills what is due between two ticks. At the mt5 character answers hold their fills, so only late ones."""

    def __init__(self, broker: Broker, *, gate: Gate) -> None:
        self._broker = broker
        self._gate = gate
        self._stood = (Phase.SHUT, "")

    def take_prices(self, ticks: Sequence[Tick], *, label: str | None, rollover: bool) -> None:
        """Feed the broker; where it keeps hours, market orders that waited for these are filled."""
        self._broker.feed(ticks, label=label, rollover=rollover)
        if not self._broker.settings.full_rules:
            return
        before, self._stood = self._stood, (self._broker.phase, self._broker.label)
        if self._stood != before and self._stood[0] is not Phase.SHUT:
            self.resume()

    def resume(self) -> None:
        """Take up every order that was due when the broker stopped, or while a market was closed."""
        if self._broker.settings.character is not Character.ALPACA:
            return
        for account, book in self._broker.books.items():
            for order in book.orders.values():
                self.fill_soon(account, order)

    def fill_soon(self, account: str, order: BrokerOrder, *, twice: bool = False) -> None:
        """Fill an order that is due now after a drawn delay; leave one alone that is not.

        What is wanted at once is, in any case, decided after that delay.
        """
        market = self._broker.market
        if order.state is not OrderState.WORKING or order.queued or order.tif in AUCTIONS:
            return
        due = market.can_fill(order) and is_due(order, market.quotes[order.symbol])
        if not due and order.tif not in AT_ONCE:
            return
        delay_ms = self._gate.fill_latency_ms(f"{order.ticket}:{order.filled_qty}")
        self._gate.later(delay_ms, lambda: self._fill(account, order.ticket, twice=twice))

    def fill_late(self, account: str, ticket: int, *, delay_ms: int) -> None:
        """Fill the rest of an order that has been canceled: the fill had crossed the cancel."""
        self._gate.later(delay_ms, lambda: self._fill_canceled(account, ticket))

    def _fill(self, account: str, ticket: int, *, twice: bool) -> None:
        turn = self._broker.turn(account)
        order = turn.orders.get(ticket)
        if order is None or order.state is not OrderState.WORKING:
            return
        if order.tif in AT_ONCE:
            take_at_once(turn, order)
            self._broker.commit(turn, twice=twice)
            return
        if not turn.market.can_fill(order):
            return
        if order.order_type is not OrderType.MARKET and not is_due(
            order, turn.market.quotes[order.symbol]
        ):
            return
        deal = fill_some(turn, order)
        if twice:
            self._broker.told_twice.add(deal.ticket)
        self._broker.commit(turn, twice=twice)
        rest = self._broker.books[account].orders.get(ticket)
        if rest is not None:
            self.fill_soon(account, rest, twice=twice)

    def _fill_canceled(self, account: str, ticket: int) -> None:
        order = self._broker.ledger.order(account, ticket)
        if order is None or order.is_live or not order.leaves_qty:
            return
        turn = self._broker.turn(account)
        turn.execute(order, qty=order.leaves_qty, price=limit_of(order) or order.price)
        self._broker.commit(turn)
