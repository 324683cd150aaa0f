"""One account's book, and the changes a turn makes to it.

A `Book` is never altered: a `Turn` works on copies, records every change in order, and hands out the next book.
Whoever keeps the book commits the turn's changes first and takes the new book only then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from argos.core.costs import CostModel
from argos.core.instrument import Instrument, Quote
from argos.core.money import ZERO
from argos.exchange.orders import BrokerOrder
from argos.exchange.positions import BrokerPosition, Deal


class Character(StrEnum):
    """How a broker keeps accounts. MT5: positions carry stops, profits are settled. ALPACA: shares and legs."""

    MT5 = "mt5"
    ALPACA = "alpaca"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTerms:
    """`hedging` keeps one position per opening order; otherwise there is one net position per symbol.

    `fifo`: of the positions in a symbol the oldest must be closed first; it needs `hedging` to mean anything.
    `ticket_first` opens the account's own range of tickets, so that no two accounts share one.
    """

    account: str
    character: Character
    currency: str
    hedging: bool
    deposit: Decimal
    leverage: Decimal
    shorting: bool
    ticket_first: int
    fifo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FillModel:
    """How imperfect fills are. Probabilities from 0 to 1; draws are functions of `seed`."""

    seed: int
    partial_probability: float = 0.0
    requote_probability: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Everything a turn needs to know of the world: terms, quotes, and which symbols do not trade now.

    `continuous` says that the price came here through every price in between, so what waited on the way is done
    where it waited; otherwise the market jumped, as over night, and is done where it landed.
    """

    instruments: Mapping[str, Instrument]
    costs: Mapping[str, CostModel]
    quotes: Mapping[str, Quote]
    closed: frozenset[str]
    fills: FillModel
    continuous: bool = False
    extended: bool = False
    """Before the open or after the close: what is closed can be traded by orders for the extended hours."""

    def is_open(self, symbol: str) -> bool:
        return symbol in self.quotes and symbol not in self.closed

    def can_fill(self, order: BrokerOrder) -> bool:
        """True if the order could be filled now, prices apart."""
        if self.is_open(order.symbol):
            return True
        return self.extended and order.extended_hours and order.symbol in self.quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """One account: cash, live orders, positions. Ended orders and deals are history, not book."""

    terms: AccountTerms
    cash: Decimal
    next_ticket: int
    orders: Mapping[int, BrokerOrder] = field(default_factory=dict)
    positions: Mapping[int, BrokerPosition] = field(default_factory=dict)

    def net_position(self, symbol: str) -> BrokerPosition | None:
        """The position of a netting account in `symbol`."""
        return next((p for p in self.positions.values() if p.symbol == symbol), None)


class OrderEventKind(StrEnum):
    PLACED = "placed"
    HELD = "held"
    RELEASED = "released"
    TRIGGERED = "triggered"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    MODIFIED = "modified"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """Something happened to an order; `order` is how it stood after. `deal` is set on fills."""

    kind: OrderEventKind
    order: BrokerOrder
    deal: Deal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionEvent:
    """How a position stood after a change; `position.qty` is 0 once it is closed."""

    position: BrokerPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapCharged:
    """A night's swap accrued on a position; positive is a cost."""

    position: BrokerPosition
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Money that the broker books on the account beside any trade; `amount` is what it did to the cash."""

    ticket: int
    account: str
    amount: Decimal
    comment: str


Change = OrderEvent | PositionEvent | SwapCharged | Booking


def new_book(terms: AccountTerms) -> Book:
    return Book(terms=terms, cash=terms.deposit, next_ticket=terms.ticket_first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """Money of an account at the present quotes, in its currency."""

    cash: Decimal
    floating: Decimal
    market_value: Decimal
    exposure: Decimal
    equity: Decimal
    margin: Decimal
    margin_free: Decimal


def funds(book: Book, market: Market) -> Funds:
    """What the account is worth now; a position without a quote counts at its opening price."""
    floating = market_value = exposure = swap = ZERO
    for position in book.positions.values():
        instrument = market.instruments[position.symbol]
        unit_value = instrument.unit_value
        quote = market.quotes.get(position.symbol)
        mark = position.mark(quote) if quote else position.price_open
        floating += instrument.worth((mark - position.price_open) * position.signed_qty)
        market_value += mark * position.signed_qty * unit_value
        exposure += mark * position.qty * unit_value
        swap += position.swap
    settled = book.terms.character is Character.MT5
    equity = book.cash + (floating - swap if settled else market_value)
    margin = exposure / book.terms.leverage
    return Funds(
        cash=book.cash,
        floating=floating,
        market_value=market_value,
        exposure=exposure,
        equity=equity,
        margin=margin,
        margin_free=equity - margin,
    )
