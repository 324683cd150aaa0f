"""What is sent to Alpaca is what Alpaca takes: whole shares behind exits, prices in cents, closes that only close."""

from decimal import Decimal

import pytest

from argos.core.errors import VenueRefused
from argos.core.intent import OrderType, Side
from argos.ports import VenueClose, VenueIdentity, VenueOrder
from argos.venues.alpaca.bodies import close_body, entry_body, price_text, protection_body

IDENTITY = VenueIdentity(magic=0, client_order_id="A" * 26)


def order(**changes):
    terms = {
        "identity": IDENTITY,
        "symbol": "AAPL",
        "side": Side.BUY,
        "order_type": OrderType.MARKET,
        "qty": Decimal(10),
        "price": None,
        "stop_limit_price": None,
        "sl": None,
        "tp": None,
        "deviation_points": 0,
        "comment": "",
    }
    return VenueOrder(**(terms | changes))


@pytest.mark.parametrize(
    ("price", "text"),
    [
        ("100.005", "100"),
        ("100.0051", "100.01"),
        ("1", "1"),
        ("0.99999", "1"),
        ("0.12345", "0.1234"),
        ("70.1", "70.1"),
    ],
)
def test_prices_have_as_many_decimals_as_alpaca_takes(price, text):
    assert price_text(Decimal(price)) == text


@pytest.mark.parametrize(
    ("exits", "order_class"),
    [
        ({"sl": Decimal(95), "tp": Decimal(110)}, "bracket"),
        ({"sl": Decimal(95)}, "oto"),
        ({"tp": Decimal(110)}, "oto"),
        ({}, None),
    ],
)
def test_exits_make_the_class(exits, order_class):
    body = entry_body(order(**exits))
    assert body.get("order_class") == order_class
    assert ("stop_loss" in body, "take_profit" in body) == ("sl" in exits, "tp" in exits)
    assert body["time_in_force"] == "gtc", "exits outlive the day"


def test_fractions_go_without_exits_and_for_a_day_or_not_at_all():
    assert entry_body(order(qty=Decimal("0.5")))["time_in_force"] == "day"
    with pytest.raises(VenueRefused) as refusal:
        entry_body(order(qty=Decimal("0.5"), sl=Decimal(95)))
    assert refusal.value.code == "VENUE_QTY_FRACTIONAL"


@pytest.mark.parametrize("side", list(Side))
def test_a_close_never_opens(side):
    request = VenueClose(
        identity=IDENTITY,
        symbol="AAPL",
        side=side,
        qty=Decimal("1.5"),
        position_id="AAPL",
        comment="",
    )
    body = close_body(request)
    assert body["position_intent"] == f"{side.value}_to_close"
    assert body["time_in_force"] == "day", "a fraction that a person bought can be closed, too"


def test_a_position_is_protected_on_its_other_side():
    short = {"symbol": "AAPL", "qty": "-10", "side": "short"}
    both = protection_body("AAPL", position=short, sl=Decimal(110), tp=Decimal(90))
    assert (both["side"], both["order_class"], both["qty"]) == ("buy", "oco", "10")
    assert protection_body("AAPL", position=short, sl=None, tp=None) is None
