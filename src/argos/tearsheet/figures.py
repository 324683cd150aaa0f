"""The figures of a run as text: headline, the long table, and a summary in sentences."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from argos.backtest.metrics import Metrics
from argos.backtest.result import Result
from argos.tearsheet.words import THIN, bar_width, count, duration, money, number, percent, step_of

_COMPARED: Final = {-1: "less", 0: "as much", 1: "more"}
TRADES_FEW: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """text: the run's; other: of the benchmark, "" without one. below: what must be read with it."""

    name: str
    text: str
    other: str = ""
    below: str = ""
    meaning: str = ""
    good: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureGroup:
    name: str
    figures: tuple[Figure, ...]


def headline(figures: Metrics, other: Metrics | None) -> list[Figure]:
    """The four that people look at first."""
    return [
        Figure(
            name="Total return",
            text=percent(figures.total_return, sign=True),
            other=percent(other.total_return, sign=True) if other else "",
            below="after all costs",
            good=_sign(figures.total_return),
        ),
        Figure(
            name="A year (CAGR)",
            text=percent(figures.cagr, sign=True),
            other=percent(other.cagr, sign=True) if other else "",
            below="compound, of calendar years",
            good=_sign(figures.cagr),
        ),
        Figure(
            name="Sharpe ratio",
            text=number(figures.sharpe),
            other=f"{number(other.sharpe)} ({sharpe_note(other)})" if other else "",
            below=sharpe_note(figures),
        ),
        Figure(
            name="Deepest drawdown",
            text=percent(-figures.drawdown if figures.drawdown else 0.0),
            other=percent(-other.drawdown) if other else "",
            below=f"longest {count(figures.drawdown_bars, 'bar')} until it was back"
            if figures.drawdown
            else "equity never fell below its highest",
        ),
    ]


def sharpe_note(figures: Metrics) -> str:
    """What stands beside every Sharpe ratio: n and PSR, and that it is too short to be read."""
    known = f"PSR {percent(figures.psr)}" if math.isfinite(figures.psr) else "no PSR"
    short = "too short to be read; " if figures.sharpe_too_short else ""
    return f"{short}n{THIN}={THIN}{figures.sharpe_n:,}, {known}"


def figure_table(result: Result, figures: Metrics, other: Metrics | None) -> list[FigureGroup]:
    """All figures in groups, each with what it means."""

    def row(name: str, field: str, tell: str, meaning: str) -> Figure:
        return Figure(
            name=name,
            text=_told(getattr(figures, field), tell),
            other=_told(getattr(other, field), tell) if other else "",
            meaning=meaning,
        )

    returns = "daily" if result.returns == "day" else "per-bar"
    return [
        FigureGroup(
            name="Return and risk",
            figures=(
                row(
                    "Total return", "total_return", "percent", "last equity over the start, minus 1"
                ),
                row("CAGR", "cagr", "percent", "the same, compound, a calendar year"),
                Figure(
                    name="Sharpe",
                    text=number(figures.sharpe),
                    other=number(other.sharpe) if other else "",
                    below=sharpe_note(figures),
                    meaning=f"mean over standard deviation of {returns} returns, annualised; no risk-free rate",
                ),
                row("PSR", "psr", "percent", "probability that the true Sharpe is above 0"),
                row("Sortino", "sortino", "number", "the same over downside deviation"),
                row("Calmar", "calmar", "number", "CAGR over the deepest drawdown"),
                row(
                    "Drawdown",
                    "drawdown",
                    "percent",
                    "deepest fall of equity at closes from its highest",
                ),
                row(
                    "Drawdown length",
                    "drawdown_bars",
                    "count",
                    "bars, the longest from a peak to its return",
                ),
                row(
                    "Exposure",
                    "exposed",
                    "percent",
                    "share of bars at whose close something was held",
                ),
                row(
                    "Turnover",
                    "turnover",
                    "times",
                    "notional of all fills over mean equity, a year",
                ),
            ),
        ),
        FigureGroup(
            name="Trades",
            figures=(
                row("Trades", "trades", "count", "from flat to flat in one symbol"),
                row("Win rate", "win_rate", "percent", "net result above 0, of all trades"),
                row("Profit factor", "profit_factor", "number", "gains over losses, net"),
                row("Expectancy", "expectancy", "money", "mean net result of a trade"),
                row(
                    "Expectancy in R",
                    "expectancy_r",
                    "number",
                    "in units of what the stop risked, of trades with a stop",
                ),
                row(
                    "SQN",
                    "sqn",
                    "number",
                    "root of n (100 at most) times mean over deviation of R, or of net results",
                ),
                row(
                    "Ambiguous",
                    "ambiguous",
                    "count",
                    "trades on a bar that does not tell what came first; the worse was taken",
                ),
            ),
        ),
    ]


def summary(
    result: Result, figures: Metrics, benchmark: Result | None, other: Metrics | None
) -> list[str]:
    """What happened, in a few sentences, the uncomfortable ones included."""
    years = result.bars.years()
    gained = figures.total_return >= 0
    took = f" in {duration(years * 365.25 * 86_400)}" if years > 0 else ""
    said = [
        f"{money(result.settings.account.cash)} became {money(float(result.equity[-1]))}{took}."
    ]
    if benchmark is not None and other is not None:
        compared = np.sign(other.total_return - figures.total_return)
        said.append(
            f"{benchmark.strategy} came to {percent(other.total_return, sign=True)} over the same bars, "
            f"which is {_COMPARED[int(compared)]}."
        )
    if not figures.trades:
        said.append("There was no finished trade, so there is nothing to judge yet.")
        return said
    spent = result.costs.total
    before = result.net_result + spent
    if spent > 0 and before > 0:
        said.append(
            f"Costs took {money(spent)}, {percent(spent / before)} of what there was before them."
        )
    elif spent > 0:
        said.append(f"It lost before costs already, and costs took {money(spent)} more.")
    if math.isfinite(figures.psr) and not figures.sharpe_too_short and gained:
        said.append(
            "If these returns are typical, the true Sharpe ratio is above 0 "
            f"with a probability of {percent(figures.psr)}."
        )
    return said


def warnings(result: Result, figures: Metrics) -> list[str]:
    """What makes these figures weak; empty if nothing does."""
    account = result.account[0]
    said = []
    if len(result.bars) == 1:
        said.append("There is a single bar: no return, no risk, no trade can be judged.")
    if figures.sharpe_too_short:
        said.append(
            f"Too short for a Sharpe ratio: {count(len(result.bars.day_ends()), 'day')} of data."
        )
    if 0 < figures.trades < TRADES_FEW:
        said.append(f"Too few to tell skill from luck: {count(figures.trades, 'trade')}.")
    if float(result.equity.min()) <= 0:
        said.append("Equity came to nothing on the way. What follows it means little.")
    if int(account["margin_calls"]):
        said.append(f"There were {count(int(account['margin_calls']), 'margin call')}.")
    if int(account["unfilled"]):
        said.append(f"{count(int(account['unfilled']), 'entry', 'entries')} came to no quantity.")
    return said


def span_words(result: Result) -> str:
    """How many bars of what width, of how many symbols."""
    width = bar_width(step_of(result.bars.opened_ns))
    of = f" of {count(len(result.bars.symbols), 'symbol')}" if len(result.bars.symbols) > 1 else ""
    return f"{count(len(result.bars), f'{width} bar'.strip())}{of}"


def _sign(value: float) -> bool | None:
    return value > 0 if value and math.isfinite(value) else None


def _told(value: float, tell: str) -> str:
    match tell:
        case "percent":
            return percent(value)
        case "count":
            return f"{int(value):,}"
        case "money":
            return money(value)
        case "times":
            text = number(value, 1)
            return f"{text}×" if math.isfinite(value) else text
        case _:
            return number(value)
