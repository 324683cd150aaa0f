"""How large an order shall be: from what was stated to units of one instrument, never up past the risk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from typing import Final

from argos.core.decision import Denied, number_text
from argos.core.denial import DenialCode
from argos.core.instrument import Instrument
from argos.core.intent import Size, SizeMode
from argos.core.money import ONE, ZERO, round_down

_EXACT: Final = Context(prec=60, rounding=ROUND_FLOOR)
"""Products of what brokers send are exact in 60 digits, and what division leaves over is cut off, not rounded."""
_DEAR: Final = Context(prec=60, rounding=ROUND_CEILING)
"""The same for what is divided by: a loss is never made smaller by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """`qty` in units, a multiple of the step and never above `qty_exact`; `working` shows the sum.

    `binding` names what made it smaller than its own sum, where something did.
    """

    qty: Decimal
    qty_exact: Decimal
    working: Mapping[str, str]
    binding: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeTerms:
    """What a size is measured by. Money in the account's currency.

    `prices` are all prices at which the entry may be done: its own, or the account's quote and the strategy's.
    The dearest counts, and the one furthest from the stop, so that doubt about the price makes orders smaller.
    `unit_value` is what counts at the stop (`risk.tick_values`), the instrument's own if None. `commission_per_lot` is
    one side's, None where nobody told it. `confidence` scales the size when given.
    """

    instrument: Instrument
    equity: Decimal
    prices: Sequence[Decimal]
    sl: Decimal | None
    share: Decimal = ONE
    confidence: Decimal | None = None
    unit_value: Decimal | None = None
    commission_per_lot: Decimal | None = None

    @property
    def value(self) -> Decimal:
        return self.instrument.unit_value if self.unit_value is None else self.unit_value

    @property
    def scale(self) -> Decimal:
        return self.share if self.confidence is None else self.share * self.confidence


def size_order(size: Size, terms: SizeTerms) -> Sized | Denied:
    """Units for `size` under `terms`, rounded down to the instrument's step.

    lots: value x contract size. units: value. notional: value / price, in quote currency.
    equity_fraction: equity x value / (price x unit value). Then x share, x confidence. An account without equity
    gets 0. risk_fraction: the most steps whose loss at the stop, commission of both sides included where it is told,
    is not above equity x value x share x confidence; no more than the broker takes in one order.
    """
    instrument = terms.instrument
    if (unusable := unusable_terms(instrument)) is not None:
        return Denied(code=DenialCode.SYMBOL_NOT_TRADABLE, text=unusable)
    with localcontext(_EXACT):
        if size.mode is SizeMode.RISK_FRACTION:
            return _size_at_risk(size.value, terms)
        base = _units(size, terms)
        if isinstance(base, Denied):
            return base
        units, working = base
        exact = max(ZERO, units) * terms.scale
        qty = round_down(exact, step=instrument.qty_step)
    return _sized(size.mode, terms, working, qty=qty, exact=exact)


def loss_per_unit(terms: SizeTerms, *, distance: Decimal) -> Decimal:
    """What one unit loses over `distance` of price, in account currency, with the commission of both its sides."""
    with localcontext(_DEAR):
        commission = 2 * (terms.commission_per_lot or ZERO) / terms.instrument.contract_size
        return distance * terms.value + commission


def unusable_terms(instrument: Instrument) -> str | None:
    """Why nothing can be sized by these terms, or None."""
    for name in ("qty_step", "contract_size", "unit_value", "tick_size"):
        if getattr(instrument, name) <= 0:
            return f"{name} of {instrument.symbol} is {number_text(getattr(instrument, name))}"
    return None


def _sized(
    mode: SizeMode,
    terms: SizeTerms,
    working: Mapping[str, Decimal],
    *,
    qty: Decimal,
    exact: Decimal,
    binding: str = "",
) -> Sized:
    confidence = {} if terms.confidence is None else {"confidence": terms.confidence}
    numbers = {
        **working,
        **confidence,
        "share": terms.share,
        "qty_exact": exact,
        "qty_step": terms.instrument.qty_step,
        "qty": qty,
    }
    texts = {name: number_text(number) for name, number in numbers.items()}
    texts |= {"binding": binding} if binding else {}
    return Sized(qty=qty, qty_exact=exact, working={"mode": mode.value, **texts}, binding=binding)


def _units(size: Size, terms: SizeTerms) -> tuple[Decimal, dict[str, Decimal]] | Denied:
    """Units before share and confidence, with the numbers they came from."""
    instrument, value = terms.instrument, size.value
    working = {"value": value}
    match size.mode:
        case SizeMode.UNITS:
            return value, working
        case SizeMode.LOTS:
            working["contract_size"] = instrument.contract_size
            return value * instrument.contract_size, working
    if not terms.prices:
        return _needs_price(size.mode, instrument)
    price = working["price"] = max(terms.prices)
    if size.mode is SizeMode.NOTIONAL:
        return value / price, working
    working["equity"], working["unit_value"] = terms.equity, terms.value
    return terms.equity * value / (price * terms.value), working


def _size_at_risk(fraction: Decimal, terms: SizeTerms) -> Sized | Denied:
    """Whole steps are counted, not units rounded: where the risk is an exact number of steps, it is all of them."""
    instrument, stop = terms.instrument, terms.sl
    if stop is None:
        return Denied(
            code=DenialCode.SIZE_NEEDS_STOP,
            text=f"risk_fraction {number_text(fraction)} of {instrument.symbol} needs a stop, there is none",
            values={"value": number_text(fraction)},
        )
    if not terms.prices:
        return _needs_price(SizeMode.RISK_FRACTION, instrument)
    price = max(terms.prices, key=lambda price: abs(price - stop))
    distance = abs(price - stop)
    if distance == 0:
        return Denied(
            code=DenialCode.STOP_WRONG_SIDE,
            text=f"stop {number_text(stop)} of {instrument.symbol} is the entry price itself",
            values={"sl": number_text(stop), "price": number_text(price)},
        )
    budget = max(ZERO, terms.equity) * fraction * terms.scale
    loss = loss_per_unit(terms, distance=distance)
    exact = budget / loss
    qty = budget // (loss * instrument.qty_step) * instrument.qty_step
    most = round_down(instrument.qty_max, step=instrument.qty_step)
    binding = "qty_max" if qty > most else ""
    working = {
        "value": fraction,
        "equity": terms.equity,
        "price": price,
        "sl": stop,
        "unit_value": terms.value,
        "loss_per_unit": loss,
        "risk": budget,
        "risk_taken": min(qty, most) * loss,
    }
    if terms.commission_per_lot is not None:
        working["commission_per_lot"] = terms.commission_per_lot
    return _sized(
        SizeMode.RISK_FRACTION,
        terms,
        working,
        qty=min(qty, most),
        exact=exact,
        binding=binding,
    )


def _needs_price(mode: SizeMode, instrument: Instrument) -> Denied:
    return Denied(
        code=DenialCode.SIZE_NEEDS_PRICE,
        text=f"{mode.value} of {instrument.symbol} needs a price: no entry_price was sent and there is no quote",
    )
