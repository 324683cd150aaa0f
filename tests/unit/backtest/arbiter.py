"""The workload "ema-bracket-v1" once more, as short as it can be said: what the engines must equal to the last bit."""

import numpy as np

STOP, TAKE, REVERSE, END = 0, 1, 2, 3
SLIP, FEE, STOP_AT, TAKE_AT, SHARE, CASH = 1e-4, 2e-4, 0.01, 0.02, 0.10, 1_000_000.0


def random_walk(bars: int, *, seed: int = 5) -> dict[str, np.ndarray]:
    """Minute bars with clustered swings, small gaps and rare large ones."""
    dice = np.random.default_rng(seed)
    swing = 0.0009 * np.exp(np.clip(np.cumsum(dice.normal(0, 0.02, bars)), -1.5, 1.5))
    jump = np.where(
        dice.random(bars) < 0.005, dice.normal(0, 0.01, bars), dice.normal(0, 5e-5, bars)
    )
    body = dice.normal(0, 1, bars) * swing
    close = 100 * np.exp(np.cumsum(jump + body))
    open_ = close * np.exp(-body)
    return {
        "opened_ns": 1_577_836_800_000_000_000 + np.arange(bars, dtype=np.int64) * 60_000_000_000,
        "open": open_,
        "high": np.maximum(open_, close) * (1 + swing * dice.exponential(0.6, bars)),
        "low": np.minimum(open_, close) * (1 - swing * dice.exponential(0.6, bars)),
        "close": close,
        "volume": np.full(bars, 1e6),
    }


def play(market: dict[str, np.ndarray], *, fast: int, slow: int) -> tuple[list[tuple], list[float]]:
    """Trades (entry bar, exit bar, side, reason, qty, entry price, exit price, net pnl) and equity at each close."""
    o, h, lo, c = (market[name].tolist() for name in ("open", "high", "low", "close"))
    a, b = 2.0 / (fast + 1), 2.0 / (slow + 1)
    f = s = c[0]
    cash, held, side, waiting = CASH, 0.0, 0, 0
    entered = paid = stop = take = 0.0
    first = -1
    trades, equity = [], []

    def leave(i, price, reason):
        nonlocal cash, held, side
        fee = abs(held) * price * FEE
        cash += held * price - fee
        pnl = held * (price - entered) - paid - fee
        trades.append((first, i, side, reason, abs(held), entered, price, pnl))
        held, side = 0.0, 0

    for i in range(len(c)):
        if waiting and waiting != side:
            if side:
                leave(i, o[i] * (1.0 - SLIP * side), REVERSE)
            side, first = waiting, i
            entered = o[i] * (1.0 + SLIP * side)
            qty = SHARE * cash / entered
            paid = qty * entered * FEE
            held = qty * side
            cash -= held * entered + paid
            stop, take = entered * (1.0 - STOP_AT * side), entered * (1.0 + TAKE_AT * side)
        waiting = 0
        start = o[i] if i > first else entered
        if side > 0 and lo[i] <= stop:
            leave(i, min(stop, start) * (1.0 - SLIP), STOP)
        elif side > 0 and h[i] >= take:
            leave(i, max(take, start), TAKE)
        elif side < 0 and h[i] >= stop:
            leave(i, max(stop, start) * (1.0 + SLIP), STOP)
        elif side < 0 and lo[i] <= take:
            leave(i, min(take, start), TAKE)
        if side and i == len(c) - 1:
            leave(i, c[i] * (1.0 - SLIP * side), END)
        equity.append(cash + held * c[i])
        if i:
            was = (f, s)
            f, s = (1.0 - a) * f + a * c[i], (1.0 - b) * s + b * c[i]
            if i >= slow:
                waiting = (
                    1 if was[0] <= was[1] and f > s else -1 if was[0] >= was[1] and f < s else 0
                )
    return trades, equity
