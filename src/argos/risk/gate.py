"""What a gate is: a pure function from what is known to Approved or Denied. Its name is the check's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final, Protocol

from argos.core.decision import Approved, CheckVerdict, Denied, Purpose, RiskRequest, Verdict
from argos.core.intent import OrderType, Side, Size
from argos.risk.sizing import Sized

QUOTE_AGE_MAX: Final = timedelta(seconds=2)
"""A quote older than this says what the price was, not what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateInput:
    """All that a gate may look at: the request, the size as stated, and what sizing made of it.

    `sized` is None when nothing is sized; `size` when none is stated.
    """

    request: RiskRequest
    sized: Sized | Denied | None
    size: Size | None = None

    @property
    def place(self) -> str:
        """`AAPL at meridian-hedge`, for texts."""
        return f"{self.request.symbol} at {self.request.account.account}"


class Gate(Protocol):
    __name__: str

    def __call__(self, given: GateInput, /) -> Verdict: ...


def run_gates(gates: Sequence[Gate], given: GateInput) -> tuple[CheckVerdict, ...]:
    """The verdict of every gate, in order. A gate that lacks what it judges by approves, with a note."""
    return tuple(CheckVerdict(check=gate.__name__, verdict=gate(given)) for gate in gates)


def not_judged(reason: str) -> Approved:
    return Approved(note=f"not judged: {reason}")


def entry_prices(request: RiskRequest) -> tuple[Decimal, ...]:
    """Prices at which the entry may be done; empty when none is known.

    A pending order has its own. A market order has the account's quote and what the strategy saw; a quote that is
    no longer live counts only where the strategy named no price.
    """
    if request.order_type is not OrderType.MARKET:
        known = (request.price, request.stop_limit_price)
    else:
        seen = request.intent.entry_price
        quote = request.quote if seen is None or quote_is_live(request) else None
        far = None if quote is None else quote.ask if request.side is Side.BUY else quote.bid
        known = (far, seen)
    return tuple(price for price in known if price is not None and price > 0)


def stop_reference(request: RiskRequest) -> Decimal | None:
    """The price that stop and target must lie around; None when none is known.

    A pending order: its own price. Else the side of the account's quote at which the position would close.
    Without a live quote an entry is measured by what the strategy saw; a modification is left to the broker:
    to refuse a stop by an old price would leave a position less protected than it was asked to be.
    """
    if request.order_type is not OrderType.MARKET:
        return request.stop_limit_price or request.price
    quote = request.quote
    if quote is not None and quote_is_live(request):
        closes_at = quote.bid if request.side is Side.BUY else quote.ask
        if closes_at > 0:  # a side at which nobody stands is no price
            return closes_at
    return request.intent.entry_price if request.purpose is Purpose.ENTRY else None


def quote_is_live(request: RiskRequest) -> bool:
    """True when the account's quotes were seen a moment ago, and after the alert fired: only then may they judge.

    A quote from before the alert is older than the price that the strategy itself saw.
    """
    age = snapshot_age(request)
    if request.snapshot is None or age is None:
        return False
    return age <= QUOTE_AGE_MAX and request.snapshot.taken_at >= request.intent.timestamp_tv


def is_fresh(request: RiskRequest) -> bool:
    """True when the account was seen within its snapshot_age_s_max."""
    age = snapshot_age(request)
    return age is not None and age.total_seconds() <= request.account.limits.snapshot_age_s_max


def snapshot_age(request: RiskRequest) -> timedelta | None:
    """How long ago the account was last seen; None when it never was."""
    return None if request.snapshot is None else request.now - request.snapshot.taken_at
