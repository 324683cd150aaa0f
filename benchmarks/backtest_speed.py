"""Measures the backtester: `python benchmarks/backtest_speed.py [--turns N] [--json]`; `make bench` does it, too.

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
from pathlib import Path

import numpy as np

import backtest_bound as bound
from argos.backtest.bars import Bars, bars_of
from argos.backtest.run import run
from argos.backtest.strategies.ema_cross import EmaCross
from argos.backtest.sweep import sweep
from backtest_rich import RICH, RangeTrail, rich_bars
from backtest_shapes import by_bar, shapes
from bench_error import BenchError
from peers import workload as w
from peers.peer_argos import SETTINGS

MIB = 2**20
TURNS = 21
SWEEP_MEMORY = (100, 400, 4000)
"""Combinations of the sweeps whose memory is compared."""

IMPORT = """
import sys, time
began = time.perf_counter()
import argos.backtest.run
print(time.perf_counter() - began)
"""
COLD = """
import sys
sys.path.append(sys.argv[3])
from peers import workload as w
from peers.peer_argos import SETTINGS
from argos.backtest.bars import bars_of
from argos.backtest.run import run
from argos.backtest.strategies.ema_cross import EmaCross
run(EmaCross(), bars_of(**w.load(sys.argv[1]).columns()), settings=SETTINGS, engine=sys.argv[2])
"""
GROWTH = """
import sys
sys.path.append(sys.argv[2])
from peers import measure
from peers import workload as w
from peers.peer_argos import Peer
market = w.load(sys.argv[1])
peer = Peer(market.head(w.SWEEP_BARS))
peer.sweep(w.GRID[:2])
before = measure.memory_mib("VmHWM")
peer.sweep([w.GRID[k % len(w.GRID)] for k in range(int(sys.argv[3]))])
print(measure.memory_mib("VmHWM") - before)
"""


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


def single(bars: Bars, turns: int) -> dict[str, float]:
    """All outputs of one run: ours has a ledger of costs, fills and time blocks besides."""
    n = len(bars)
    prices = (bars.open[0], bars.high[0], bars.low[0], bars.close[0])
    equity, trades = np.empty(n), np.empty((n // 2 + 2, bound.TRADE_COLUMNS))

    def bare() -> int:
        return bound.single(*prices, w.FAST, w.SLOW, w.MINUTES_A_YEAR, equity, trades)[0]

    def ours() -> object:
        return run(EmaCross(), bars, settings=SETTINGS, returns="bar", engine="compiled")

    result = run(EmaCross(), bars, settings=SETTINGS, returns="bar", engine="compiled")
    count = bare()
    if not np.array_equal(result.equity, equity) or len(result.trades) != count:
        raise BenchError("the run's equity is not the bound's to the last bit")
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
    params = [{"fast": fast, "slow": slow} for fast, slow in w.GRID]
    prices = (bars.open[0], bars.high[0], bars.low[0], bars.close[0])
    found: dict[str, float] = {}
    for threads in (1, 2):

        def bare(threads: int = threads) -> object:
            return bound.sweep(prices, w.GRID, yearly=w.MINUTES_A_YEAR, threads=threads)

        def ours(threads: int = threads) -> object:
            return sweep(
                EmaCross(), bars, params, settings=SETTINGS, threads=threads, returns="bar"
            )

        figures, theirs = ours().figures, bare()
        if not np.array_equal(figures["total_return"], theirs[:, 0]):
            raise BenchError("the sweep's returns are not the bound's to the last bit")
        cpu = take_turns(bare, ours, turns=turns, clock=time.process_time)
        wall = take_turns(bare, ours, turns=turns, clock=time.perf_counter)
        found |= {
            f"sweep_{threads}_bound_ms": wall.bound_s * 1e3,
            f"sweep_{threads}_ms": wall.ours_s * 1e3,
            f"sweep_{threads}_ratio_cpu": cpu.ratio,
            f"sweep_{threads}_ratio_wall": wall.ratio,
        }
    return found | guards(bars, params, turns)


def guards(bars: Bars, params: list[dict[str, int]], turns: int) -> dict[str, float]:
    """What the deflated Sharpe ratio and the probability of overfitting take beside their sweep on two threads."""

    def swept() -> object:
        return sweep(EmaCross(), bars, params, settings=SETTINGS, threads=2, returns="bar")

    done = swept()
    best = int(np.nanargmax(done.figures["sharpe"]))

    def judged() -> object:
        return done.deflated_sharpe(best), done.overfitting_probability()

    cpu = take_turns(swept, judged, turns=turns, clock=time.process_time)
    wall = take_turns(swept, judged, turns=turns, clock=time.perf_counter)
    return {
        "guards_ms": wall.ours_s * 1e3,
        "guards_share_cpu": cpu.ratio,
        "guards_share_wall": wall.ratio,
    }


def rich(bars: Bars, turns: int) -> dict[str, float]:
    """The richer workload, each bar of each symbol counted once; and beside the bound on as many bars."""
    n = bars.close.size
    prices = tuple(column.reshape(-1) for column in (bars.open, bars.high, bars.low, bars.close))
    equity, trades = np.empty(n), np.empty((n // 2 + 2, bound.TRADE_COLUMNS))

    def bare() -> object:
        return bound.single(*prices, w.FAST, w.SLOW, w.MINUTES_A_YEAR, equity, trades)

    def ours() -> object:
        return run(RangeTrail(), bars, settings=RICH, engine="compiled")

    cpu = take_turns(bare, ours, turns=turns, clock=time.thread_time)
    return {
        "rich_million_bars_per_s": n / cpu.ours_s / 1e6,
        "rich_ratio_cpu": cpu.ratio,
        "rich_trades": len(run(RangeTrail(), bars, settings=RICH, engine="compiled").trades),
    }


def cold(engine: str) -> dict[str, float]:
    """From the start of a process to its first result on 20,000 bars; with no machine code on disk, and with it."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "market.npz"
        w.minutes(w.COLD_BARS).save(file)
        for name in ("first", "later"):
            began = time.perf_counter()
            _program(COLD, str(file), engine, str(Path(__file__).parent), cache=folder)
            found[f"cold_{engine}_{name}_s"] = time.perf_counter() - began
    return found


def imported(turns: int) -> dict[str, float]:
    """Seconds that `import argos.backtest.run` takes in a fresh interpreter."""
    return {"import_s": statistics.median(float(_program(IMPORT)) for _ in range(turns))}


def memory(market: w.Market) -> dict[str, float]:
    """How far sweeps of more and more combinations make a process grow. Run in processes of their own."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "market.npz"
        market.head(w.SWEEP_BARS).save(file)
        for combinations in SWEEP_MEMORY:
            told = _program(GROWTH, str(file), str(Path(__file__).parent), str(combinations))
            found[f"sweep_{combinations}_growth_mib"] = float(told)
    return found


def _program(text: str, *arguments: str, cache: str | None = None) -> str:
    environment = {**os.environ, **({"NUMBA_CACHE_DIR": cache} if cache else {})}
    done = subprocess.run(
        [sys.executable, "-c", text, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(done.stderr.strip().splitlines()[-1])
    return done.stdout


def measure(*, turns: int) -> dict[str, float]:
    market = w.minutes()
    bars = bars_of(**market.columns())
    found = single(bars, turns)
    found |= sweeps(bars.head(w.SWEEP_BARS), max(3, turns // 3))
    found |= rich(rich_bars(market), turns)
    found |= by_bar(bars.head(300_000), turns=3)
    found |= shapes(market, turns=3)
    found |= imported(min(turns, 5)) | memory(market)
    for engine in ("auto", "compiled"):
        found |= cold(engine)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=TURNS, help="how often each is played")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    options = parser.parse_args()
    found = measure(turns=options.turns)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:40} {value:12.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
