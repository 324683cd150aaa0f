"""What an account would have left if every stop were hit: of what is held, of what is on its way, of the new order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from argos.core.decision import RiskRequest
from argos.core.instrument import Instrument
from argos.core.intent import Side
from argos.core.money import ZERO
from argos.core.standing import WorkingEntry
from argos.risk.gate import GateInput, entry_prices
from argos.risk.open_risk import open_risk
from argos.risk.sizing import Sized
from argos.risk.tick_values import loss_value


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstCase:
    """Account currency, 0 or more each. `unbounded` counts what has no stop, or no price or terms to measure it by.

    commission: what is still to be paid, where the operator told the rate: one side for what is held, both for the
    rest. Gaps, slippage and swap come on top: that is what a buffer is for.
    """

    held: Decimal
    working: Decimal
    order: Decimal
    commission: Decimal
    unbounded: int

    @property
    def loss(self) -> Decimal:
        return self.held + self.working + self.order + self.commission


def worst_case(given: GateInput) -> WorstCase:
    """Losses from the prices of now to each stop. What a stop beyond the price holds back is not set off."""
    request = given.request
    snapshot = request.snapshot
    instruments = snapshot.instruments if snapshot else {}
    held = open_risk(
        request.held, instruments=instruments, quotes=snapshot.quotes if snapshot else {}
    )
    working, unbounded = ZERO, held.unbounded
    for entry in request.working:
        loss = _working_loss(request, entry)
        working += loss or ZERO
        unbounded += loss is None
    order = _order_loss(given)
    unbounded += order is None
    qty = given.sized.qty if isinstance(given.sized, Sized) else ZERO
    sides = [
        *((item.symbol, item.qty) for item in request.held),
        *((item.symbol, 2 * item.qty) for item in request.working),
        (request.symbol, 2 * qty),
    ]
    return WorstCase(
        held=held.at_stops,
        working=working,
        order=order or ZERO,
        commission=_commission(
            sides, instruments, per_lot=request.account.limits.commission_per_lot
        ),
        unbounded=unbounded,
    )


def _order_loss(given: GateInput) -> Decimal | None:
    request = given.request
    prices, instrument = entry_prices(request), request.instrument
    if request.sl is None or not prices or instrument is None or request.snapshot is None:
        return None
    if not isinstance(given.sized, Sized):
        return None
    distance = max(abs(price - request.sl) for price in prices)
    value = loss_value(instrument, request.snapshot, side=request.side, sl=request.sl)
    return given.sized.qty * distance * value


def _working_loss(request: RiskRequest, entry: WorkingEntry) -> Decimal | None:
    snapshot = request.snapshot
    if snapshot is None or entry.sl is None:
        return None
    instrument, quote = snapshot.instruments.get(entry.symbol), snapshot.quotes.get(entry.symbol)
    price = entry.price
    if price is None and quote is not None:
        price = quote.ask if entry.side is Side.BUY else quote.bid
    if instrument is None or price is None:
        return None
    value = loss_value(instrument, snapshot, side=entry.side, sl=entry.sl)
    return abs(price - entry.sl) * entry.qty * value


def _commission(
    sides: Iterable[tuple[str, Decimal]],
    instruments: Mapping[str, Instrument],
    *,
    per_lot: Decimal | None,
) -> Decimal:
    if per_lot is None:
        return ZERO
    return sum(
        (
            per_lot * qty / instruments[symbol].contract_size
            for symbol, qty in sides
            if symbol in instruments and instruments[symbol].contract_size > 0
        ),
        ZERO,
    )
