"""One tick of the signal service, store included.

500 symbols, four sources, and at every tick a new vote of one source on each symbol, as Massive gives them; some of the
symbols fire. Processor time of the tick's thread, not seconds of a busy machine. The floor is what no tick can be
without: the same new votes as rows in one synced SQLite transaction, plus the consensus alone over the same board.
"""

import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from argos.consensus.replay import Board
from argos.consensus.settings import ConsensusSettings, Method, SourceRules
from argos.consensus.vote import Direction, Vote, VoteStatus
from argos.signals.file import SignalFile
from argos.signals.precheck import CheckResult, Verdict
from argos.signals.session import Session
from argos.signals.settings import SessionRule, SignalSettings
from argos.signals.store import SignalStore
from rig import Figures

SYMBOLS = tuple(f"S{number:03}" for number in range(500))
TICKS = 40
TICK = timedelta(seconds=5)
START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LEANS_LONG = 0.6
"""Share of the votes that are for a rise: enough that signals come, stand and end."""


def vote(rules: SourceRules, symbol: str, *, now: datetime, chance: random.Random) -> Vote:
    rises = chance.random() < LEANS_LONG
    p_mille = chance.randrange(501, 981) if rises else chance.randrange(20, 500)
    return Vote(
        source=rules.source,
        symbol=symbol,
        direction=Direction.LONG if rises else Direction.SHORT,
        p_up=Decimal(p_mille) / 1000,
        as_of=now - timedelta(seconds=chance.uniform(0, 4)),
        fetched_at=now,
        status=VoteStatus.FRESH,
        reason="LEANS_UP" if rises else "LEANS_DOWN",
        inputs_hash=f"{chance.getrandbits(256):064x}",
    )


def days(settings: ConsensusSettings) -> list[list[Vote]]:
    """The votes that are new at each tick; all of them at the first."""
    chance = random.Random(1)
    return [
        [
            vote(rules, symbol, now=START + tick * TICK, chance=chance)
            for symbol in SYMBOLS
            for rules in settings.sources
            if tick == 0 or rules.required
        ]
        for tick in range(TICKS)
    ]


def measure(settings: SignalSettings, new: list[list[Vote]], path: Path) -> dict[str, list[float]]:
    """Milliseconds of processor time and of the clock on the wall, of each tick; how many signals it gave."""
    file = SignalFile.open(path)
    passed = Verdict(result=CheckResult.PASSED, code="", text="")
    session = Session(
        SignalStore(file),
        settings,
        prices=lambda _symbol: Decimal("12.5"),
        precheck=lambda _symbol, _direction: passed,
    )
    latest: dict[tuple[str, str], Vote] = {}
    found: dict[str, list[float]] = {"cpu_ms": [], "wall_ms": [], "fired": []}
    for tick, votes in enumerate(new):
        latest.update({(one.source, one.symbol): one for one in votes})
        cpu, wall = time.thread_time(), time.perf_counter()
        done = session.tick(tuple(latest.values()), now=START + tick * TICK)
        found["cpu_ms"].append((time.thread_time() - cpu) * 1e3)
        found["wall_ms"].append((time.perf_counter() - wall) * 1e3)
        found["fired"].append(done.fired)
        assert done.symbols == len(SYMBOLS)
    file.close()
    return found


def floor(settings: SignalSettings, new: list[list[Vote]], path: Path) -> list[float]:
    """Processor time of the consensus alone and of bare rows of the same columns, per tick."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    columns = "voter integer, wording integer, p_up_mille integer, age_us integer, inputs_hash blob"
    connection.execute(f"CREATE TABLE votes (number integer PRIMARY KEY, {columns})")
    board, spent, number = Board(), [], 0
    said = (1234, 1, 567, 1_234_567, bytes(32))
    for tick, votes in enumerate(new):
        now = START + tick * TICK
        for one in votes:
            board.take(replace(one, fetched_at=now))
        cpu = time.thread_time()
        board.tick(now, settings.consensus)
        connection.execute("BEGIN IMMEDIATE")
        rows = [(number + place, *said) for place in range(1, len(votes) + 1)]
        connection.executemany("INSERT INTO votes VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        spent.append((time.thread_time() - cpu) * 1e3)
        number += len(votes)
    connection.close()
    return spent


async def measure_signal_cycle() -> Figures:
    """Both methods, one after the other."""
    found: Figures = {}
    for method in Method:
        found |= await asyncio.to_thread(_measure_method, method)
    return found


def _measure_method(method: Method) -> Figures:
    settings = SignalSettings(
        symbols=SYMBOLS,
        consensus=replace(ConsensusSettings(), method=method),
        session=SessionRule.ALWAYS,
    )
    new = days(settings.consensus)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(settings, new, Path(folder) / "signals.sqlite")
        bare = floor(settings, new, Path(folder) / "floor.sqlite")
    cpu, least = found["cpu_ms"], statistics.median(bare[1:])
    name = f"signals_{method.value}"
    return {
        f"{name}_tick_median_cpu_ms": statistics.median(cpu[1:]),
        f"{name}_tick_max_cpu_ms": max(cpu),
        f"{name}_ratio_to_floor": statistics.median(cpu[1:]) / least,
    }
