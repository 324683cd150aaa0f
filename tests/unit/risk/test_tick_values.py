"""A broker's value of a tick, held against what contract size and exchange rates make of it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from argos.core.instrument import Instrument, ProfitRule, Quote
from argos.core.intent import Size, SizeMode
from argos.risk.assess import assess
from argos.risk.tick_values import tick_value
from unit.core.builders import AAPL, EURUSD, NOW, XAUUSD, make_snapshot, usdjpy

D = Decimal
PAIR = replace(EURUSD, profit_rule=ProfitRule.PAIR, base_currency="EUR")
YEN = replace(usdjpy(usdjpy_rate=D(160)), profit_rule=ProfitRule.PAIR, base_currency="USD")
US30 = replace(AAPL, symbol="US30", base_currency="USD")
QUOTES = {
    "EURUSD": Quote(symbol="EURUSD", bid=D("1.25"), ask=D("1.28"), at=NOW),
    "USDJPY": Quote(symbol="USDJPY", bid=D(160), ask=D(161), at=NOW),
}


def account(currency: str, *instruments: Instrument, **changes: Any) -> Any:
    known = {item.symbol: item for item in instruments}
    return make_snapshot(**{"currency": currency, "instruments": known, "quotes": QUOTES} | changes)


@pytest.mark.parametrize(
    ("name", "told", "currency", "formula"),
    [
        # A unit of a dollar symbol gains a dollar for 1.0 of price.
        ("at home", replace(US30, unit_value=D(1)), "USD", D(1)),
        # A dollar that a euro account has lost is bought with 1 / 1.25 euros, at the bid of EURUSD.
        ("converted by the pair turned round", replace(US30, unit_value=D("0.8")), "EUR", D("0.8")),
        # A yen lost costs 1 / 160 dollars.
        ("yen to dollars", YEN, "USD", D(1) / 160),
        # A euro lost at a dollar account is bought at the ask.
        ("euros to dollars", replace(US30, quote_currency="EUR"), "USD", D("1.28")),
        ("no pair of the two", replace(US30, quote_currency="GBP"), "USD", None),
        ("a future, whose tick has a price", replace(US30, profit_rule=ProfitRule.TICK), "USD", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_formula_is_the_exchange_rate_of_the_quote_currency(
    name: str, told: Instrument, currency: str, formula: Decimal | None
) -> None:
    assert tick_value(told, account(currency, told, PAIR, YEN)).formula == formula


def test_gold_is_no_currency_though_its_broker_calls_it_one() -> None:
    gold = replace(XAUUSD, profit_rule=ProfitRule.PAIR, base_currency="XAU")
    assert tick_value(replace(US30, quote_currency="XAG"), account("USD", gold)).formula is None


def test_without_a_quote_of_the_pair_nothing_is_judged() -> None:
    assert tick_value(US30, account("EUR", US30, PAIR, quotes={})).formula is None


@pytest.mark.parametrize(
    ("told", "differs", "trusted"),
    [
        ("0.8", False, "0.8"),
        ("0.79", False, "0.79"),  # the other side of the rate, or a rate of a while ago
        ("1", True, "1"),  # told in dollars, not converted: the dearer all the same
        ("0.08", True, "0.8"),  # a tenth of it: the broker's contract is mistaken
        ("8", True, "8"),  # ten times: too small an order, until somebody mends it
    ],
)
def test_where_they_differ_the_dearer_is_trusted(told: str, differs: bool, trusted: str) -> None:
    value = tick_value(replace(US30, unit_value=D(told)), account("EUR", US30, PAIR))
    assert (value.differs, value.trusted) == (differs, D(trusted))


def test_a_wrong_tick_value_does_not_make_an_order_lose_more_and_the_order_says_so(
    request_for: Any,
) -> None:
    """The euro account is told 0.08 for what costs 0.8: taken at its word it would buy ten times as much."""
    wrong = replace(US30, symbol="AAPL", unit_value=D("0.08"))
    snapshot = account("EUR", wrong, PAIR, terms_at=NOW)
    size = Size(mode=SizeMode.RISK_FRACTION, value=D("0.01"))
    assessment = assess(request_for(snapshot=snapshot, size=size, entry_price=D(100)))
    # 1,000 euros over 5 dollars a share, 0.8 euros each: 250 shares.
    assert assessment.qty == 250
    row = next(item.as_row() for item in assessment.checks if item.check == "tick_value_agrees")
    assert row["ok"] is True
    assert "worth 0.08 a unit, contract size and rates say 0.8" in row["note"]
