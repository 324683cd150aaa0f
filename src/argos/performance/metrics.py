"""Figures of finished trades, each with the definition it follows: that of `argos.backtest.metrics` where it has one.

Counts and rates hold for any trades. Money holds within one currency. What is measured on a capital (return, Sharpe,
drawdown) comes from daily equity of closed trades, days without a trade included; nothing is annualised per trade.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from argos.backtest.metrics import DAYS_MIN, TRADING_DAYS, sortino, sqn
from argos.backtest.overfitting import moments_of, probabilistic_sharpe
from argos.core.money import ZERO
from argos.core.rates import HitRate, rate_of
from argos.performance.capital import Capital
from argos.performance.days import Window, daily_equity, drawdown_of
from argos.performance.finished import FinishedTrade

TRADES_MIN: Final = 30
"""Below so many trades a win rate is too short to be read."""
POWERS: Final = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyFigures:
    """In `currency`. profit_factor: gains over losses, net, None without a loss. expectancy: mean net result.

    win_mean and loss_mean: mean of the net results above and below 0, None without any; a loss is negative.
    """

    currency: str
    gross_pnl: Decimal
    costs: Decimal
    net_pnl: Decimal
    profit_factor: float | None
    expectancy: Decimal
    win_mean: Decimal | None
    loss_mean: Decimal | None
    best: Decimal
    worst: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveFigures:
    """Of daily equity from closed trades, on a stated capital. Fractions; NaN where there is nothing to divide by.

    total_return: last equity over the capital, minus 1. sharpe: mean over standard deviation (ddof 1) of daily returns
    times the root of 252, risk-free rate 0; `days` is its n, psr the probability that the true one is above 0, and
    `sharpe_too_short` says not to read it. drawdown: deepest fall from the highest equity at a day's end, 0 or above;
    drawdown_days: trading days from a peak to its return, or to the end.
    """

    total_return: float
    days: int
    sharpe: float
    psr: float
    sharpe_too_short: bool
    sortino: float
    drawdown: float
    drawdown_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of a group of finished trades. A net result of 0 is no win: it counts in n, among `zeros`.

    rate: wins of n with Wilson's 95 % interval, NaN for none; `too_short` says that n is below 30. simulated_n: trades
    whose signal a fixture server had a part in. expectancy_r: mean R
    of the `r_n` trades that had a stop. sqn: of R, or of net results where no trade had a stop and there is one
    currency. `money` and `curve` are None where `money_missing` and `curve_missing` say why.
    """

    rate: HitRate
    losses: int
    zeros: int
    too_short: bool
    simulated_n: int
    r_n: int
    expectancy_r: float
    sqn: float
    holding_s_mean: float
    capital: Capital
    window: Window | None
    money: MoneyFigures | None
    money_missing: str
    curve: CurveFigures | None
    curve_missing: str


def figures_of(
    trades: Sequence[FinishedTrade], *, capital: Capital, window: Window | None
) -> Figures:
    """All figures of these trades. Trades closed outside the window's days are an error of the caller.

    The order of the trades changes nothing.
    """
    wins = sum(1 for trade in trades if trade.net_pnl > 0)
    losses = sum(1 for trade in trades if trade.net_pnl < 0)
    multiples = [float(trade.r_multiple) for trade in trades if trade.r_multiple is not None]
    money, money_missing = _money(trades)
    curve, curve_missing = _curve(trades, capital=capital, window=window)
    return Figures(
        rate=rate_of(n=len(trades), wins=wins, confidence_mean=math.nan),
        losses=losses,
        zeros=len(trades) - wins - losses,
        too_short=len(trades) < TRADES_MIN,
        simulated_n=sum(1 for trade in trades if trade.simulated),
        r_n=len(multiples),
        expectancy_r=_mean(multiples),
        sqn=_sqn(trades, multiples, one_currency=money is not None),
        holding_s_mean=_mean([trade.holding_s for trade in trades]),
        capital=capital,
        window=window,
        money=money,
        money_missing=money_missing,
        curve=curve,
        curve_missing=curve_missing,
    )


def _money(trades: Sequence[FinishedTrade]) -> tuple[MoneyFigures | None, str]:
    if not trades:
        return None, "there is no finished trade"
    currencies = {trade.currency for trade in trades}
    if len(currencies) > 1:
        return None, f"{', '.join(sorted(currencies))} are not added up"
    nets = [trade.net_pnl for trade in trades]
    gains = [net for net in nets if net > 0]
    losses = [net for net in nets if net < 0]
    gross = sum((trade.gross_pnl for trade in trades), ZERO)
    net = sum(nets, ZERO)
    return MoneyFigures(
        currency=currencies.pop(),
        gross_pnl=gross,
        costs=gross - net,
        net_pnl=net,
        profit_factor=float(sum(gains, ZERO) / -sum(losses, ZERO)) if losses else None,
        expectancy=net / len(nets),
        win_mean=sum(gains, ZERO) / len(gains) if gains else None,
        loss_mean=sum(losses, ZERO) / len(losses) if losses else None,
        best=max(nets),
        worst=min(nets),
    ), ""


def _curve(
    trades: Sequence[FinishedTrade], *, capital: Capital, window: Window | None
) -> tuple[CurveFigures | None, str]:
    currencies = {trade.currency for trade in trades}
    if window is None or not trades:
        return None, "there is no finished trade"
    if capital.amount is None:
        return None, f"no capital is known: {capital.why}"
    if len(currencies | ({capital.currency} if capital.currency else set())) > 1:
        return None, "trades and capital are not all in one currency"
    equity = [value for _, value in daily_equity(trades, capital=capital.amount, window=window)]
    if not equity:
        return None, "there is no trading day in this time"
    if min(equity) <= 0:
        return None, "the results are larger than the capital"
    values = np.array([capital.amount, *equity], dtype=np.float64)
    returns = values[1:] / values[:-1] - 1.0
    sums = np.array([[float((returns**power).sum()) for power in POWERS]])
    moments = moments_of(sums, np.array([len(returns)], dtype=np.int64))
    fall = drawdown_of(capital.amount, equity)
    return CurveFigures(
        total_return=float(equity[-1] / capital.amount - 1),
        days=moments.n,
        sharpe=moments.sharpe * math.sqrt(TRADING_DAYS),
        psr=probabilistic_sharpe(moments),
        sharpe_too_short=moments.n < DAYS_MIN,
        sortino=sortino(returns, TRADING_DAYS),
        drawdown=fall.fraction,
        drawdown_days=fall.days,
    ), ""


def _sqn(
    trades: Sequence[FinishedTrade], multiples: Sequence[float], *, one_currency: bool
) -> float:
    if multiples:
        return sqn(np.array(multiples, dtype=np.float64))
    if not one_currency:
        return math.nan
    return sqn(np.array([float(trade.net_pnl) for trade in trades], dtype=np.float64))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan
