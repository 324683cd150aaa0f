"""The capital that returns are measured on: worked out from what an account was last seen with."""

from dataclasses import replace
from decimal import Decimal

import pytest

from argos.core.account import AccountSnapshot
from argos.core.instrument import Instrument
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
    balance=Decimal(10_250),
    equity=Decimal(10_250),
    margin_free=Decimal(0),
    hedging=True,
    taken_at=on(9),
)


def before(snapshot: AccountSnapshot | None, made: str):
    return capital_before(snapshot, account="one", currency="USD", made=Decimal(made))


def holding(side: Side, *, balance: str, equity: str) -> AccountSnapshot:
    """10,000 EURUSD opened at 1.1000, so 11,000 of notional."""
    held = Position(
        symbol="EURUSD",
        side=side,
        qty=Decimal(10_000),
        price_open=Decimal("1.1"),
        position_id="P1",
    )
    return replace(
        FLAT,
        balance=Decimal(balance),
        equity=Decimal(equity),
        positions=(held,),
        instruments={"EURUSD": EURUSD},
    )


@pytest.mark.parametrize(
    ("side", "balance", "equity"),
    [
        # A margin account: 400 floating on one side or the other are not in its balance.
        (Side.BUY, "20000", "19600"),
        (Side.BUY, "20000", "20400"),
        (Side.SELL, "20000", "19600"),
        # A cash account has paid 11,000 for what it holds, or was paid so much for what it owes.
        (Side.BUY, "9000", "19600"),
        (Side.BUY, "9000", "20400"),
        (Side.SELL, "31000", "19600"),
    ],
)
def test_what_was_made_is_taken_off_what_was_realised(
    side: Side, balance: str, equity: str
) -> None:
    found = before(holding(side, balance=balance, equity=equity), "250")
    assert (found.amount, found.basis) == (19_750, Basis.WORKED_OUT)


def test_a_holding_without_terms_leaves_the_capital_unknown() -> None:
    held = holding(Side.BUY, balance="9000", equity="19600")
    found = before(replace(held, instruments={}), "0")
    assert (found.amount, found.basis) == (None, Basis.UNKNOWN)
    assert "EURUSD" in found.why


def test_an_account_that_was_never_seen_has_no_known_capital() -> None:
    assert before(None, "0").why == "its node has never shown it"
    assert before(FLAT, "10250").why == "its balance less results is not positive"
    assert before(FLAT, "250").amount == 10_000


def test_capitals_add_up_in_one_currency_alone() -> None:
    one, two = capital("100"), capital("50", account="two")
    assert (capital_of([two, one]).amount, capital_of([two, one]).accounts) == (150, ("one", "two"))
    assert capital_of([one, capital("5", account="three", currency="EUR")]).amount is None
    missing = capital_of([one, unknown_capital(("four",), "its node has never shown it")])
    assert (missing.amount, missing.why) == (None, "four: its node has never shown it")
    assert capital_of([]).amount is None
