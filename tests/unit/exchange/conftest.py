"""A small market and fresh books for the broker's rules: one symbol, exact fills unless a test says otherwise."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from argos.core.costs import CostModel
from argos.core.instrument import Instrument, Quote
from argos.core.intent import OrderType, Side
from argos.exchange.book import AccountTerms, Book, Character, FillModel, Market, new_book
from argos.exchange.orders import BrokerOrder
from argos.exchange.ticking import on_quote
from argos.exchange.turn import Turn

AT = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
COSTS = CostModel(
    spread_bps=Decimal(10),
    commission_per_unit=Decimal("0.02"),
    sell_fee_bps=Decimal("0.3"),
    swap_long_bps=Decimal(2),
    swap_short_bps=Decimal(-1),
)
IBM = Instrument(
    symbol="IBM",
    contract_size=Decimal(1),
    tick_size=Decimal("0.01"),
    qty_min=Decimal(1),
    qty_max=Decimal(1000),
    qty_step=Decimal(1),
    stops_distance_min=Decimal("0.02"),
    unit_value=Decimal(1),
    quote_currency="USD",
)


class Pit:
    """A book with its market, moved on turn by turn."""

    def __init__(
        self, character: Character, *, hedging: bool = False, fills: FillModel | None = None
    ) -> None:
        terms = AccountTerms(
            account="a",
            character=character,
            currency="USD",
            hedging=hedging,
            deposit=Decimal(10_000),
            leverage=Decimal(2),
            shorting=True,
            ticket_first=1,
        )
        self.book: Book = new_book(terms)
        self.deals = []
        self.market = Market(
            instruments={"IBM": IBM},
            costs={"IBM": COSTS},
            quotes={},
            closed=frozenset(),
            fills=fills or FillModel(seed=1),
        )
        self.quote("99.90", "100.10")

    def quote(self, bid: str, ask: str) -> Turn:
        """A new quote, and everything that is due at it."""
        quote = Quote(symbol="IBM", bid=Decimal(bid), ask=Decimal(ask), at=AT)
        self.market = replace(self.market, quotes={"IBM": quote})
        return self.do(lambda turn: on_quote(turn, "IBM"))

    def do(self, work: Callable[[Turn], object]) -> Turn:
        turn = Turn(self.book, market=self.market, at=AT)
        work(turn)
        self.book = turn.next_book()
        self.deals += [c.deal for c in turn.changes if getattr(c, "deal", None) is not None]
        return turn

    def order(self, side: Side, qty: int, **more: object) -> BrokerOrder:
        terms = {
            "ticket": self.book.next_ticket,
            "account": "a",
            "symbol": "IBM",
            "side": side,
            "order_type": OrderType.MARKET,
            "qty": Decimal(qty),
            "received_at": AT,
            "created_at": AT,
            "updated_at": AT,
        }
        return BrokerOrder(**(terms | more))

    def place(self, side: Side, qty: int, **more: object) -> BrokerOrder:
        def work(turn: Turn) -> None:
            turn.place(replace(order, ticket=turn.take_ticket()))

        order = self.order(side, qty, **more)
        self.do(work)
        return order

    def trade(self, side: Side, qty: int, **more: object) -> BrokerOrder:
        """A market order, done whole at once."""

        def work(turn: Turn) -> None:
            placed = turn.place(replace(order, ticket=turn.take_ticket()))
            turn.execute(placed, qty=placed.qty)

        order = self.order(side, qty, **more)
        self.do(work)
        return order

    @property
    def position(self):
        (position,) = self.book.positions.values()
        return position


@pytest.fixture
def pit() -> type[Pit]:
    return Pit


@pytest.fixture(scope="session")
def pit_class() -> type[Pit]:
    """For properties: hypothesis wants fixtures that outlive one example."""
    return Pit
