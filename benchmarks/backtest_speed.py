"""Measures the backtester: `python benchmarks/backtest_speed.py [--quick] [--json]`.

Ours and the bound (`backtest_bound.py`) take turns in one process, and medians of ratios are told: seconds of a busy
machine mean little. `cpu` is the processor's time, which other programs disturb less than `wall`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import ClassVar

import numpy as np

import backtest_bound as bound
from argos.backtest.bars import Bars, bars_of
from argos.backtest.compilable import compilable
from argos.backtest.layout import Codes, Floats, SizeMode
from argos.backtest.run import run
from argos.backtest.settings import Exits, Settings, Sizing
from argos.backtest.strategies.ema_cross import EmaCross, EmaCrossByBar
from argos.backtest.strategy import Market, Signals
from argos.backtest.sweep import sweep
from argos.core.costs import CostModel

MINUTES_A_YEAR = 525_600.0
GRID = [(5 + 2 * fast, 50 + 10 * slow) for fast in range(20) for slow in range(20)]
SYMBOLS = 5
MIB = 2**20

WORKLOAD = Settings(
    costs=CostModel(
        spread_bps=Decimal(0),
        commission_bps=Decimal(2),
        slippage_bps_mean=Decimal(1),
        money_step=Decimal(0),
    ),
    exits=Exits(stop_fraction=0.01, take_fraction=0.02),
)
RICH = Settings(
    costs=CostModel(
        spread_bps=Decimal(1),
        commission_per_unit=Decimal("0.005"),
        slippage_bps_mean=Decimal("0.5"),
        money_step=Decimal(0),
    ),
    sizing=Sizing(mode=SizeMode.RISK_FRACTION, value=0.002, cap_fraction=0.5),
)

COLD = """
import sys, time
began = time.perf_counter()
from argos.backtest.run import run
imported = time.perf_counter() - began
from decimal import Decimal
import numpy as np
from argos.backtest.bars import bars_of
from argos.backtest.settings import Exits, Settings
from argos.backtest.strategies.ema_cross import EmaCross
from argos.core.costs import CostModel
costs = CostModel(spread_bps=Decimal(0), commission_bps=Decimal(2), slippage_bps_mean=Decimal(1))
bars = bars_of(**np.load(sys.argv[1]))
run(EmaCross(), bars, settings=Settings(costs=costs, exits=Exits(stop_fraction=0.01)), engine=sys.argv[2])
print(imported)
"""


def market(bars: int, *, seed: int = 11) -> dict[str, np.ndarray]:
    """Minute bars: a walk with clustered swings, small gaps at most bars and rare larger ones; four decimals."""
    dice = np.random.default_rng(seed)
    # The state of the swings forgets itself over some two thousand bars.
    state, states = 0.0, np.empty(bars)
    for i, shock in enumerate(dice.normal(0, 0.02, bars).tolist()):
        state = 0.9995 * state + shock
        states[i] = state
    swing = 0.0009 * np.exp(np.clip(states, -2.0, 2.0))
    gap = dice.normal(0, 5e-5, bars) + np.where(
        dice.random(bars) < 1e-3, dice.normal(0, 3e-3, bars), 0
    )
    body = dice.normal(0, 1, bars) * swing
    # A slow pull keeps the price near 100.
    level, opens, closes = 0.0, np.empty(bars), np.empty(bars)
    for i, (g, b) in enumerate(zip(gap.tolist(), body.tolist(), strict=True)):
        opens[i] = level + g
        level = closes[i] = opens[i] * (1 - 2e-6) + b
    open_, close = np.round(100 * np.exp(opens), 4), np.round(100 * np.exp(closes), 4)
    high = np.maximum(open_, close) * (1 + swing * dice.exponential(0.6, bars))
    low = np.minimum(open_, close) * (1 - swing * dice.exponential(0.6, bars))
    return {
        "opened_ns": 1_577_836_800_000_000_000 + np.arange(bars, dtype=np.int64) * 60_000_000_000,
        "open": open_,
        "high": np.maximum(np.round(high, 4), np.maximum(open_, close)),
        "low": np.minimum(np.round(low, 4), np.minimum(open_, close)),
        "close": close,
        "volume": np.round(dice.lognormal(8, 1, bars)) + 1e6,
    }


@compilable
def cross_and_range(
    high: Floats, low: Floats, close: Floats, multiple: float, side: Codes, distance: Floats
) -> None:
    """EMA 20 over EMA 100 into `side`, and `multiple` times Wilder's average true range of 14 bars into `distance`."""
    f = close[0]
    s = close[0]
    true_range = high[0] - low[0]
    before = 0.0
    distance[0] = multiple * true_range
    for i in range(1, len(close)):
        f = (1.0 - 2.0 / 21.0) * f + 2.0 / 21.0 * close[i]
        s = (1.0 - 2.0 / 101.0) * s + 2.0 / 101.0 * close[i]
        now = f - s
        width = max(high[i], close[i - 1]) - min(low[i], close[i - 1])
        true_range = true_range + (width - true_range) * (1.0 / 14.0)
        distance[i] = multiple * true_range
        if i >= 100:
            side[i] = np.int8((before <= 0.0) & (now > 0.0)) - np.int8(
                (before >= 0.0) & (now < 0.0)
            )
        before = now


class RangeTrail:
    """The richer workload: crossings of five symbols, stop and trailing stop at three average true ranges."""

    whole_market: ClassVar = True

    def signals(self, given: Market) -> Signals:
        bars = given.bars
        side, distance = given.blank_side(), np.empty_like(bars.close)
        for s in range(len(bars.symbols)):
            cross_and_range(bars.high[s], bars.low[s], bars.close[s], 3.0, side[s], distance[s])
        return Signals(side=side, stop_distance=distance, trail_distance=distance)


@dataclass(frozen=True, slots=True)
class Pair:
    """Medians of both, and of the ratio of ours to the bound's, turn by turn."""

    bound_s: float
    ours_s: float
    ratio: float


def take_turns(
    first: Callable[[], object],
    second: Callable[[], object],
    *,
    turns: int,
    clock: Callable[[], float],
) -> Pair:
    times: list[tuple[float, float]] = []
    first(), second()
    for _ in range(turns):
        began = clock()
        first()
        between = clock()
        second()
        times.append((between - began, clock() - between))
    return Pair(
        statistics.median(a for a, _ in times),
        statistics.median(b for _, b in times),
        statistics.median(b / a for a, b in times),
    )


def median_s(work: Callable[[], object], *, turns: int) -> float:
    work()
    times = []
    for _ in range(turns):
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return statistics.median(times)


def single(bars: Bars, turns: int) -> dict[str, float]:
    """All outputs of one run: ours has a ledger of costs, fills and time blocks besides."""
    n = len(bars)
    prices = (bars.open[0], bars.high[0], bars.low[0], bars.close[0])
    equity, trades = np.empty(n), np.empty((n // 2 + 2, bound.TRADE_COLUMNS))

    def bare() -> int:
        return bound.single(*prices, 20, 100, MINUTES_A_YEAR, equity, trades)[0]

    result = run(EmaCross(), bars, settings=WORKLOAD, returns="bar", engine="compiled")
    count = bare()
    names = (
        "entry_bar",
        "exit_bar",
        "side",
        "reason",
        "qty",
        "entry_price",
        "exit_price",
        "net_pnl",
    )
    same = count == len(result.trades) and all(
        np.array_equal(trades[:count, place], result.trades[name])
        for place, name in enumerate(names)
    )
    assert same, "the trades are not the bound's"
    assert np.array_equal(result.equity, equity), "the equity is not the bound's"

    def ours() -> object:
        return run(EmaCross(), bars, settings=WORKLOAD, returns="bar", engine="compiled")

    cpu = take_turns(bare, ours, turns=turns, clock=time.thread_time)
    wall = take_turns(bare, ours, turns=turns, clock=time.perf_counter)
    return {
        "single_bound_ms": cpu.bound_s * 1e3,
        "single_ms": cpu.ours_s * 1e3,
        "single_ratio_cpu": cpu.ratio,
        "single_ratio_wall": wall.ratio,
        "single_trades": count,
    }


def sweeps(bars: Bars, turns: int) -> dict[str, float]:
    params = [{"fast": fast, "slow": slow} for fast, slow in GRID]
    found: dict[str, float] = {}
    for threads in (1, 2):

        def bare(threads: int = threads) -> object:
            return bound.sweep(bars, GRID, yearly=MINUTES_A_YEAR, threads=threads)

        def ours(threads: int = threads) -> object:
            return sweep(
                EmaCross(), bars, params, settings=WORKLOAD, threads=threads, returns="bar"
            )

        figures, theirs = ours().figures, bare()
        assert np.array_equal(figures["trades"], theirs[:, 5]), (
            "the sweep's trades are not the bound's"
        )
        assert np.array_equal(figures["total_return"], theirs[:, 0])
        cpu = take_turns(bare, ours, turns=turns, clock=time.process_time)
        wall = take_turns(bare, ours, turns=turns, clock=time.perf_counter)
        found |= {
            f"sweep_{threads}_bound_ms": cpu.bound_s * 1e3,
            f"sweep_{threads}_ms": cpu.ours_s * 1e3,
            f"sweep_{threads}_ratio_cpu": cpu.ratio,
            f"sweep_{threads}_ratio_wall": wall.ratio,
        }
    swept = sweep(EmaCross(), bars, params, settings=WORKLOAD, threads=2, returns="bar")
    best = int(np.nanargmax(swept.figures["sharpe"]))
    guards = median_s(
        lambda: (swept.deflated_sharpe(best), swept.overfitting_probability()), turns=turns
    )
    return found | {"guards_ms": guards * 1e3, "guards_share": guards * 1e3 / found["sweep_1_ms"]}


def rich(columns: dict[str, np.ndarray], turns: int) -> dict[str, float]:
    """The richer workload: each bar of each symbol counts once."""
    n = len(columns["close"]) // SYMBOLS
    split = {
        name: values[: n * SYMBOLS].reshape(SYMBOLS, n)
        for name, values in columns.items()
        if name != "opened_ns"
    }
    bars = bars_of(opened_ns=columns["opened_ns"][:n], symbols=list("ABCDE"), **split)
    seconds = median_s(
        lambda: run(RangeTrail(), bars, settings=RICH, engine="compiled"), turns=turns
    )
    result = run(RangeTrail(), bars, settings=RICH, engine="compiled")
    return {
        "rich_million_bars_per_s": n * SYMBOLS / seconds / 1e6,
        "rich_trades": len(result.trades),
    }


def by_bar(bars: Bars, turns: int) -> dict[str, float]:
    seconds = median_s(
        lambda: run(EmaCrossByBar(), bars, settings=WORKLOAD, engine="compiled"), turns=turns
    )
    return {"on_bar_thousand_bars_per_s": len(bars) / seconds / 1e3}


def cold(engine: str) -> dict[str, float]:
    """From the start of a process to its first result on 20,000 bars; with no machine code on disk, and with it."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bars.npz"
        np.savez(file, **market(20_000))
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        for name in ("first", "later"):
            began = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", COLD, str(file), engine],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            found[f"cold_{engine}_{name}_s"] = time.perf_counter() - began
            found["import_s"] = float(done.stdout)
    return found


def memory(bars: Bars) -> dict[str, float]:
    """How far one run makes the process grow, the kernel's compiling included."""
    before = getrusage(RUSAGE_SELF).ru_maxrss * 1024 / MIB
    run(EmaCross(), bars, settings=WORKLOAD, engine="compiled")
    return {"run_growth_mib": getrusage(RUSAGE_SELF).ru_maxrss * 1024 / MIB - before}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    options = parser.parse_args()
    turns = 5 if options.quick else 21
    columns = market(1_000_000)
    bars = bars_of(**columns)
    found = memory(bars)
    found |= single(bars, turns)
    found |= sweeps(bars.head(100_000), max(3, turns // 3))
    found |= rich(columns, turns)
    found |= by_bar(bars.head(300_000), 3)
    for engine in ("auto", "compiled"):
        found |= cold(engine)
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        for name, value in found.items():
            print(f"{name:32} {value:12.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
