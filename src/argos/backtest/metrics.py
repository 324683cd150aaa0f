"""Figures of a run, each with the definition it follows. A ratio without meaning is NaN, never infinity.

Annual figures are of daily returns (UTC days, those without a trade included) times the square root of 252; returns per
bar, and those of bars longer than a day, are annualised by how many a calendar year of this market has.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.layout import Floats
from argos.backtest.overfitting import moments_of, probabilistic_sharpe
from argos.backtest.result import Result

TRADING_DAYS: Final = 252.0
SQN_TRADES_MAX: Final = 100
DAYS_A_YEAR_MIN: Final = 200
"""Bars on fewer days than so many a year are longer than a day, and so are their returns."""
DAYS_MIN: Final = 60
"""Below so many daily returns a Sharpe ratio is too short to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Of one run. Fractions, not percent; money in account currency; NaN where there is nothing to divide by.

    total_return: last equity / start - 1. cagr: the same a calendar year, -1 if equity came to nothing.
    sharpe: mean / sd (ddof 1) of returns, annualised, risk-free rate 0; sharpe_n and psr (probability that the true one
    is above 0) belong beside it, and `sharpe_too_short` says not to read it. sortino: mean over the root of the mean
    square of returns below 0, of all periods, annualised. drawdown: deepest fall of equity at closes from its highest,
    the start counted, > 0; drawdown_bars: longest from a peak to its return. calmar: cagr / drawdown.
    win_rate: net_pnl > 0 of all trades; 0 is no win. profit_factor: gains / losses, net; NaN without a loss.
    expectancy: mean net_pnl. expectancy_r: mean of net_pnl over what the stop risked, of the trades that had one.
    sqn: root of n (at most 100) x mean / sd of R, or of net_pnl where no trade had a stop. turnover: notional of all
    fills over mean equity, a year. exposed: share of bars at whose close something was held.
    """

    total_return: float
    cagr: float
    sharpe: float
    sharpe_n: int
    psr: float
    sharpe_too_short: bool
    sortino: float
    drawdown: float
    drawdown_bars: int
    calmar: float
    trades: int
    win_rate: float
    profit_factor: float
    expectancy: float
    expectancy_r: float
    sqn: float
    turnover: float
    exposed: float
    ambiguous: int
    commission: float
    financing: float
    spread_cost: float
    slippage_cost: float


def periods_per_year(bars: Bars, *, per_bar: bool) -> float:
    """252 for daily returns; for returns per bar how many bars a calendar year of these has, NaN for one.

    Of weekly or monthly bars there are fewer than `DAYS_A_YEAR_MIN` days with a bar in a year: then it is their number.
    """
    if per_bar:
        return _ratio(len(bars), bars.years())
    found = len(bars.day_ends()) / bars.years() if len(bars) > 1 else TRADING_DAYS
    return found if found < DAYS_A_YEAR_MIN else TRADING_DAYS


def metrics_of(result: Result) -> Metrics:
    """All figures of a run."""
    account = result.account[0]
    start = result.settings.account.cash
    years = result.bars.years()
    yearly = periods_per_year(result.bars, per_bar=result.returns == "bar")
    moments = moments_of(result.return_sums, result.period_counts)
    growth = float(result.equity[-1]) / start
    cagr = _compound(growth, years)
    drawdown = float(account["drawdown"])
    trades, net = result.trades, result.trades["net_pnl"]
    risk_multiples = r_multiples(result)
    mean_equity = float(result.equity.mean())
    return Metrics(
        total_return=growth - 1,
        cagr=cagr,
        sharpe=moments.sharpe * math.sqrt(yearly),
        sharpe_n=moments.n,
        psr=probabilistic_sharpe(moments),
        sharpe_too_short=len(result.bars.day_ends()) < DAYS_MIN,
        sortino=sortino(returns_of(result), yearly),
        drawdown=drawdown,
        drawdown_bars=int(account["drawdown_bars"]),
        calmar=_ratio(cagr, drawdown),
        trades=len(trades),
        win_rate=_ratio(float((net > 0).sum()), len(trades)),
        profit_factor=_ratio(float(account["won"]), float(account["lost"])),
        expectancy=_ratio(float(net.sum()), len(trades)),
        expectancy_r=float(risk_multiples.mean()) if len(risk_multiples) else math.nan,
        sqn=sqn(risk_multiples if len(risk_multiples) else net),
        turnover=_ratio(float(account["turnover"]), mean_equity * years),
        exposed=float(account["held_bars"]) / len(result.bars),
        ambiguous=int(account["ambiguous"]),
        commission=float(account["commission"]),
        financing=float(account["financing"]),
        spread_cost=float(account["spread_cost"]),
        slippage_cost=float(account["slippage_cost"]),
    )


def _compound(growth: float, years: float) -> float:
    """Growth a year; NaN where the data have no length, as a single bar has none."""
    if years <= 0:
        return math.nan
    return growth ** (1 / years) - 1 if growth > 0 else -1.0


def r_multiples(result: Result) -> Floats:
    """net_pnl over the money between entry and first stop, of the trades that had a stop: float64[those]."""
    found = r_by_trade(result)
    return found[~np.isnan(found)]


def r_by_trade(result: Result) -> Floats:
    """The same of each trade, NaN without a stop: float64[trades]."""
    trades = result.trades
    risk = np.abs(trades["entry_price"] - trades["stop_price"]) * trades["qty"]
    found = np.full(len(trades), np.nan)
    np.divide(trades["net_pnl"], risk, out=found, where=risk > 0)
    return found


def returns_of(result: Result) -> Floats:
    """Simple returns of all days or bars, as the result's return sums are of: float64[periods]."""
    if result.returns == "day":
        return result.daily_returns()
    before = np.concatenate([[result.settings.account.cash], result.equity[:-1]])
    found: Floats = result.equity / before - 1.0
    return found


def sortino(returns: Floats, yearly: float) -> float:
    """Of float64[periods], one or more: mean over the root of the mean square of those below 0, annualised."""
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2)))
    return _ratio(float(returns.mean()), downside) * math.sqrt(yearly)


def sqn(values: Floats) -> float:
    """Of float64[trades], R or net results: root of n (100 at most) x mean / sd (ddof 1); NaN for fewer than two."""
    if len(values) < 2:
        return math.nan
    spread = float(values.std(ddof=1))
    return math.sqrt(min(len(values), SQN_TRADES_MAX)) * _ratio(float(values.mean()), spread)


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else math.nan
