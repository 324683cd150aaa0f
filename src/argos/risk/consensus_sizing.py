"""How large a consensus signal's entry shall be: a part of equity by confidence and volatility, and what bounds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from typing import Final

from argos.core.decision import number_text
from argos.core.errors import InputError
from argos.core.instrument import Instrument
from argos.core.intent import SizeMode
from argos.core.money import ONE, ZERO, round_down
from argos.risk.sizing import Sized, SizeTerms, loss_per_unit

_EXACT: Final = Context(prec=60, rounding=ROUND_FLOOR)
_HALF: Final = Decimal("0.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsensusSizing:
    """Settings. Fractions of equity but for the last three.

    base_fraction at a probability of `bar` and a volatility of `volatility_daily_target`. A factor is at least
    `factor_min` and at most `factor_max`. risk_fraction_max: what may be lost at the stop, None for no such bound.
    buying_power_fraction_max: how much of the buying power one entry may use.
    """

    base_fraction: Decimal = Decimal("0.10")
    position_fraction_max: Decimal = Decimal("0.15")
    risk_fraction_max: Decimal | None = Decimal("0.01")
    bar: Decimal = Decimal("0.75")
    volatility_daily_target: Decimal = Decimal("0.015")
    factor_min: Decimal = Decimal("0.5")
    factor_max: Decimal = Decimal("1.5")
    buying_power_fraction_max: Decimal = Decimal("0.95")

    def __post_init__(self) -> None:
        """Raises InputError with SIZING_INVALID for settings that no size can come from."""
        if not _HALF < self.bar < ONE:
            raise _invalid("bar", "above 0.5 and below 1")
        if not ZERO < self.factor_min <= ONE <= self.factor_max:
            raise _invalid("factor_min", "above 0, and 1 lies between it and factor_max")
        for name in ("base_fraction", "position_fraction_max", "buying_power_fraction_max"):
            if not ZERO < getattr(self, name) <= ONE:
                raise _invalid(name, "above 0 and 1 at most")
        if self.volatility_daily_target <= 0:
            raise _invalid("volatility_daily_target", "above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsensusTerms:
    """What one entry is measured by. Money in the account's currency; `price` is the dearest it may be done at.

    probability: of the signal's direction, calibrated, or the score until it can be. volatility_daily: None where it
    is not known, which counts as very volatile. buying_power: notional that it carries; `reserved` of that is on its
    way. share: the leg's, on what is wanted and on what may be lost. stop_distance: price to stop, None without one.
    unit_value_at_stop: what a move of 1.0 costs per unit there, the instrument's own if None. commission_per_lot: one
    side's. rooms: names of further bounds to the notional that each leaves. qty_max: the account's own. whole: only
    whole units, as brackets are.
    """

    instrument: Instrument
    equity: Decimal
    price: Decimal
    probability: Decimal
    volatility_daily: Decimal | None
    buying_power: Decimal
    reserved: Decimal = ZERO
    share: Decimal = ONE
    stop_distance: Decimal | None = None
    unit_value_at_stop: Decimal | None = None
    commission_per_lot: Decimal | None = None
    rooms: Mapping[str, Decimal] = field(default_factory=dict)
    qty_max: Decimal | None = None
    whole: bool = True


def size_consensus(settings: ConsensusSizing, terms: ConsensusTerms) -> Sized:
    """Units, rounded down. `binding` names the bound that decided, "" where it was the plain formula.

    fraction = base x confidence x volatility, `position_fraction_max` at most. Its notional, the buying power, `rooms`
    and the loss at the stop all bound the quantity, and the smallest counts. 0 where one of them leaves no room, and
    where the instrument's terms are unusable.
    """
    with localcontext(_EXACT):
        confidence = _clip((terms.probability - _HALF) / (settings.bar - _HALF), settings)
        volatility = settings.factor_min
        if terms.volatility_daily is not None and terms.volatility_daily > 0:
            volatility = _clip(settings.volatility_daily_target / terms.volatility_daily, settings)
        wanted = settings.base_fraction * confidence * volatility
        fraction = min(wanted, settings.position_fraction_max)
        bounds = _bounds(settings, terms, fraction=fraction, capped=wanted > fraction)
        binding = min(bounds, key=lambda name: bounds[name])
        exact = max(ZERO, bounds[binding])
        qty = round_down(exact, step=_step(terms))
    numbers = {
        "confidence": terms.probability,
        "confidence_factor": confidence,
        "volatility_factor": volatility,
        "fraction_wanted": wanted,
        "fraction": fraction,
        "equity": terms.equity,
        "price": terms.price,
        "share": terms.share,
        "buying_power": terms.buying_power,
        "reserved": terms.reserved,
        **{f"qty_by_{name or 'fraction'}": value for name, value in bounds.items()},
        "qty_step": _step(terms),
        "qty": qty,
    }
    if terms.volatility_daily is not None:
        numbers["volatility_daily"] = terms.volatility_daily
    working = {"mode": SizeMode.CONSENSUS.value} | {
        name: number_text(value) for name, value in numbers.items()
    }
    return Sized(qty=qty, qty_exact=exact, binding=binding, working=working | {"binding": binding})


def _bounds(
    settings: ConsensusSizing, terms: ConsensusTerms, *, fraction: Decimal, capped: bool
) -> dict[str, Decimal]:
    """Name to the most units it leaves; the formula's own comes first and wins a tie."""
    unit = terms.price * terms.instrument.unit_value
    if unit <= 0 or terms.instrument.qty_step <= 0:
        return {"unusable_terms": ZERO}
    equity = max(ZERO, terms.equity) * terms.share
    money = {
        "position_fraction_max" if capped else "": equity * fraction,
        "buying_power": terms.buying_power * settings.buying_power_fraction_max - terms.reserved,
        **terms.rooms,
    }
    bounds = {name: value / unit for name, value in money.items()}
    if terms.stop_distance is not None and settings.risk_fraction_max is not None:
        bounds["risk_fraction_max"] = _at_risk(terms, equity * settings.risk_fraction_max)
    bounds["qty_max"] = terms.instrument.qty_max
    if terms.qty_max is not None:
        bounds["qty_max_of_account"] = terms.qty_max
    return bounds


def _at_risk(terms: ConsensusTerms, money: Decimal) -> Decimal:
    """Units that lose `money` at the stop; none where the stop is the price itself."""
    if not terms.stop_distance:
        return ZERO
    measured = SizeTerms(
        instrument=terms.instrument,
        equity=terms.equity,
        prices=(),
        sl=None,
        unit_value=terms.unit_value_at_stop,
        commission_per_lot=terms.commission_per_lot,
    )
    return money / loss_per_unit(measured, distance=terms.stop_distance)


def _step(terms: ConsensusTerms) -> Decimal:
    step = terms.instrument.qty_step
    return max(step, ONE) if terms.whole else step


def _clip(value: Decimal, settings: ConsensusSizing) -> Decimal:
    return min(max(value, settings.factor_min), settings.factor_max)


def _invalid(name: str, wanted: str) -> InputError:
    return InputError(
        f"{name} must be {wanted}",
        code="SIZING_INVALID",
        field=name,
        fix="see docs/concepts/risk.md for what each setting means",
    )
