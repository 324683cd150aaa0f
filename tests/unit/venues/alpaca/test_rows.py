"""What Alpaca's rows leave out is worked out as the paper broker books it: its own rows are the oracle."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from argos.core.costs import CostModel
from argos.core.instrument import Instrument, Quote
from argos.core.intent import OrderType, Side
from argos.exchange.book import AccountTerms, Character, FillModel, Market, new_book
from argos.exchange.orders import BrokerOrder
from argos.exchange.turn import Turn
from argos.paperbroker.alpaca_shapes import OUR_FIELDS, activity_row, as_alpaca
from argos.venues.alpaca.rows import (
    FLAT,
    Holding,
    complete_fills,
    flatten_orders,
    unexplained,
)

AT = datetime(2012, 3, 9, 17, tzinfo=UTC)
TERMS = AccountTerms(
    account="a",
    character=Character.ALPACA,
    currency="USD",
    hedging=False,
    deposit=Decimal(10_000),
    leverage=Decimal(2),
    shorting=True,
    ticket_first=1,
)
SHARE = Instrument(
    symbol="IBM",
    contract_size=Decimal(1),
    tick_size=Decimal("0.01"),
    qty_min=Decimal(1),
    qty_max=Decimal(1000),
    qty_step=Decimal(1),
    stops_distance_min=Decimal(0),
    unit_value=Decimal(1),
    quote_currency="USD",
)


def booked(trades: list[tuple[Side, int, int]]) -> list[dict]:
    """The broker's own rows of these fills (side, shares, cents), with what it knows of each."""
    book, rows = new_book(TERMS), []
    for side, qty, cents in trades:
        price = Decimal(cents) / 100
        quote = Quote(symbol="IBM", bid=price, ask=price + Decimal("0.01"), at=AT)
        market = Market(
            instruments={"IBM": SHARE},
            costs={"IBM": CostModel(spread_bps=Decimal(0))},
            quotes={"IBM": quote},
            closed=frozenset(),
            fills=FillModel(seed=1),
        )
        turn = Turn(book, market=market, at=AT)
        order = BrokerOrder(
            ticket=turn.take_ticket(),
            account="a",
            symbol="IBM",
            side=side,
            order_type=OrderType.MARKET,
            qty=Decimal(qty),
            received_at=AT,
            created_at=AT,
            updated_at=AT,
        )
        turn.place(order)
        rows.append(activity_row(turn.execute(order, qty=order.qty, price=price)))
        book = turn.next_book()
    return rows


fills = st.tuples(st.sampled_from(Side), st.integers(1, 50), st.integers(100, 20_000))


@given(st.lists(fills, max_size=12), st.integers(0, 12))
def test_fills_are_completed_as_the_broker_booked_them(trades, cut):
    """Read at one go or in two, the second time from the holdings of the first."""
    rows = booked(trades)
    bare = as_alpaca(rows)
    assert all(not OUR_FIELDS & row.keys() for row in bare)
    first, held = complete_fills(bare[:cut], {})
    second, _ = complete_fills(bare[cut:], held)
    assert first + second == rows


def test_a_holding_that_the_fills_do_not_explain_is_named():
    held = {"IBM": Holding(qty=Decimal(5), price_open=Decimal(100))}
    position = {"symbol": "IBM", "qty": "5"}
    assert unexplained(held, [position]) == set()
    assert unexplained(held, [{**position, "qty": "4"}]) == {"IBM"}
    assert unexplained(held, []) == {"IBM"}
    assert unexplained({}, [position]) == {"IBM"}
    assert unexplained({"IBM": FLAT}, []) == set()


def test_legs_name_their_parent():
    nested = [
        {"id": "1", "legs": [{"id": "2", "legs": None}, {"id": "3", "legs": None}]},
        {"id": "4", "legs": None},
    ]
    flat = flatten_orders(nested)
    assert [(row["id"], row["parent_order_id"]) for row in flat] == [
        ("1", None),
        ("2", "1"),
        ("3", "1"),
        ("4", None),
    ]
    assert {row["legs"] for row in flat} == {None}
