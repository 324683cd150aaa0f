"""Crossings and figures as arrays, for peers that take the one and give no others. numpy and pandas only."""

import math

import numpy as np
import pandas as pd

from peers import workload as w


def ema(close: np.ndarray, span: int) -> np.ndarray:
    return pd.Series(close).ewm(span=span, adjust=False).mean().to_numpy()


def crossings_of(fast: np.ndarray, slow: np.ndarray, silent: int) -> tuple[np.ndarray, np.ndarray]:
    """Bars at whose close `fast` has crossed above `slow`, and below; none among the first `silent`."""
    apart = fast - slow
    rises, falls = np.zeros(len(apart), bool), np.zeros(len(apart), bool)
    rises[1:] = (apart[:-1] <= 0) & (apart[1:] > 0)
    falls[1:] = (apart[:-1] >= 0) & (apart[1:] < 0)
    rises[:silent] = falls[:silent] = False
    return rises, falls


def crossings(close: np.ndarray, fast: int, slow: int) -> tuple[np.ndarray, np.ndarray]:
    return crossings_of(ema(close, fast), ema(close, slow), slow)


def figures(equity: np.ndarray, pnl: np.ndarray) -> tuple[float, ...]:
    """Return, Sharpe ratio of bars, drawdown, win rate, profit factor: for peers that leave some of them to us."""
    before = np.concatenate([[w.CASH], equity[:-1]])
    returns = equity / before - 1.0
    deviation = returns.std(ddof=1)
    peak = np.maximum(np.maximum.accumulate(equity), w.CASH)
    lost = -pnl[pnl < 0].sum()
    return (
        equity[-1] / w.CASH - 1.0,
        returns.mean() / deviation * math.sqrt(w.MINUTES_A_YEAR) if deviation > 0 else math.nan,
        float((1.0 - equity / peak).max()),
        float((pnl > 0).mean()) if len(pnl) else math.nan,
        float(pnl[pnl > 0].sum() / lost) if lost > 0 else math.nan,
    )
