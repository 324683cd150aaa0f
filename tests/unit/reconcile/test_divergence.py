"""Each divergence code: what raises it, and what does not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from argos.core.execution import Entry
from argos.core.intent import OrderType, Side
from argos.core.order import CommandKind, FactKind
from argos.reconcile.result import Divergence
from unit.reconcile.stories import Teller, identity, moment


def bought(**more: str) -> Teller:
    teller = Teller()
    teller.open("buy", "10", **more)
    teller.accept("v1")
    return teller


def change_last_fill(teller: Teller, **changes: object) -> None:
    item = teller.executions[-1]
    teller.executions[-1] = replace(item, execution=replace(item.execution, **changes))


def test_a_leg_that_went_as_asked_diverges_in_nothing():
    teller = bought(sl="98", tp="105", within="60")
    teller.fill("10", "100", venue_order_id="v1")
    teller.show(sl="98", tp="105")
    assert teller.leg().divergence == ()


def test_a_fill_on_the_other_side_than_its_order():
    teller = bought()
    teller.fill("10", "100")
    change_last_fill(teller, side=Side.SELL)
    assert Divergence.SIDE in teller.leg().divergence


def test_an_order_on_the_other_side_than_its_intent():
    teller = bought()
    teller.intents[0] = replace(teller.intents[0], side=Side.SELL)
    assert teller.leg().divergence == (Divergence.SIDE,)


def test_a_stop_at_the_broker_that_adds_to_the_position():
    teller = bought()
    teller.fill("10", "100")
    teller.stop("10", "99")
    change_last_fill(teller, side=Side.BUY)
    assert Divergence.SIDE in teller.leg().divergence


@pytest.mark.parametrize("closing", [False, True])
def test_a_fill_in_another_symbol(closing):
    teller = bought()
    teller.fill("10", "100")
    if closing:
        teller.stop("10", "99")
    change_last_fill(teller, symbol="MSFT")
    assert teller.leg().divergence == (Divergence.SYMBOL,)


def test_a_stop_or_target_that_the_position_does_not_show():
    teller = bought(sl="98", tp="105")
    teller.fill("10", "100")
    assert teller.leg().divergence == ()  # nobody has looked yet
    teller.show(tp="105")
    assert teller.leg().divergence == (Divergence.SL_MISSING,)
    teller.show(sl="98")
    assert teller.leg().divergence == (Divergence.TP_MISSING,)


def test_a_stop_that_a_later_change_took_away_is_not_missing():
    teller = bought(sl="98")
    teller.fill("10", "100")
    body = {"price": None, "sl": None, "tp": None}
    teller.fact(FactKind.MODIFIED, command=CommandKind.MODIFY, body=body)
    teller.show()
    assert teller.leg().divergence == ()
    body = {"price": None, "sl": "99", "tp": None}
    teller.fact(FactKind.MODIFIED, command=CommandKind.MODIFY, body=body)
    assert teller.leg().divergence == (Divergence.SL_MISSING,)


@pytest.mark.parametrize(
    ("side", "price", "beyond"),
    [
        ("buy", "100.01", True),
        ("buy", "100", False),
        ("buy", "99", False),
        ("sell", "99.99", True),
        ("sell", "100", False),
        ("sell", "101", False),
    ],
)
def test_a_price_beyond_the_limit(side, price, beyond):
    teller = Teller()
    teller.open(side, "10", limit="100")
    teller.fill("10", price)
    assert (Divergence.PRICE_BEYOND_LIMIT in teller.leg().divergence) is beyond


def test_a_changed_limit_widens_what_is_allowed():
    teller = bought(limit="100")
    body = {"price": "101", "sl": None, "tp": None}
    teller.fact(FactKind.MODIFIED, command=CommandKind.MODIFY, body=body)
    teller.fill("10", "100.80")
    assert teller.leg().divergence == ()
    change_last_fill(teller, price=Decimal("101.01"))
    assert teller.leg().divergence == (Divergence.PRICE_BEYOND_LIMIT,)


def test_a_stop_limit_order_is_bound_by_its_limit_and_a_stop_order_by_nothing():
    teller = bought(limit="100")
    teller.fill("10", "102")
    terms = {"price": Decimal(100), "stop_limit_price": Decimal(101)}
    teller.orders[0] = replace(teller.orders[0], order_type=OrderType.STOP_LIMIT, **terms)
    assert teller.leg().divergence == (Divergence.PRICE_BEYOND_LIMIT,)
    teller.orders[0] = replace(teller.orders[0], order_type=OrderType.STOP)
    assert teller.leg().divergence == ()


def test_two_venue_orders_for_one_order_of_ours():
    teller = bought()
    teller.accept("v1")
    teller.fill("10", "100", venue_order_id="v1")
    assert teller.leg().divergence == ()
    teller.accept("v2")
    assert teller.leg().divergence == (Divergence.DUPLICATE,)


def test_a_second_venue_order_is_also_seen_by_its_fill():
    teller = bought()
    teller.fill("5", "100", venue_order_id="v1")
    teller.fill("5", "100", venue_order_id="v2")
    assert teller.leg().divergence == (Divergence.DUPLICATE,)


def test_a_changed_order_under_a_new_name_is_no_duplicate():
    teller = bought(limit="100")
    teller.fact(
        FactKind.MODIFIED, command=CommandKind.MODIFY, body={"venue_order_id": "v2", "price": "100"}
    )
    teller.fill("10", "100", venue_order_id="v2")
    assert teller.leg().divergence == ()


def test_a_fill_that_was_reported_and_is_not_among_the_executions():
    teller = bought()
    teller.fill("10", "100")
    teller.executions.clear()
    assert teller.leg().divergence == (Divergence.MISSING,)


def test_a_fill_in_this_trade_that_no_order_asked_for():
    teller = bought(ref="100", sl="99")
    teller.fill("10", "100")
    teller.executions.append(
        teller.execution(
            qty="5",
            price="100",
            side=Side.BUY,
            entry=Entry.IN,
            order_id=None,
            opening_order_id=teller.orders[0].order_id,
            exec_id="stray",
        )
    )
    leg = teller.leg()
    assert leg.divergence == (Divergence.QTY, Divergence.UNEXPECTED)
    assert leg.filled_qty == 15
    assert leg.slippage_signal_bps is None
    teller.stop("15", "99")
    assert teller.leg().is_flat
    assert teller.leg().r_multiple is None


def test_a_close_by_another_trades_order_is_explained():
    teller = bought()
    entry = teller.orders[0]
    teller.fill("10", "100")
    teller.executions.append(
        teller.execution(
            qty="10",
            price="101",
            side=Side.SELL,
            entry=Entry.OUT,
            order_id=identity("another"),
            opening_order_id=entry.order_id,
            exec_id="x",
        )
    )
    assert teller.leg().divergence == ()


def test_an_entry_filled_after_its_validity():
    teller = bought(within="1")
    teller.fill("10", "100")
    assert teller.leg().divergence == ()
    limit = teller.orders[0].valid_until
    change_last_fill(teller, occurred_at=limit)
    assert teller.leg().divergence == ()
    teller.wait("2000")
    change_last_fill(teller, occurred_at=moment(teller.now_ms))
    assert teller.leg().divergence == (Divergence.LATE,)


def test_an_entry_sent_after_its_validity_is_late_even_when_nothing_was_filled():
    teller = bought(within="1")
    teller.wait("2000")
    teller.send("99", "100")
    assert teller.leg().divergence == (Divergence.LATE,)


def test_exits_are_never_late_by_validity():
    teller = bought(within="1")
    teller.fill("10", "100")
    teller.close("10")
    teller.wait("5000")
    teller.orders[1] = replace(teller.orders[1], valid_until=moment(0))
    teller.fill("10", "101")
    assert teller.leg().divergence == ()


def test_every_code_has_a_meaning_in_a_sentence():
    assert all(code.meaning.endswith(".") for code in Divergence)
