"""What twenty nodes that have nothing to do cost one gateway process: its CPU time over the time that passes.

Half of them are Python MT5 nodes, which wait in one long poll, half are expert advisors, which may not: each of their
polls blocks the terminal's only thread for a second at most. All are enrolled, signed in and looking at their accounts.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Final

from memory import MemoryWatch
from mt5_nodes import Kind, mt5_plan, mt5_wrap
from rig import Figures
from street import open_street

COUNTS: Final = {Kind.PYTHON: 10, Kind.EA: 10}
TERMINAL_POLL_MS: Final = 1_000
"""How often the Python nodes ask their stand-ins for news: that load is their own and the broker's."""
CALM_DOWN_S: Final = 5.0


async def measure_idle_nodes(*, seconds: float, memory: MemoryWatch) -> Figures:
    make_plan = mt5_plan(COUNTS, poll_ms=TERMINAL_POLL_MS)
    async with open_street(make_plan, wrap=mt5_wrap) as street:
        street.watch(memory)
        gateway = street.running.children.pids["gateway"]
        await asyncio.sleep(CALM_DOWN_S)
        cpu_s, wall_s = _cpu_s(gateway), time.monotonic()
        await asyncio.sleep(seconds)
        used_s, passed_s = _cpu_s(gateway) - cpu_s, time.monotonic() - wall_s
    return {
        "idle_nodes": sum(COUNTS.values()),
        "idle_20_nodes_gateway_cpu_pct": 100 * used_s / passed_s,
    }


def _cpu_s(pid: int) -> float:
    """User and system time of a process so far, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
