"""The cycle: every five seconds the sources' latest votes become a tick. It waits for no source and no database.

A tick runs in a thread of its own, so that a slow disk holds up no other task. A tick that could not be stored is as if
it had never been. Ticks that were missed are not made up. Old rows are pruned after a tick, never beside one.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog

from argos.consensus.vote import Vote
from argos.core.errors import StoreError
from argos.signals.file import SignalFile
from argos.signals.session import Session, Ticked
from argos.signals.status import Health, write_status

Latest = Callable[[], tuple[Vote, ...]]

log = structlog.get_logger()


def next_due(due_s: float, *, now_s: float, every_s: float) -> tuple[float, int]:
    """When the tick after that of `due_s` is due, and how many before it are missed."""
    missed = max(int((now_s - due_s) // every_s), 0)
    return due_s + (missed + 1) * every_s, missed


class Cycle:
    def __init__(
        self,
        session: Session,
        *,
        latest: Latest,
        clock: Callable[[], datetime],
        health: Health,
        file: SignalFile,
        status_path: Path,
        prune: Callable[[datetime], bool] | None = None,
    ) -> None:
        """`prune` takes one small step of pruning, after each tick that left half of its time or more."""
        self._session = session
        self._latest = latest
        self._clock = clock
        self._health = health
        self._file = file
        self._status_path = status_path
        self._prune = prune
        self._prune_fails = False

    async def run(self, stop: asyncio.Event, *, recorded: asyncio.Event) -> None:
        """Until `stop`. `recorded` is set after every tick that left something to be told."""
        loop, every_s = asyncio.get_running_loop(), self._health.cycle_s
        due = loop.time()
        try:
            while not stop.is_set():
                ticked = await self.once()
                if ticked is not None and (ticked.fired or ticked.ended):
                    recorded.set()
                due, missed = next_due(due, now_s=loop.time(), every_s=every_s)
                self._health.missed += missed
                if ticked is not None and due - loop.time() >= every_s / 2:
                    await asyncio.to_thread(self._prune_step, ticked.at)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), timeout=due - loop.time())
        finally:
            now = self._health.ended_at = self._clock()
            self._tell(now)

    async def once(self) -> Ticked | None:
        """One tick and its status; None when it could not be stored."""
        votes, now = self._latest(), self._clock()
        ticked = await asyncio.to_thread(self._tick, votes, now)
        await asyncio.to_thread(self._tell, now)
        return ticked

    def _tick(self, votes: tuple[Vote, ...], now: datetime) -> Ticked | None:
        began, cpu_began = time.perf_counter(), time.thread_time()
        try:
            ticked = self._session.tick(votes, now=now)
        except StoreError as error:
            self._skipped(error.code, now)
            log.error("the tick was not stored", code=error.code, message=error.message)
            return None
        if ticked.skipped:
            if not self._health.skipped:
                log.warning("no tick: the clock stands or went back", code=ticked.skipped)
            self._skipped(ticked.skipped, now)
            return ticked
        health = self._health
        health.tick_number, health.tick_at = ticked.number, ticked.at
        health.tick_ms = (time.perf_counter() - began) * 1e3
        health.tick_cpu_ms = (time.thread_time() - cpu_began) * 1e3
        health.ticks += 1
        health.fired += ticked.fired
        health.reasons = ticked.reasons
        health.chain = self._session.chain
        if health.skipped:
            log.info("ticks again", after=health.skipped, ticks_skipped=health.skipped_ticks)
        health.skipped, health.skipped_since, health.skipped_ticks = "", None, 0
        if ticked.fired:
            log.info("signals", fired=ticked.fired, valid=ticked.valid, chain=health.chain.sequence)
        return ticked

    def _prune_step(self, now: datetime) -> None:
        if self._prune is None:
            return
        try:
            self._prune(now)
            self._prune_fails = False
        except StoreError as error:
            if not self._prune_fails:
                log.warning("old rows are not pruned", code=error.code, message=error.message)
            self._prune_fails = True

    def _skipped(self, code: str, now: datetime) -> None:
        health = self._health
        if health.skipped != code:
            health.skipped, health.skipped_since, health.skipped_ticks = code, now, 0
        health.skipped_ticks += 1

    def _tell(self, now: datetime) -> None:
        try:
            write_status(self._status_path, self._health, now=now, file=self._file)
        except (StoreError, OSError) as error:
            log.warning("the status was not written", error=type(error).__name__)
