"""The table of monthly returns as text, shaded by size; the sign says gain or loss, too."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from argos.backtest.periods import monthly_returns
from argos.backtest.result import Result
from argos.tearsheet.words import NOTHING, number

NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LEVELS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """text: percent without its sign for room; shade: a class, "" for none."""

    text: str
    shade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRow:
    year: int
    months: tuple[Cell, ...]
    total: Cell


def month_table(result: Result) -> list[MonthRow]:
    """A row for each year of the run, the latest first. Shades go by the size of the ninth tenth of the months."""
    found = monthly_returns(result)
    known = np.abs(found.months[np.isfinite(found.months)])
    scale = max(float(np.quantile(known, 0.9)), 1e-9) if len(known) else 1.0
    return [
        MonthRow(
            year=year,
            months=tuple(_cell(float(value), scale) for value in months),
            total=_cell(float(total), math.inf),
        )
        for year, months, total in reversed(
            list(zip(found.years, found.months, found.totals, strict=True))
        )
    ]


def _cell(value: float, scale: float) -> Cell:
    if not math.isfinite(value):
        return Cell(text="" if math.isnan(value) else NOTHING, shade="")
    level = min(math.ceil(abs(value) / scale * LEVELS), LEVELS)
    shade = f"{'up' if value > 0 else 'down'}{level}" if level else ""
    return Cell(text=number(value * 100, 1, sign=True), shade=shade)
