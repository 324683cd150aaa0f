"""A run over time: what each month came to, how deep it was under water, how its Sharpe ratio wandered."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from argos.backtest.layout import Floats
from argos.backtest.metrics import TRADING_DAYS
from argos.backtest.result import Result

MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MonthlyReturns:
    """Simple returns of UTC months, as fractions: months float64[years, 12], NaN where there was no bar.

    A month is held against the end of the one before, the first against the start capital, so that months of a year
    compound to its total (float64[years]). NaN, too, once equity has come to nothing.
    """

    years: tuple[int, ...]
    months: Floats
    totals: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """One fall from a peak until equity was back; bars count from 0. depth: fraction of the peak, > 0.

    peak_bar: -1 if the start capital was the peak. back_bar: None if it never came back.
    """

    peak_bar: int
    trough_bar: int
    back_bar: int | None
    depth: float


def monthly_returns(result: Result) -> MonthlyReturns:
    """Of equity at the last close of each month."""
    opened = result.bars.opened_ns.astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)
    ends = np.append(np.flatnonzero(opened[1:] != opened[:-1]), len(opened) - 1)
    since_first = opened[ends] - (opened[0] - opened[0] % MONTHS)
    equity = result.equity[ends]
    before = np.concatenate([[result.settings.account.cash], equity[:-1]])
    years = int(since_first[-1]) // MONTHS + 1
    months = np.full(years * MONTHS, np.nan)
    months[since_first] = _growth(before, equity)
    last = np.append(np.flatnonzero(np.diff(since_first // MONTHS)), len(ends) - 1)
    totals = np.full(years, np.nan)
    year_ends = equity[last]
    totals[since_first[last] // MONTHS] = _growth(
        np.concatenate([[result.settings.account.cash], year_ends[:-1]]), year_ends
    )
    first = datetime.fromtimestamp(int(result.bars.opened_ns[0]) / 1e9, tz=UTC).year
    return MonthlyReturns(
        years=tuple(range(first, first + years)),
        months=months.reshape(years, MONTHS),
        totals=totals,
    )


def underwater(result: Result) -> Floats:
    """How far equity is below its highest close so far, the start counted: float64[bars], a fraction of 0 or more."""
    peak = np.maximum(np.maximum.accumulate(result.equity), result.settings.account.cash)
    fallen: Floats = 1.0 - result.equity / peak
    return fallen


def worst_drawdowns(result: Result, *, count: int) -> list[Drawdown]:
    """The deepest falls, at most `count`, the deepest first. They do not overlap."""
    fallen = underwater(result)
    wet = np.concatenate([[False], fallen > 0, [False]])
    starts = np.flatnonzero(wet[1:] & ~wet[:-1])
    ends = np.flatnonzero(~wet[1:] & wet[:-1])
    if not len(starts):
        return []
    depths = np.maximum.reduceat(fallen, starts)
    return [
        Drawdown(
            peak_bar=int(starts[row]) - 1,
            trough_bar=int(starts[row] + np.argmax(fallen[starts[row] : ends[row]])),
            back_bar=int(ends[row]) if ends[row] < len(fallen) else None,
            depth=float(depths[row]),
        )
        for row in np.argsort(-depths, kind="stable")[:count].tolist()
    ]


def rolling_sharpe(returns: Floats, *, window: int, per_year: float = TRADING_DAYS) -> Floats:
    """Annual Sharpe ratio of the last `window` returns: float64[returns], NaN before and without variation."""
    found = np.full(len(returns), np.nan)
    if window < 2 or len(returns) < window:
        return found
    windows = np.lib.stride_tricks.sliding_window_view(returns, window)
    spread = windows.std(axis=1, ddof=1)
    moving = spread > 0
    sharpe = np.full(len(windows), np.nan)
    np.divide(windows.mean(axis=1), spread, out=sharpe, where=moving)
    found[window - 1 :] = sharpe * math.sqrt(per_year)
    return found


def _growth(before: Floats, after: Floats) -> Floats:
    """after / before - 1; NaN where there was nothing to grow from."""
    found = np.full(len(after), np.nan)
    np.divide(after, before, out=found, where=before > 0)
    found -= 1.0
    return found
