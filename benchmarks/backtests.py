"""The backtester's part of `make bench`: its own figures, then peers', each in processes of their own."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Final

from rig import BenchError, Figures

HERE: Final = Path(__file__).parent


async def measure_backtests(*, turns: int, rounds: int, quick: bool) -> Figures:
    """Speeds, memory and cold starts of ours; ratios to the bound and to the peers that are installed."""
    found = await _told("backtest_speed.py", "--turns", str(turns))
    less = ["--quick"] if quick else []
    return found | await _told("backtest_peers.py", "--rounds", str(rounds), *less)


async def _told(program: str, *arguments: str) -> Figures:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / program), *arguments, "--json", stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    if process.returncode:
        raise BenchError(f"{program} failed")
    found: Figures = json.loads(told)
    return found
