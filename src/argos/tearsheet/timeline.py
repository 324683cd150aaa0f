"""What the charts over time are drawn from: equity, drawdown, exposure, rolling Sharpe; thinned, extremes kept."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from argos.backtest.layout import Floats, Ints
from argos.backtest.metrics import periods_per_year
from argos.backtest.periods import rolling_sharpe, underwater
from argos.backtest.result import Result
from argos.tearsheet.packing import Column, packed, price_step
from argos.tearsheet.thinning import curve_bars

WINDOWS: Final = ((504, 126), (126, 63), (40, 20))
"""(days that there must be, days of the rolling Sharpe ratio)."""
_RATIO_STEP: Final = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """tables: for the browser, by name. window: days of the rolling Sharpe ratio, 0 if there are too few.

    points: how many points of equity are drawn. Without "rolling" there is no rolling Sharpe ratio.
    """

    tables: dict[str, Any]
    window: int
    points: int


def timeline(result: Result, benchmark: Result | None) -> Timeline:
    """Tables "equity", "exposure" and, if there are days enough, "rolling"."""
    fallen = underwater(result)
    curves = [result.equity, fallen] + ([benchmark.equity] if benchmark else [])
    kept = curve_bars(*curves)
    columns = {
        "time": times(result.bars.opened_ns, kept),
        "equity": Column(values=result.equity[kept], step=price_step(result.equity[kept])),
        "underwater": Column(values=-fallen[kept], step=_RATIO_STEP),
    }
    if benchmark:
        held = benchmark.equity[kept]
        columns["benchmark"] = Column(values=held, step=price_step(held))
    tables = {"equity": packed(columns), "exposure": _exposure(result)}
    returns = _daily(result)
    window = next((window for least, window in WINDOWS if len(returns) >= least), 0)
    yearly = periods_per_year(result.bars, per_bar=False)
    sharpe = rolling_sharpe(returns, window=window, per_year=yearly)
    if np.isfinite(sharpe).any():
        tables["rolling"] = _rolling(result, sharpe)
    return Timeline(tables=tables, window=window, points=len(kept))


def times(opened_ns: Ints, bars: Ints) -> Column:
    """Openings of these bars in seconds since 1970, finer where bars are."""
    step_ns = next(
        step for step in (1_000_000_000, 1_000_000, 1_000, 1) if not (opened_ns % step).any()
    )
    return Column(values=opened_ns[bars] // step_ns, step=step_ns / 1e9, differences=True)


def _exposure(result: Result) -> dict[str, Any]:
    """Gross exposure as a multiple of equity; missing where equity has come to nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exposed = result.exposure()
    exposed = np.where((result.equity > 0) & np.isfinite(exposed), exposed, np.nan)
    kept = curve_bars(exposed)
    return packed(
        {
            "time": times(result.bars.opened_ns, kept),
            "exposure": Column(values=exposed[kept], step=1e-4),
        }
    )


def _daily(result: Result) -> Floats:
    """Daily returns; from the day on which equity came to nothing they are left out."""
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = result.daily_returns()
    ruined = np.flatnonzero(result.equity[result.bars.day_ends()] <= 0)
    return returns[: ruined[0] + 1] if len(ruined) else returns


def _rolling(result: Result, sharpe: Floats) -> dict[str, Any]:
    kept = curve_bars(sharpe)
    return packed(
        {
            "time": times(result.bars.opened_ns, result.bars.day_ends()[kept]),
            "sharpe": Column(values=sharpe[kept], step=1e-3),
        }
    )
