"""The machine that is measured: what it is, and how busy others keep it. A figure without these says little."""

import asyncio
import os
import platform
import sys
from pathlib import Path
from typing import Final

from argos.stack.postgres_binaries import find_binaries

SAMPLE_S: Final = 2.0


class Busyness:
    """How much of all processors is taken, by whoever it is."""

    async def sample(self) -> float:
        """Share between 0 and 1 over two seconds in which we do nothing; 0 where the system does not tell."""
        before = _ticks()
        await asyncio.sleep(SAMPLE_S)
        after = _ticks()
        total = sum(after) - sum(before)
        idle = sum(after[3:5]) - sum(before[3:5])
        return 1 - idle / total if total else 0.0


def _ticks() -> list[int]:
    """Linux's counters: user, nice, system, idle, iowait, ..."""
    path = Path("/proc/stat")
    if not path.exists():
        return [0]
    return [int(word) for word in path.read_text("ascii").splitlines()[0].split()[1:9]]


def description() -> str:
    """Processors, memory and versions, in one sentence."""
    return (
        f"{os.cpu_count()} processors ({_processor()}), {_memory_gib():.0f} GiB of memory, {platform.system()} "
        f"{platform.release().partition('-')[0]}, Python {platform.python_version()}, "
        f"PostgreSQL {find_binaries(None).version}"
    )


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
