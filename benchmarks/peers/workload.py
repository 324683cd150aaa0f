"""The workload "ema-bracket-v1": its seeded market, its numbers and its grid. All that it needs is numpy.

Long after the close at which EMA(fast) crosses above EMA(slow), short after it crosses below, never in the first
`slow` bars. In at the next open, 1 bp worse; a holding of the other side is closed at the same open first. 10 % of
equity after that close, 2 bp of fee on every fill. Stop 1 % and target 2 % from the fill, looked for on each bar from
that of the entry on, the stop first. A stop fills at itself or at a worse open, 1 bp worse still; a target at itself
or at a better open. What is held at the end is closed at the last close, 1 bp worse. The exact comparisons stand in
the arbiter that the tests use, `tests/unit/backtest/arbiter.py`.
"""

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np

BARS: Final = 1_000_000
SWEEP_BARS: Final = 100_000
COLD_BARS: Final = 20_000
FAST, SLOW = 20, 100
SLIP, FEE, STOP, TAKE, SHARE, CASH = 1e-4, 2e-4, 0.01, 0.02, 0.10, 1_000_000.0
MINUTES_A_YEAR: Final = 525_600.0
GRID: Final = [(5 + 2 * fast, 50 + 10 * slow) for fast in range(20) for slow in range(20)]
SHA256: Final = "925604c0b567746c43b468b5103b111861415f4a469d0f32ac391e7286a63318"
RICH_SYMBOLS: Final = 5
RICH_MULTIPLE, RICH_RISK, RICH_CAP = 3.0, 0.002, 0.5
RICH_SPREAD_BPS, RICH_SLIPPAGE_BPS, RICH_COMMISSION = 1.0, 0.5, 0.005
MINUTE_NS: Final = 60_000_000_000
OPENED_NS: Final = 1_577_836_800_000_000_000  # 2020-01-01

TRADE: Final = np.dtype(
    [
        ("entry_bar", np.int64),
        ("exit_bar", np.int64),
        ("side", np.int8),
        ("qty", np.float64),
        ("entry_price", np.float64),
        ("exit_price", np.float64),
        ("net_pnl", np.float64),
    ]
)
"""What every peer can tell of a trade."""


@dataclass(frozen=True, slots=True)
class Market:
    """One symbol's bars: opened_ns int64[bars], the others float64[bars]."""

    opened_ns: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray

    def __len__(self) -> int:
        return len(self.close)

    def head(self, bars: int) -> "Market":
        return Market(*(getattr(self, field.name)[:bars].copy() for field in fields(self)))

    def columns(self) -> dict[str, np.ndarray]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def sha256(self) -> str:
        """Of the bytes of all columns, in the order of the fields."""
        found = hashlib.sha256()
        for column in self.columns().values():
            found.update(np.ascontiguousarray(column).tobytes())
        return found.hexdigest()

    def save(self, file: Path) -> None:
        np.savez(file, **self.columns())


def load(file: Path) -> Market:
    with np.load(file) as columns:
        return Market(**{field.name: columns[field.name] for field in fields(Market)})


def minutes(bars: int = BARS, *, seed: int = 20240607) -> Market:
    """A log price that is pulled to that of 100, with clustered swings, small gaps and rare larger ones."""
    dice = np.random.default_rng(seed)
    body, shock, small = (dice.standard_normal(bars) for _ in range(3))
    jumps = dice.random(bars) < 0.001
    large = dice.standard_normal(bars)
    above, below = dice.exponential(0.6, bars), dice.exponential(0.6, bars)
    swing = 0.0009 * np.exp(np.clip(_fading(shock), -2.0, 2.0))
    opens, closes = _walk(0.00005 * small + np.where(jumps, 0.003 * large, 0.0), swing * body)
    open_, close = np.round(100.0 * np.exp(opens), 4), np.round(100.0 * np.exp(closes), 4)
    top, bottom = np.maximum(open_, close), np.minimum(open_, close)
    return Market(
        opened_ns=OPENED_NS + np.arange(bars, dtype=np.int64) * MINUTE_NS,
        open=open_,
        high=np.maximum(np.round(top * (1.0 + swing * above), 4), top),
        low=np.minimum(np.round(bottom * (1.0 - swing * below), 4), bottom),
        close=close,
        volume=np.round(dice.lognormal(8.0, 1.0, bars), 0) + 1_000_000.0,
    )


def five(market: Market) -> dict[str, np.ndarray]:
    """The columns cut into five symbols of equal length for the richer workload: [symbols, bars], times [bars]."""
    bars = len(market) // RICH_SYMBOLS
    found = {
        name: values[: bars * RICH_SYMBOLS].reshape(RICH_SYMBOLS, bars)
        for name, values in market.columns().items()
    }
    return found | {"opened_ns": market.opened_ns[:bars]}


def _fading(shocks: np.ndarray) -> np.ndarray:
    """Sum of shocks that are forgotten over some two thousand bars."""
    level, found = 0.0, []
    for shock in shocks.tolist():
        level = 0.9995 * level + 0.02 * shock
        found.append(level)
    return np.array(found)


def _walk(gaps: np.ndarray, bodies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log prices at opens and closes."""
    level, opens, closes = 0.0, [], []
    for gap, body in zip(gaps.tolist(), bodies.tolist(), strict=True):
        start = level + gap
        level = start + body - 2e-6 * start
        opens.append(start)
        closes.append(level)
    return np.array(opens), np.array(closes)


def as_many(found: np.ndarray, wanted: np.ndarray) -> dict[str, int]:
    """How many trades of `wanted` are in `found`: by entry bar and side, and with the same exit bar and both prices."""
    by_entry = {(int(row["entry_bar"]), int(row["side"])): row for row in found}
    entries = exits = 0
    for row in wanted:
        other = by_entry.get((int(row["entry_bar"]), int(row["side"])))
        if other is None:
            continue
        entries += 1
        exits += other["exit_bar"] == row["exit_bar"] and all(
            abs(other[name] - row[name]) <= 1e-9 * row[name]
            for name in ("entry_price", "exit_price")
        )
    return {"trades": len(found), "wanted": len(wanted), "entries": entries, "equal": int(exits)}
