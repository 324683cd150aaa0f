"""Sizes: worked examples by hand, and what must hold for all numbers."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from argos.core.decision import Denied
from argos.core.denial import DenialCode
from argos.core.instrument import Instrument
from argos.core.intent import Size, SizeMode
from argos.risk.sizing import Sized, SizeTerms, size_order
from unit.core.builders import AAPL, EURUSD, XAUUSD, usdjpy

D = Decimal
YEN_RATE = D(150)


def terms(instrument: Instrument, *prices: str | Decimal, **changes: Any) -> SizeTerms:
    base = SizeTerms(
        instrument=instrument,
        equity=D(100_000),
        prices=tuple(D(price) for price in prices),
        sl=None,
    )
    return replace(base, **changes)


def sized(mode: SizeMode, value: str | Decimal, given_terms: SizeTerms) -> Sized:
    result = size_order(Size(mode=mode, value=D(value)), given_terms)
    assert isinstance(result, Sized), result
    return result


def denied(mode: SizeMode, value: str, given_terms: SizeTerms) -> Denied:
    result = size_order(Size(mode=mode, value=D(value)), given_terms)
    assert isinstance(result, Denied), result
    return result


def test_lots_are_contracts() -> None:
    assert sized(SizeMode.LOTS, "0.25", terms(EURUSD)).qty == D("0.25") * 100_000
    assert sized(SizeMode.LOTS, "0.25", terms(XAUUSD)).qty == D("0.25") * 100
    assert sized(SizeMode.LOTS, "3", terms(AAPL)).qty == 3


def test_units_are_taken_as_they_are_and_rounded_down_to_the_step() -> None:
    assert sized(SizeMode.UNITS, "12345", terms(EURUSD)).qty == 12_000
    assert sized(SizeMode.UNITS, "7.9", terms(AAPL)).qty == 7


def test_one_percent_of_a_dollar_account_on_a_fifty_pip_stop_in_euros() -> None:
    # 1 % of 100,000 is 1,000; 50 pips are 0.0050 dollars per euro: 200,000 euros, two lots.
    result = sized(SizeMode.RISK_FRACTION, "0.01", terms(EURUSD, "1.0850", sl=D("1.0800")))
    assert result.qty == D(1_000) / D("0.0050") == 200_000


def test_one_percent_on_a_fifty_pip_stop_in_yen_is_larger_because_a_yen_is_worth_less() -> None:
    # 0.50 yen per dollar is 0.50 / 150 dollars: 1,000 / 0.003333... = 300,000.
    instrument = usdjpy(usdjpy_rate=YEN_RATE)
    result = sized(SizeMode.RISK_FRACTION, "0.01", terms(instrument, "150.00", sl=D("149.50")))
    exact = D(1_000) / (D("0.50") / YEN_RATE)
    assert abs(exact - 300_000) < D("1e-20")
    # 1 / 150 does not end in decimals; whichever way it was cut, one step below is the most that is lost.
    assert result.qty in {D(299_000), D(300_000)}


def test_half_a_percent_on_a_ten_dollar_stop_in_gold() -> None:
    result = sized(SizeMode.RISK_FRACTION, "0.005", terms(XAUUSD, "2400", sl=D("2410")))
    assert result.qty == D(500) / D(10)


def test_two_percent_on_a_stop_of_seven_dollars_in_shares() -> None:
    result = sized(SizeMode.RISK_FRACTION, "0.02", terms(AAPL, "187.50", sl=D("180.50")))
    assert result.qty_exact.quantize(D("0.001")) == (D(2_000) / 7).quantize(D("0.001"))
    assert result.qty == 285


def test_a_fraction_of_equity_buys_for_that_much_money() -> None:
    assert sized(SizeMode.EQUITY_FRACTION, "0.1", terms(AAPL, "187.50")).qty == 10_000 // D("187.5")
    # 10,000 dollars are 10,000 units of a pair that is priced in yen per dollar.
    yen = usdjpy(usdjpy_rate=YEN_RATE)
    assert sized(SizeMode.EQUITY_FRACTION, "0.1", terms(yen, YEN_RATE)).qty_exact.quantize(
        D("0.001")
    ) == D("10000.000")


def test_a_notional_is_in_quote_currency() -> None:
    assert sized(SizeMode.NOTIONAL, "5000", terms(AAPL, "187.50")).qty == 5_000 // D("187.5")
    yen = usdjpy(usdjpy_rate=YEN_RATE)
    assert sized(SizeMode.NOTIONAL, "3000000", terms(yen, YEN_RATE)).qty == 20_000


def test_the_dearer_price_makes_the_order_smaller() -> None:
    both = sized(SizeMode.NOTIONAL, "1000", terms(AAPL, "100", "125"))
    assert both.qty == 1_000 // D(125)


def test_the_price_further_from_the_stop_makes_the_order_smaller() -> None:
    # The strategy saw 100, the account's quote has run down to 96 with the stop at 95: not five times as many.
    both = sized(SizeMode.RISK_FRACTION, "0.01", terms(AAPL, "96", "100", sl=D(95)))
    assert both.qty == D(1_000) / (100 - 95)


@pytest.mark.parametrize("mode", list(SizeMode))
def test_a_share_scales_every_mode(mode: SizeMode) -> None:
    whole = terms(AAPL, "100", sl=D(95))
    half = replace(whole, share=D("0.5"))
    assert sized(mode, "0.5", half).qty_exact == sized(mode, "0.5", whole).qty_exact / 2


def test_confidence_scales_only_when_it_is_handed_in() -> None:
    plain = terms(AAPL)
    assert sized(SizeMode.UNITS, "100", plain).qty == 100
    assert sized(SizeMode.UNITS, "100", replace(plain, confidence=D("0.75"))).qty == 75


def test_an_account_without_equity_gets_nothing() -> None:
    for equity in (D(0), D(-500)):
        broke = terms(AAPL, "100", sl=D(95), equity=equity)
        assert sized(SizeMode.RISK_FRACTION, "0.01", broke).qty == 0
        assert sized(SizeMode.EQUITY_FRACTION, "0.5", broke).qty == 0


@pytest.mark.parametrize(
    ("mode", "given_terms", "code"),
    [
        (SizeMode.RISK_FRACTION, terms(AAPL, "100"), DenialCode.SIZE_NEEDS_STOP),
        (SizeMode.RISK_FRACTION, terms(AAPL, sl=D(95)), DenialCode.SIZE_NEEDS_PRICE),
        (SizeMode.RISK_FRACTION, terms(AAPL, "95", sl=D(95)), DenialCode.STOP_WRONG_SIDE),
        (SizeMode.EQUITY_FRACTION, terms(AAPL), DenialCode.SIZE_NEEDS_PRICE),
        (SizeMode.NOTIONAL, terms(AAPL), DenialCode.SIZE_NEEDS_PRICE),
        (SizeMode.UNITS, terms(replace(AAPL, qty_step=D(0))), DenialCode.SYMBOL_NOT_TRADABLE),
        (SizeMode.UNITS, terms(replace(AAPL, unit_value=D(0))), DenialCode.SYMBOL_NOT_TRADABLE),
    ],
)
def test_a_size_that_lacks_what_it_is_measured_by_is_denied(
    mode: SizeMode, given_terms: SizeTerms, code: DenialCode
) -> None:
    denial = denied(mode, "0.01", given_terms)
    assert denial.code is code
    assert "AAPL" in denial.text


def test_the_working_shows_the_numbers() -> None:
    result = sized(SizeMode.RISK_FRACTION, "0.01", terms(AAPL, "100", sl=D(93)))
    assert result.working == {
        "mode": "risk_fraction", "value": "0.01", "equity": "100000", "price": "100", "sl": "93",
        "unit_value": "1", "loss_per_unit": "7", "risk": "1000", "risk_taken": "994",
        "share": "1", "qty_exact": "142.857142857", "qty_step": "1", "qty": "142",
    }  # fmt: skip


amounts = st.decimals(min_value="0.01", max_value="10000000", places=2)
prices = st.decimals(min_value="0.00010", max_value="100000", places=5)
fractions = st.decimals(min_value="0.0001", max_value="1", places=4)
shares = st.decimals(min_value="0.01", max_value="1", places=2)
steps = st.sampled_from([D(text) for text in ("0.000001", "0.001", "0.01", "1", "100", "1000")])
unit_values = st.decimals(min_value="0.0001", max_value="100", places=12)


@given(
    equity=amounts, fraction=fractions, price=prices, sl=prices, share=shares, step=steps,
    unit_value=unit_values,
)  # fmt: skip
def test_the_loss_at_the_stop_is_never_above_the_stated_risk(
    equity: Decimal,
    fraction: Decimal,
    price: Decimal,
    sl: Decimal,
    share: Decimal,
    step: Decimal,
    unit_value: Decimal,
) -> None:
    assume(price != sl)
    instrument = replace(AAPL, qty_step=step, unit_value=unit_value)
    result = sized(
        SizeMode.RISK_FRACTION,
        fraction,
        terms(instrument, price, equity=equity, sl=sl, share=share),
    )
    assert result.qty * abs(price - sl) * unit_value <= equity * fraction * share


@given(equity=amounts, fraction=fractions, price=prices, step=steps, unit_value=unit_values)
def test_an_equity_fraction_never_buys_for_more_than_it_states(
    equity: Decimal, fraction: Decimal, price: Decimal, step: Decimal, unit_value: Decimal
) -> None:
    instrument = replace(AAPL, qty_step=step, unit_value=unit_value)
    result = sized(SizeMode.EQUITY_FRACTION, fraction, terms(instrument, price, equity=equity))
    assert result.qty * price * unit_value <= equity * fraction


@given(
    mode=st.sampled_from(list(SizeMode)), value=fractions, price=prices, sl=prices, share=shares,
    step=steps, equity=amounts,
)  # fmt: skip
def test_a_size_is_the_greatest_multiple_of_the_step_that_is_not_above_the_exact_one(
    mode: SizeMode,
    value: Decimal,
    price: Decimal,
    sl: Decimal,
    share: Decimal,
    step: Decimal,
    equity: Decimal,
) -> None:
    assume(price != sl)
    instrument = replace(AAPL, qty_step=step, qty_max=D("1e15"))
    result = sized(mode, value, terms(instrument, price, sl=sl, share=share, equity=equity))
    assert result.qty % step == 0
    assert 0 <= result.qty <= result.qty_exact < result.qty + step


@given(
    mode=st.sampled_from(list(SizeMode)), value=fractions, price=prices, sl=prices,
    equities=st.tuples(amounts, amounts),
)  # fmt: skip
def test_more_equity_never_makes_a_smaller_order(
    mode: SizeMode,
    value: Decimal,
    price: Decimal,
    sl: Decimal,
    equities: tuple[Decimal, Decimal],
) -> None:
    assume(price != sl)
    less, more = (
        sized(mode, value, terms(AAPL, price, sl=sl, equity=equity)).qty
        for equity in sorted(equities)
    )
    assert less <= more
