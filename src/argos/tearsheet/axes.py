"""Axes of hand-made charts: round ticks, labels, and the way from a value to a pixel."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import takewhile
from typing import Final

from argos.backtest.layout import Floats
from argos.core.money import ONE, ZERO

MINUS: Final = "\u2212"

_MANTISSAS: Final = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
_MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120)
_DAYS_PER_MONTH: Final = 30.44


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis, `at` in pixels."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Maps values from `low` to `high` on pixels from `start` to `stop`, which may run backwards."""

    low: Decimal
    high: Decimal
    start: float
    stop: float

    def pixel(self, value: Decimal) -> float:
        share = float((value - self.low) / (self.high - self.low))
        return round(self.start + (self.stop - self.start) * share, 1)

    def pixels(self, values: Floats) -> Floats:
        """The same of many values at once."""
        low, high = float(self.low), float(self.high)
        found: Floats = self.start + (self.stop - self.start) * (values - low) / (high - low)
        return found.round(1)


def round_step(span: Decimal, *, count: int) -> Decimal:
    """The smallest of 1, 2, 5 times a power of ten that cuts `span` into at most `count` parts."""
    rough = span / count
    power = ONE.scaleb(rough.adjusted())
    return next(mantissa * power for mantissa in _MANTISSAS if mantissa * power >= rough)


def round_range(
    low: Decimal, high: Decimal, *, count: int, step_min: Decimal = ZERO
) -> tuple[Decimal, ...]:
    """Ticks at round values that enclose `low` to `high`; at least two, at most `count` + 2."""
    if high <= low:
        high = low + max(abs(low) / 10, step_min, Decimal("0.01"))
    step = max(round_step(high - low, count=count), step_min)
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = (high / step).to_integral_value(ROUND_CEILING)
    return tuple((first + number) * step for number in range(int(last - first) + 1))


def decimal_label(value: Decimal, *, step: Decimal) -> str:
    """`value` with as many digits as ticks of `step` need, thousands parted, a real minus sign."""
    digits = max(0, -step.normalize().adjusted())
    return f"{value:,.{digits}f}".replace("-", MINUS)


def value_ticks(values: tuple[Decimal, ...], scale: Scale) -> tuple[Tick, ...]:
    step = values[1] - values[0]
    return tuple(
        Tick(at=scale.pixel(value), label=decimal_label(value, step=step)) for value in values
    )


def date_ticks(first: date, last: date, *, count: int, scale: Scale) -> tuple[Tick, ...]:
    """Ticks at round dates; `scale` maps ordinals. Firsts of months, or days where the span is short."""
    days = (last - first).days
    if days < 3 * _DAYS_PER_MONTH:
        step = timedelta(days=max(1, -(-days // count)))
        dates = [first + step * number for number in range(count + 1)]
        labels = {day: f"{day.day} {day:%b}" for day in dates}
    else:
        wanted = days / _DAYS_PER_MONTH / count
        months = next((step for step in _MONTH_STEPS if step >= wanted), _MONTH_STEPS[-1])
        dates = _firsts_of_months(first, last, step=months)
        labels = {day: f"{day.year}" if day.month == 1 else f"{day:%b}" for day in dates}
        if dates and dates[0].month != 1:
            labels[dates[0]] = f"{dates[0]:%b %Y}"
    shown = takewhile(lambda day: day <= last, dates)
    return tuple(Tick(at=scale.pixel(Decimal(day.toordinal())), label=labels[day]) for day in shown)


def _firsts_of_months(first: date, last: date, *, step: int) -> list[date]:
    """Firsts of those months whose number since year 0 is a multiple of `step`, within the span."""
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    dates = [date(month // 12, month % 12 + 1, 1) for month in months if month % step == 0]
    return [day for day in dates if day >= first]
