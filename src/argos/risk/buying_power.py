"""What an account may still spend on new orders: the venue's own figure, or else its free margin by its leverage."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from argos.core.account import AccountSnapshot
from argos.core.decision import RiskRequest
from argos.core.money import ONE, ZERO, divide_up
from argos.risk.holdings import holdings_of, total


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyingPower:
    """`amount` in account currency, 0 or more; an order takes `margin_fraction` of its notional of it.

    `basis` says where the amount is from.
    """

    amount: Decimal
    margin_fraction: Decimal
    basis: str


TOLD: Final = "buying_power of the venue"
FREE_MARGIN: Final = "margin_free"


def buying_power_of(snapshot: AccountSnapshot) -> BuyingPower:
    """The venue's own figure holds its leverage already, so that an order takes all of its notional.

    Free margin does not: where the venue tells a leverage, an order takes a part of its notional, else all. That is
    too little for what a broker gives less leverage on: it will refuse what it cannot carry.
    """
    if snapshot.buying_power is not None:
        return BuyingPower(amount=max(ZERO, snapshot.buying_power), margin_fraction=ONE, basis=TOLD)
    leverage = snapshot.leverage
    return BuyingPower(
        amount=max(ZERO, snapshot.margin_free),
        margin_fraction=divide_up(ONE, Decimal(leverage)) if leverage and leverage > 0 else ONE,
        basis=FREE_MARGIN,
    )


def reserved_notional(request: RiskRequest) -> Decimal | None:
    """Of our own entries on their way that the venue's figures do not hold yet; None where one cannot be measured."""
    working = holdings_of(request)[len(request.held) :]
    return total(
        holding
        for holding, entry in zip(working, request.working, strict=True)
        if not entry.reserved
    )
