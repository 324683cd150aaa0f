"""Measures Argos on this machine: `make bench`, or `python benchmarks/run.py [--quick] [--json] [--only NAME]`.

Everything is real: the embedded PostgreSQL, the gateway, worker, nodes and paper brokers as processes of their own.
A whole run prints a table, and writes benchmarks/results/latest.json and docs/reference/performance.md;
`--only NAME --keep` does the same for some of the figures.
"""

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import uvloop

from backtests import measure_backtests
from deal_scan import measure_deal_scan
from fan_out import measure_fan_out
from gateway_load import LoadSettings, measure_gateway
from idle_nodes import measure_idle_nodes
from machine import Busyness
from memory import MemoryWatch
from mt5_latency import measure_mt5_latency
from open_loop import measure_open_loop
from reconciling import measure_reconciliation
from report import print_table, store_results, write_page
from rig import BenchError, Figures
from signal_cycle import measure_signal_cycle

OPEN_LOOP_PER_S: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured."""

    load: LoadSettings
    open_loop_s: float
    fan_out_s: float
    mt5_latency_s: float
    deals: int
    idle_s: float
    legs: int
    backtest_turns: int
    backtest_rounds: int


WHOLE: Final = Sizes(
    load=LoadSettings(rounds=5, seconds=6),
    open_loop_s=15,
    fan_out_s=20,
    mt5_latency_s=30,
    deals=10_000,
    idle_s=20,
    legs=100_000,
    backtest_turns=21,
    backtest_rounds=5,
)
QUICK: Final = Sizes(
    load=LoadSettings(rounds=2, seconds=2, warm_up_s=1),
    open_loop_s=3,
    fan_out_s=5,
    mt5_latency_s=5,
    deals=1_000,
    idle_s=5,
    legs=3_000,
    backtest_turns=3,
    backtest_rounds=1,
)


def measurements(sizes: Sizes, memory: MemoryWatch) -> dict[str, Callable[[], Awaitable[Figures]]]:
    return {
        "gateway": lambda: measure_gateway(sizes.load, memory),
        "open-loop": lambda: measure_open_loop(
            rate_per_s=OPEN_LOOP_PER_S, seconds=sizes.open_loop_s, memory=memory
        ),
        "fan-out": lambda: measure_fan_out(seconds=sizes.fan_out_s, memory=memory),
        "mt5-latency": lambda: measure_mt5_latency(seconds=sizes.mt5_latency_s, memory=memory),
        "mt5-scan": lambda: measure_deal_scan(deals=sizes.deals),
        "idle": lambda: measure_idle_nodes(seconds=sizes.idle_s, memory=memory),
        "backtest": lambda: measure_backtests(
            turns=sizes.backtest_turns,
            rounds=sizes.backtest_rounds,
            quick=sizes is QUICK,
        ),
        "signals": measure_signal_cycle,
        "reconcile": lambda: measure_reconciliation(legs=sizes.legs, memory=memory),
    }


async def measure(sizes: Sizes, only: Sequence[str]) -> Figures:
    """All figures, or those of the measurements named in `only`."""
    memory, busyness = MemoryWatch(), Busyness()
    found: Figures = {"machine_busy_before_share": await busyness.sample()}
    watching = asyncio.create_task(memory.run())
    try:
        for name, take in measurements(sizes, memory).items():
            if not only or name in only:
                print(f"measuring {name} ...", file=sys.stderr, flush=True)
                found.update(await take())
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    found["machine_busy_after_share"] = await busyness.sample()
    return found | memory.figures()


def main() -> int:
    names = list(measurements(QUICK, MemoryWatch()))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run; nothing is written")
    parser.add_argument(
        "--json", action="store_true", help="one line of JSON in place of the table"
    )
    parser.add_argument("--only", action="append", choices=names, default=[], metavar="NAME",
                        help=f"one of {', '.join(names)}; may be repeated; nothing is written")  # fmt: skip
    parser.add_argument(
        "--keep", action="store_true", help="with --only: write these figures beside those kept"
    )
    chosen = parser.parse_args()
    try:
        figures = uvloop.run(measure(QUICK if chosen.quick else WHOLE, chosen.only))
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if chosen.json:
        print(json.dumps(figures))
    else:
        print_table(figures)
    if not chosen.quick and (chosen.keep or not chosen.only):
        store_results(figures, whole=not chosen.only)
        write_page()
    return 0


if __name__ == "__main__":
    sys.exit(main())
