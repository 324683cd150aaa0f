"""Other backtesters on the same market beside ours: `make bench-peers`, then `make bench ARGS="--only backtest"`.

They are installed in an environment of their own, `.venv-peers`, from `peers/requirements.lock`; nothing of Argos needs
or ships them. Each plays in one process that stays up, and they are asked in turn, round after round: a ratio is one of
neighbours in time. What they traded is compared with the arbiter before their times are looked at.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from bench_error import BenchError
from peers import workload as w

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent
PYTHON: Final = ROOT / ".venv-peers" / "bin" / "python"
ARBITER: Final = ROOT / "tests" / "unit" / "backtest" / "arbiter.py"
OURS: Final = ("bound", "argos")
OTHERS: Final = ("raptorbt", "vectorbt_rust", "vectorbt", "backtesting")
SLOW: Final = {"backtesting"}
"""Asked in the first round only."""
RICH: Final = ("argos", "vectorbt")
"""Asked for the richer workload, too."""
REPEATS: Final = 5
"""Single runs in a row in each round: the first one finds the processor's memory full of another's."""
ABSENT: Final = "bench: the peers are not installed (make bench-peers); only ours is measured"


@dataclass(slots=True)
class Peer:
    """A peer's process and what it has answered."""

    process: subprocess.Popen[str]
    name: str
    version: str
    wall_s: dict[str, list[float]] = field(default_factory=dict)

    def ask(self, order: str) -> dict[str, float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise BenchError(f"the peer {self.name} ended at {order!r}")
        answer: dict[str, float] = json.loads(line)
        return answer

    def time(self, order: str, *, times: int = 1) -> None:
        """One turn of it: the median of so many in a row."""
        walls = [self.ask(order)["wall_s"] for _ in range(times)]
        self.wall_s.setdefault(order.partition(" ")[0], []).append(statistics.median(walls))

    def median_s(self, note: str) -> float:
        return statistics.median(self.wall_s[note])


def others() -> tuple[str, ...]:
    """Those that can be asked here."""
    if not PYTHON.exists():
        print(ABSENT, file=sys.stderr)
        return ()
    return OTHERS


def checked_minutes() -> w.Market:
    """The million bars; their digest says that they are the ones that everybody was measured on."""
    market = w.minutes()
    if market.sha256() != w.SHA256:
        raise BenchError("the workload's market is not the agreed one: its SHA-256 differs")
    return market


def measure_peers(*, rounds: int, bars: int = w.BARS, combinations: int = 400) -> dict[str, float]:
    """Single run, sweep, memory and cold start of ours, the bound and all peers that are installed."""
    market = checked_minutes().head(bars)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        file = Path(folder, "market.npz")
        market.save(file)
        # The peers' machine code stays with them: the numba engine of one compiles for half a minute.
        cache = Path(PYTHON.parents[1] if PYTHON.exists() else folder, "machine-code")
        peers = {}
        for name in (*OURS, *others()):
            # Compiling takes memory that a run does not: it is done by another process, and kept on disk.
            with _process(name, file, cache=cache) as before:
                before.ask("single")
            peers[name] = stack.enter_context(_process(name, file, cache=cache))
        found = _compare(peers, market, Path(folder))
        for name, peer in peers.items():
            found[f"peer_{name}_peak_mib"] = peer.ask("memory")["peak_mib"]
        for name, peer in peers.items():
            # Compiles what is to be compiled, and allocates.
            peer.ask("sweep 1000 20")
            if name in RICH:
                peer.ask("rich")
        sweep = f"sweep {min(bars, w.SWEEP_BARS)} {combinations}"
        for turn in range(rounds):
            for name, peer in peers.items():
                if name not in SLOW:
                    peer.time("single", times=REPEATS)
                if name == "argos":
                    peer.time("by_bar")
                if name in RICH:
                    peer.time("rich", times=REPEATS)
            for name, peer in peers.items():
                if name not in SLOW or turn == 0:
                    peer.time(sweep)
        found |= _ratios(peers, bars)
    return found


@contextmanager
def _process(name: str, file: Path, *, cache: Path) -> Iterator[Peer]:
    python = sys.executable if name in OURS else str(PYTHON)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    with subprocess.Popen(
        [python, "-m", "peers.measure", name, str(file)],
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise BenchError(f"the peer {name} does not start")
            yield Peer(process, **json.loads(line))
        finally:
            assert process.stdin is not None
            process.stdin.close()


def arbiter_trades(market: w.Market) -> np.ndarray:
    """Those of the plain loop that the tests hold the engines against."""
    spec = importlib.util.spec_from_file_location("arbiter", ARBITER)
    assert spec is not None
    assert spec.loader is not None
    arbiter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(arbiter)
    trades, _ = arbiter.play(market.columns(), fast=w.FAST, slow=w.SLOW)
    # Its rows are entry bar, exit bar, side, reason, quantity, prices, net.
    return np.array([(*row[:3], *row[4:]) for row in trades], w.TRADE)


def _compare(peers: dict[str, Peer], market: w.Market, folder: Path) -> dict[str, float]:
    wanted = arbiter_trades(market)
    found: dict[str, float] = {"peer_arbiter_trades": len(wanted)}
    for name, peer in peers.items():
        file = folder / f"{name}.npy"
        peer.ask(f"single {file}")
        if name in SLOW:
            peer.time("single")
        told = w.as_many(np.load(file), wanted)
        found[f"peer_{name}_trades"] = told["trades"]
        found[f"peer_{name}_equal_trades"] = told["equal"]
        if name in OURS and not np.array_equal(np.load(file), wanted):
            raise BenchError(f"the trades of {name} are not the arbiter's to the last bit")
    return found


def _ratios(peers: dict[str, Peer], bars: int) -> dict[str, float]:
    """Of each round's times to ours of the same round; medians."""
    found: dict[str, float] = {}
    argos = peers["argos"]
    for name, peer in peers.items():
        for note in ("single", "sweep"):
            found[f"peer_{name}_{note}_ms"] = peer.median_s(note) * 1e3
            if name == "argos":
                continue
            # Neighbours of one round, or the medians where a peer was asked only once.
            pairs = (
                [(peer.median_s(note), argos.median_s(note))]
                if name in SLOW
                else zip(peer.wall_s[note], argos.wall_s[note], strict=True)
            )
            ratio = statistics.median(theirs / ours for theirs, ours in pairs)
            found[f"peer_{name}_{note}_ratio"] = 1 / ratio if name == "bound" else ratio
    if "vectorbt" in peers:
        pairs = zip(peers["vectorbt"].wall_s["rich"], argos.wall_s["rich"], strict=True)
        found["peer_vectorbt_rich_ratio"] = statistics.median(
            theirs / ours for theirs, ours in pairs
        )
    by_bar = argos.median_s("by_bar")
    found["peer_argos_on_bar_thousand_bars_per_s"] = bars / by_bar / 1e3
    if "backtesting" in peers:
        found["peer_backtesting_on_bar_ratio"] = peers["backtesting"].median_s("single") / by_bar
    return found


def measure_cold(names: tuple[str, ...]) -> dict[str, float]:
    """From a process's start to its first trades on 20,000 bars: with no machine code on disk, and with it."""
    found: dict[str, float] = {}
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "market.npz")
            w.minutes(w.COLD_BARS).save(file)
            for when in ("first", "later"):
                began = time.perf_counter()
                with _process(name, file, cache=Path(folder, "machine-code")) as peer:
                    peer.ask("single")
                    found[f"peer_{name}_cold_{when}_s"] = time.perf_counter() - began
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is asked")
    parser.add_argument("--quick", action="store_true", help="a tenth of the bars and pairs")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    chosen = parser.parse_args()
    try:
        if chosen.quick:
            found = measure_peers(rounds=chosen.rounds, bars=w.BARS // 10, combinations=40)
        else:
            found = measure_peers(rounds=chosen.rounds) | measure_cold((*OURS, *others()))
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if chosen.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:45} {value:12.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
