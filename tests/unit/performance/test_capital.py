"""The capital that returns are measured on: worked out from what an account was last seen with."""

from dataclasses import replace
from decimal import Decimal

import pytest

from argos.core.account import AccountSnapshot
from argos.core.instrument import Instrument, Quote
from argos.core.intent import Side
from argos.core.position import Position
from argos.performance.capital import (
    Basis,
    capital_before,
    capital_of,
    unknown_capital,
)
from unit.performance.trades import capital, on

EURUSD = Instrument(
    symbol="EURUSD",
    contract_size=Decimal(100_000),
    tick_size=Decimal("0.00001"),
    qty_min=Decimal(1000),
    qty_max=Decimal(10_000_000),
    qty_step=Decimal(1000),
    stops_distance_min=Decimal(0),
    unit_value=Decimal("1"),
    quote_currency="USD",
)
FLAT = AccountSnapshot(
    account="one",
    currency="USD",
    balance=Decimal(0),
    equity=Decimal(10_250),
    margin_free=Decimal(0),
    hedging=True,
    taken_at=on(9),
)


def before(snapshot: AccountSnapshot | None, made: str):
    return capital_before(snapshot, account="one", currency="USD", made=Decimal(made))


@pytest.mark.parametrize(("side", "floating"), [(Side.BUY, "-20"), (Side.SELL, "18")])
def test_what_floats_and_what_was_made_are_taken_off(side: Side, floating: str) -> None:
    held = replace(
        FLAT,
        positions=(
            Position(
                symbol="EURUSD",
                side=side,
                qty=Decimal(10_000),
                price_open=Decimal("1.1000"),
                position_id="P1",
            ),
        ),
        quotes={
            "EURUSD": Quote(symbol="EURUSD", bid=Decimal("1.0980"), ask=Decimal("1.0982"), at=on(9))
        },
        instruments={"EURUSD": EURUSD},
    )
    found = before(held, "250")
    assert (found.amount, found.basis) == (10_000 - Decimal(floating), Basis.WORKED_OUT)
    assert before(FLAT, "250").amount == 10_000
    unquoted = before(replace(held, quotes={}), "250")
    assert (unquoted.amount, unquoted.basis) == (None, Basis.UNKNOWN)
    assert "EURUSD" in unquoted.why


def test_an_account_that_was_never_seen_has_no_known_capital() -> None:
    assert before(None, "0").why == "its node has never shown it"
    assert before(FLAT, "10250").why == "equity less results is not positive"


def test_capitals_add_up_in_one_currency_alone() -> None:
    one, two = capital("100"), capital("50", account="two")
    assert (capital_of([two, one]).amount, capital_of([two, one]).accounts) == (150, ("one", "two"))
    assert capital_of([one, capital("5", account="three", currency="EUR")]).amount is None
    missing = capital_of([one, unknown_capital(("four",), "its node has never shown it")])
    assert (missing.amount, missing.why) == (None, "four: its node has never shown it")
    assert capital_of([]).amount is None
