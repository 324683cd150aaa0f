"""What the trades of a run were like, as plots: distributions, excursions, and when they won."""

import math
from typing import Final

from argos.backtest.metrics import r_multiples
from argos.backtest.result import Result
from argos.backtest.signal_quality import Outcomes, Quality
from argos.core.rates import HitRate
from argos.tearsheet.plots import Plot, Rate, histogram, rates, scatter

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS: Final = 24


def trade_plots(
    result: Result, outcomes: Outcomes, quality: Quality, *, daily: bool
) -> dict[str, Plot | None]:
    """By name; None where there is nothing to draw. Hours of the day say nothing about daily bars."""
    excursions = outcomes.excursions
    days = sorted(quality.by_weekday)
    return {
        "returns": histogram(
            outcomes.outcome * 100,
            label="How many trades returned how much",
            x_title="net return of a trade, %",
        ),
        "r": histogram(
            r_multiples(result),
            label="How many trades returned how many times what their stop risked",
            x_title="net result in R",
        ),
        "excursions": scatter(
            excursions.adverse * 100,
            excursions.favourable * 100,
            outcomes.won,
            label="Best gain on the way against worst loss on the way, of each trade",
            x_title="worst loss on the way (MAE), %",
            y_title="best gain on the way (MFE), %",
        ),
        "hours": rates(
            [_rate(f"{hour:02}", quality.by_hour.get(hour)) for hour in range(_HOURS)]
            if not daily
            else [],
            label="Win rate by hour of the entry signal",
            x_title="hour of the signal, UTC",
            y_title="win rate, %",
            name_each=4,
            level=quality.all.rate,
        ),
        "weekdays": rates(
            [_rate(WEEKDAYS[day], quality.by_weekday[day]) for day in days]
            if len(days) > 1
            else [],
            label="Win rate by weekday of the entry signal",
            x_title="weekday of the signal, UTC",
            y_title="win rate, %",
            level=quality.all.rate,
        ),
    }


def reliability(quality: Quality) -> Plot | None:
    """Win rates by confidence; on the diagonal a confidence means what it says. None without confidences."""
    if not quality.rated:
        return None
    return rates(
        [
            _rate(f"{round(low * 100)}\u2013{round(high * 100)}", found)
            for (low, high), found in quality.by_confidence.items()
        ],
        label="Win rate of trades by the confidence of their signal",
        x_title="confidence of the signal, %",
        y_title="win rate, %",
        diagonal=True,
        name_each=2,
    )


def _rate(name: str, found: HitRate | None) -> Rate:
    if found is None:
        return Rate(name=name, rate=math.nan, low=math.nan, high=math.nan, n=0)
    return Rate(name=name, rate=found.rate, low=found.low, high=found.high, n=found.n)
