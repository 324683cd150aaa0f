"""What Alpaca's rows leave out is worked out as the paper broker books it: its own rows are the oracle."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.costs import CostModel
from argos.core.ids import client_order_id_of
from argos.core.instrument import Instrument, Quote
from argos.core.intent import OrderType, Side
from argos.exchange.book import AccountTerms, Character, FillModel, Market, new_book
from argos.exchange.orders import BrokerOrder
from argos.exchange.turn import Turn
from argos.paperbroker.alpaca_shapes import OUR_FIELDS, activity_row, as_alpaca
from argos.venues.alpaca.rows import (
    FLAT,
    UNKNOWN_PARENT,
    Holding,
    complete_fills,
    flatten_orders,
    is_our_client_id,
    is_share,
    unexplained,
)

OURS = client_order_id_of(UUID(int=1))
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


def order(order_id: str, client_id: str = "b" * 36, **more: object) -> dict:
    terms = {"qty": "1", "filled_qty": "0", "order_class": "simple", "legs": None}
    return {"id": order_id, "client_order_id": client_id, "symbol": "IBM", **terms, **more}


def parents(rows: list[dict]) -> dict[str, str | None]:
    return {row["id"]: row["parent_order_id"] for row in flatten_orders(rows)}


def test_legs_name_their_parent():
    legs = [order("2", order_class="bracket"), order("3", order_class="bracket")]
    nested = [order("1", OURS, order_class="bracket", legs=legs), order("4")]
    assert parents(nested) == {"1": None, "2": "1", "3": "1", "4": None}
    assert {row["legs"] for row in flatten_orders(nested)} == {None}


def test_a_leg_told_by_itself_has_a_parent_that_is_not_known():
    assert parents([order("2", order_class="oto")]) == {"2": UNKNOWN_PARENT}


def test_an_entry_of_ours_whose_legs_are_not_told_is_no_leg():
    assert parents([order("1", OURS, order_class="bracket")]) == {"1": None}
    assert parents([order("5", f"{OURS}.p-0123", order_class="oco")]) == {"5": None}


def test_an_order_for_money_has_the_quantity_that_was_filled():
    (row,) = flatten_orders([order("1", qty=None, filled_qty="0.25")])
    assert row["qty"] == "0.25"


@pytest.mark.parametrize(
    ("client_id", "ours"),
    [
        (OURS, True),
        (f"{OURS}.r-0123456789abcdef", True),
        ("904837e3-3b76-47ec-b432-046db621571b", False),
        ("", False),
        (f"{OURS}A", False),
    ],
)
def test_our_own_orders_are_known_by_their_ids(client_id, ours):
    assert is_our_client_id(client_id) is ours


@pytest.mark.parametrize(
    ("row", "share"),
    [
        ({"symbol": "AAPL", "asset_class": "us_equity"}, True),
        ({"symbol": "BRK.B"}, True),
        ({"symbol": "BTCUSD", "asset_class": "crypto"}, False),
        ({"symbol": "BTC/USD"}, False),
        ({"symbol": None, "asset_class": "us_option"}, False),
        ({"asset_class": "us_equity"}, False),
        ({"symbol": "AAPL261218C00200000", "asset_class": "us_option"}, False),
    ],
)
def test_only_shares_are_told(row, share):
    assert is_share(row) is share
