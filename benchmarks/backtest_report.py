"""The backtester's figures in words."""

from collections.abc import Iterator
from typing import Final

from lines import Line

PEERS: Final = {
    "raptorbt": "raptorbt",
    "vectorbt_rust": "vectorbt, Rust engine",
    "vectorbt": "vectorbt, numba engine",
    "backtesting": "backtesting.py",
}
SHAPES: Final = {
    "ten_million_held": "bought and held, 10 M bars",
    "every_bar_reverses": "turned round on every bar",
    "limits_rest": "limit entries that rest, stop and target",
    "time_stops": "closed after five bars",
    "weights_every_bar": "20 symbols moved to new weights on every bar",
    "volume_shares": "filled by shares of a thin volume, with impact",
    "nights_and_sessions": "swaps, sessions, flat at their end",
    "finer_series": "touched bars settled by a finer series",
    "margin_watched": "bounded leverage, a margin call looked for",
    "hundred_symbols": "100 symbols on one account, seldom a signal",
}


def _peer_lines() -> Iterator[Line]:
    yield Line(name="peer_arbiter_trades", words="the arbiter's trades")
    yield Line(name="peer_argos_equal_trades", words="Argos: of these, equal to the last bit")
    for key, words in PEERS.items():
        yield Line(name=f"peer_{key}_trades", words=f"{words}: trades")
        yield Line(
            name=f"peer_{key}_equal_trades",
            words=f"{words}: of these, the arbiter's bars and prices",
        )
    yield Line(name="peer_bound_single_ms", words="1 M bars: the bound", unit="ms")
    yield Line(name="peer_argos_single_ms", words="1 M bars: Argos", unit="ms")
    yield Line(name="peer_bound_single_ratio", words="1 M bars: Argos over the bound", goal=2.0)
    yield from _times("single", "1 M bars", {"raptorbt": 15, "vectorbt_rust": 15, "vectorbt": 15})
    yield Line(name="peer_bound_sweep_ms", words="sweep: the bound", unit="ms")
    yield Line(name="peer_argos_sweep_ms", words="sweep: Argos", unit="ms")
    yield Line(name="peer_bound_sweep_ratio", words="sweep: Argos over the bound", goal=1.6)
    yield from _times("sweep", "sweep", {"raptorbt": 25})
    yield Line(
        name="peer_argos_on_bar_thousand_bars_per_s",
        words="asked bar by bar: Argos, thousand bars",
        unit="/s",
        goal=500,
        rising=True,
    )
    yield Line(
        name="peer_backtesting_on_bar_ratio", words="asked bar by bar: backtesting.py over Argos"
    )
    yield from _rest()


def _times(what: str, words: str, goals: dict[str, float]) -> Iterator[Line]:
    for key, name in PEERS.items():
        yield Line(name=f"peer_{key}_{what}_ms", words=f"{words}: {name}", unit="ms")
        yield Line(
            name=f"peer_{key}_{what}_ratio",
            words=f"{words}: {name} over Argos",
            goal=goals.get(key),
            rising=True,
        )


def _rest() -> Iterator[Line]:
    yield Line(
        name="peer_vectorbt_rich_ratio",
        words="the richer workload: vectorbt, as near as it comes, over Argos",
        goal=20,
        rising=True,
    )
    everyone = {"bound": "the bound", "argos": "Argos", **PEERS}
    for key, name in everyone.items():
        goal = 150.0 if key == "argos" else None
        words = f"memory over the data, 1 M bars: {name}"
        yield Line(name=f"peer_{key}_peak_mib", words=words, unit="MiB", goal=goal)
    for when, goal in (("first", 1.5), ("later", 0.5)):
        for key, name in everyone.items():
            yield Line(
                name=f"peer_{key}_cold_{when}_s",
                words=f"cold start, {when}, 20,000 bars: {name}",
                unit="s",
                goal=goal if key == "argos" else None,
            )


BACKTEST_SECTIONS: Final = {
    "Backtests beside the bound of this machine": (
        Line(name="single_bound_ms", words="1 M bars, the bound", unit="ms of CPU"),
        Line(name="single_ms", words="1 M bars, Argos", unit="ms of CPU"),
        Line(name="single_ratio_cpu", words="1 M bars, over the bound, CPU", goal=2.0),
        Line(name="single_ratio_wall", words="1 M bars, over the bound, wall clock", goal=2.0),
        *(
            line
            for threads in (1, 2)
            for line in (
                Line(
                    name=f"sweep_{threads}_bound_ms",
                    words=f"400 x 100,000 bars, {threads} thread(s), the bound",
                    unit="ms",
                ),
                Line(
                    name=f"sweep_{threads}_ms",
                    words=f"400 x 100,000 bars, {threads} thread(s), Argos",
                    unit="ms",
                ),
                Line(
                    name=f"sweep_{threads}_ratio_cpu",
                    words=f"400 x 100,000 bars, {threads} thread(s), over the bound, CPU",
                    goal=1.6,
                ),
                Line(
                    name=f"sweep_{threads}_ratio_wall",
                    words=f"400 x 100,000 bars, {threads} thread(s), over the bound, wall clock",
                    goal=1.6,
                ),
            )
        ),
        Line(name="guards_share_cpu", words="DSR and PBO over their sweep, CPU", goal=0.1),
        Line(name="guards_share_wall", words="DSR and PBO over their sweep, wall clock", goal=0.1),
        *(
            Line(
                name=f"sweep_{combinations}_growth_mib",
                words=f"what a sweep of {combinations:,} adds to the process",
                unit="MiB",
            )
            for combinations in (100, 400, 4000)
        ),
        Line(
            name="rich_million_bars_per_s",
            words="the richer workload, million bars and symbols",
            unit="/s",
            goal=80,
            rising=True,
        ),
        Line(name="rich_ratio_cpu", words="the richer workload over the plain one's bound, CPU"),
        *(
            Line(
                name=f"on_bar_{name}_thousand_bars_per_s",
                words=f"on_bar: {words}, thousand bars",
                unit="/s",
                goal=500,
                rising=True,
            )
            for name, words in (
                ("cross", "a crossing of two means"),
                ("levels", "seven values read, stop and target"),
                ("weights", "equity read, weights moved"),
            )
        ),
        Line(name="import_s", words="import of the front door", unit="s", goal=0.25),
        *(
            Line(
                name=f"cold_{engine}_{when}_s",
                words=f"cold start, {when}, 20,000 bars, engine {engine}",
                unit="s",
                goal={"first": 1.5, "later": 0.5}[when] if engine == "auto" else None,
            )
            for engine in ("auto", "compiled")
            for when in ("first", "later")
        ),
    ),
    "Backtesters side by side, ema-bracket-v1": tuple(_peer_lines()),
    "Backtests of other shapes, per bar and symbol": tuple(
        line
        for key, words in SHAPES.items()
        for line in (
            Line(name=f"shape_{key}_ns_per_bar", words=words, unit="ns of CPU"),
            Line(name=f"shape_{key}_fills_per_bar", words=f"{words}: fills"),
        )
    ),
}

BACKTEST_METHOD: Final = """\
- **Backtests beside the bound**: the bound is `benchmarks/backtest_bound.py`, kernels that can play this workload and
  nothing else; ours is the general engine with all its outputs. Both play alternately in one process; the ratio is
  the median of the turns' ratios. Their equity (the sweep: their returns) must be equal to the last bit. The sweep's
  memory is the growth of the peak of a process of its own. The richer workload (`backtest_rich.py`): five symbols on
  one account, stop and trailing stop at three average true ranges, a spread, a commission per unit, sizes by the risk
  to the stop; indicators are within the time.
- **Backtesters side by side**: 1,000,000 seeded minutes (their SHA-256 is checked), 400 pairs of means on the first
  100,000. Each backtester plays in a process of its own that stays up; they are asked in turn, from arrays in memory
  to all outputs, five single runs in a row each time; ratios are of one round, and medians. backtesting.py is asked
  once, and four of its 400 pairs are scaled up. Before that, the trades of each are compared with those of the
  arbiter, a plain loop; where they differ, `benchmarks/peers/peer_*.py` says which of the workload's rules the peer
  cannot play. Memory is the process's peak after its single runs, less what it had with numpy and the data. Cold is
  from the start of a process to its trades on 20,000 bars: first without machine code on disk, later with it. The
  peers are installed by `make bench-peers` alone, some of them under the AGPL or the Commons Clause; Argos neither
  contains nor needs them.
- **Other shapes**: `benchmarks/backtest_shapes.py`; signals are ready, so this is the engine alone, and what it costs
  to write down each fill and trade.
"""
