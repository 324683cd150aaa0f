"""Entries sized as `consensus`, through the whole chain of gates: what bounds them, and where they are refused."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from argos.core.account import AccountLimits
from argos.core.decision import RiskRequest
from argos.core.denial import DenialCode
from argos.core.intent import OrderType, Side, Size, SizeMode
from argos.core.position import Position
from argos.core.risk_limits import RiskLimits
from argos.core.standing import Standing, WorkingEntry
from argos.risk.assess import assess
from unit.core.builders import AAPL, make_account, make_leg, make_route, make_snapshot

D = Decimal
C = DenialCode
MakeRequest = Callable[..., RiskRequest]
TENTH = Size(mode=SizeMode.CONSENSUS, value=D("0.10"))
MSFT = replace(AAPL, symbol="MSFT")
SNAPSHOT = make_snapshot(instruments={"AAPL": AAPL, "MSFT": MSFT})


def moving(step: float, *, days: int = 21) -> Mapping[date, Decimal]:
    """Closes that move by `step` a day, up and down in turn: that is their volatility."""
    prices, log = {}, math.log(100)
    for n in range(days):
        prices[date(2026, 1, 1) + timedelta(days=n)] = D(repr(math.exp(log)))
        log += step if n % 2 else -step
    return prices


AT_TARGET = Standing(daily_closes={"AAPL": moving(0.015)})
PLAIN: dict[str, Any] = {
    "size": TENTH,
    "confidence": D("0.75"),
    "order_type": OrderType.LIMIT,
    "price": D(100),
    "sl": D(95),
    "snapshot": SNAPSHOT,
    "standing": AT_TARGET,
}
"""10 % of 100,000 at 100, at the bar and as volatile as the target: 100 shares that lose 500 at the stop."""


def limited(*, venue: str = "paper", **limits: Any) -> dict[str, Any]:
    risk = RiskLimits(**limits.pop("risk", {}))
    return {"account": make_account(venue=venue, limits=AccountLimits(risk=risk, **limits))}


def held(symbol: str, qty: int) -> Position:
    return Position(symbol=symbol, side=Side.BUY, qty=D(qty), price_open=D(100), position_id=symbol)


def waiting(qty: int, *, price: int | None = 100, symbol: str = "AAPL") -> WorkingEntry:
    return WorkingEntry(
        symbol=symbol, side=Side.BUY, qty=D(qty), price=None if price is None else D(price)
    )


FRACTIONS = make_snapshot(
    instruments={"AAPL": replace(AAPL, qty_step=D("0.01"), qty_min=D("0.01"))}
)

# what differs -> units, and what decided
WORKED: list[tuple[str, dict[str, Any], str, str]] = [
    ("the plain formula", {}, "100", ""),
    ("the route's size", {"size": None, "route": make_route(size=TENTH)}, "100", ""),
    ("the leg's size before the route's",
     {"size": None, "leg": make_leg(size=replace(TENTH, value=D("0.05"))), "route": make_route(size=TENTH)}, "50", ""),
    ("a leg of half the size", {"leg": make_leg(share=D("0.5"))}, "50", ""),
    ("more confidence: 0.80 is 1.2 times", {"confidence": D("0.8")}, "120", ""),
    ("no closes: as if very volatile", {"standing": Standing()}, "50", ""),
    ("too few closes", {"standing": Standing(daily_closes={"AAPL": moving(0.015, days=20)})}, "50", ""),
    ("another symbol's closes", {"standing": Standing(daily_closes={"MSFT": moving(0.015)})}, "50", ""),
    ("1 % at the stop: 1,000 of 20 a share", {"sl": D(80)}, "50", "risk_fraction_max"),
    ("commission counts at the stop: 1,000 of 25", {"sl": D(80), **limited(commission_per_lot=D("2.5"))}, "40",
     "risk_fraction_max"),
    ("the account's qty_max", limited(qty_max=D(70)), "70", "qty_max_of_account"),
    ("the account's notional_max", limited(notional_max=D(6_050)), "60", "notional_max"),
    ("0.95 of the venue's 5,000", {"snapshot": replace(SNAPSHOT, buying_power=D(5_000))}, "47", "buying_power"),
    ("the account uses half of 5,000",
     {"snapshot": replace(SNAPSHOT, buying_power=D(5_000)),
      **limited(risk={"buying_power_fraction_max": D("0.5")})}, "25", "buying_power"),
    ("9,500 less 40 x 100.02 on their way",
     {"snapshot": replace(SNAPSHOT, buying_power=D(10_000)), "working": (waiting(40),)}, "54", "buying_power"),
    ("margin carries 25 times what is free",
     {"snapshot": replace(SNAPSHOT, margin_free=D(200), leverage=25)}, "47", "buying_power"),
    ("room in the symbol: 12,000 less 100 x 100.02",
     {"held": (held("AAPL", 100),), **limited(risk={"symbol_fraction_max": D("0.12")})}, "19", "symbol_fraction_max"),
    ("room in everything", {"held": (held("AAPL", 100),), **limited(risk={"gross_fraction_max": D("0.15")})}, "49",
     "gross_fraction_max"),
    ("fractions of a share where nothing is a bracket",
     {"snapshot": FRACTIONS, "sl": None, "tp": None, "confidence": D("0.7512"), **limited(venue="alpaca")},
     "100.48", ""),
    ("a bracket at Alpaca is whole",
     {"snapshot": FRACTIONS, "confidence": D("0.7512"), **limited(venue="alpaca")}, "100", ""),
    ("lots elsewhere are as the broker steps", {"snapshot": FRACTIONS, "confidence": D("0.7512")}, "100.48", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "changes", "qty", "binding"), WORKED, ids=[row[0] for row in WORKED]
)
def test_an_entry_is_sized_by_what_binds_it(
    name: str, changes: dict[str, Any], qty: str, binding: str, request_for: MakeRequest
) -> None:
    found = assess(request_for(**{**PLAIN, **changes}))
    assert found.denied is None, (name, found.denied)
    assert (found.qty, found.working["binding"]) == (D(qty), binding), found.working
    [check] = [check for check in found.checks if check.check == "size_found"]
    row = check.as_row()
    assert row["values"]["qty_by_buying_power"], "all quantities are kept with the order"
    assert row.get("note") == (f"{binding} decided" if binding else None)


REFUSED: list[tuple[str, dict[str, Any], DenialCode, str]] = [
    ("no confidence", {"confidence": None}, C.SIZE_NEEDS_CONFIDENCE, "states none"),
    ("no price", {"order_type": OrderType.MARKET, "price": None, "entry_price": None,
                  "snapshot": replace(SNAPSHOT, quotes={})}, C.SIZE_NEEDS_PRICE, "needs a price"),
    ("something on its way without terms", {"working": (waiting(1, symbol="GOOG"),)}, C.BUYING_POWER, "no terms"),
    ("nothing left to buy with", {"snapshot": replace(SNAPSHOT, buying_power=D(0))}, C.SIZE_BELOW_MINIMUM,
     "buying_power leaves no more"),
    ("more on its way than there is",
     {"snapshot": replace(SNAPSHOT, buying_power=D(10_000)), "working": (waiting(500),)}, C.SIZE_BELOW_MINIMUM,
     "buying_power leaves no more"),
    ("no equity", {"snapshot": replace(SNAPSHOT, equity=D(-1))}, C.SIZE_BELOW_MINIMUM, "size 0"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "changes", "code", "says"), REFUSED, ids=[row[0] for row in REFUSED]
)
def test_an_entry_that_cannot_be_sized_says_why(
    name: str, changes: dict[str, Any], code: DenialCode, says: str, request_for: MakeRequest
) -> None:
    denied = assess(request_for(**{**PLAIN, **changes})).denied
    assert denied is not None, name
    assert denied.code is code, denied
    assert says in denied.text


def test_confidence_counts_once(request_for: MakeRequest) -> None:
    """Where the worker scales sizes by confidence, that of a consensus is in its formula already."""
    request = request_for(**PLAIN)
    assert assess(request, scale_by_confidence=True).qty == assess(request).qty
