"""Plays one peer in a process of its own: `python -m peers.measure PEER MARKET.npz`, then one order a line on stdin.

Each order is answered by one line of JSON; `backtest_peers.py` gives them, to all peers in turn.
"""

import argparse
import gc
import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np

from peers import workload as w


def memory_mib(name: str) -> float:
    """VmRSS now, or VmHWM, the peak."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def timed(work) -> tuple[float, float, object]:
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    done = work()
    return time.perf_counter() - wall, time.process_time() - processor, done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer")
    parser.add_argument("market", type=Path)
    chosen = parser.parse_args()
    market = w.load(chosen.market)
    with_data_mib = memory_mib("VmRSS")
    module = importlib.import_module(f"peers.peer_{chosen.peer}")
    peers = {len(market): module.Peer(market)}
    print(json.dumps({"name": module.NAME, "version": module.version()}), flush=True)
    rich = None
    for line in sys.stdin:
        what, *words = line.split()
        if what == "memory":
            answer = {"peak_mib": memory_mib("VmHWM") - with_data_mib}
        elif what == "rich":
            rich = rich or module.RichPeer(market)
            wall, processor, trades = timed(rich.single)
            answer = {"wall_s": wall, "processor_s": processor, "trades": len(trades)}
        elif what in {"single", "by_bar"}:
            wall, processor, trades = timed(getattr(peers[len(market)], what))
            answer = {"wall_s": wall, "processor_s": processor}
            if words:
                np.save(words[0], trades)
        else:
            bars, combinations = int(words[0]), int(words[1])
            if bars not in peers:
                peers[bars] = module.Peer(market.head(bars))
            peer, grid = peers[bars], w.GRID[:: len(w.GRID) // combinations][:combinations]
            wall, processor, done = timed(lambda peer=peer, grid=grid: peer.sweep(grid))
            scale = combinations / done
            answer = {"wall_s": wall * scale, "processor_s": processor * scale, "done": done}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
