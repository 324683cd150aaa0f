"""The service in one process: sources, the cycle, and whatever is set beside them, over one file."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

import structlog

from argos.consensus.vote import Direction
from argos.signals.cycle import Cycle
from argos.signals.file import FILE, SignalFile
from argos.signals.precheck import NOT_EXECUTED, RouteStanding, Verdict, verdict_of
from argos.signals.pruning import Pruner
from argos.signals.session import Session
from argos.signals.settings import SignalSettings
from argos.signals.status import STATUS_FILE, Health
from argos.signals.store import OnRecorded, SignalStore
from argos.sources.board import Board
from argos.sources.ledger import FILE as SOURCES_FILE
from argos.sources.running import running as sources_running
from argos.sources.running import utc_now
from argos.sources.settings import SourcesSettings

STANDING_EVERY_S: Final = 5.0
AGAIN_S_MAX: Final = 60.0
END_WITHIN_S: Final = 5.0
ReadStanding = Callable[[], Awaitable[RouteStanding]]
"""Reads the route's standing from the database; may be slow, may fail."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """What a task beside the cycle is given.

    board: what the sources last said. stop: set when the service ends; a task ends by it, or is cancelled. recorded:
    set when a tick left something to be told; who waits for it clears it.
    """

    file: SignalFile
    settings: SignalSettings
    board: Board
    stop: asyncio.Event
    recorded: asyncio.Event


Beside = Callable[[Deck], Awaitable[None]]


class StandingCopy:
    """The route's standing as last read. The tick looks at the copy; reading has a task of its own."""

    def __init__(self, settings: SignalSettings, *, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._clock = clock
        self._standing: RouteStanding | None = None

    def precheck(self, symbol: str, direction: Direction) -> Verdict:
        """What is not to be traded needs no route: then nothing is looked at."""
        if not self._settings.auto_execute:
            return NOT_EXECUTED
        return verdict_of(
            self._standing,
            symbol=symbol,
            max_drawdown_fraction=self._settings.max_drawdown_fraction,
            now=self._clock(),
        )

    async def refresh(self, read: ReadStanding | None) -> None:
        """Until cancelled. What cannot be read leaves the copy as it is: it grows old, and then is unknown."""
        if read is None:
            return
        failing = False
        while True:
            try:
                self._standing = await asyncio.wait_for(read(), timeout=STANDING_EVERY_S)
                failing = False
            except Exception as error:
                if not failing:
                    log.warning("the route's standing was not read", error=type(error).__name__)
                failing = True
            await asyncio.sleep(STANDING_EVERY_S)


async def run_signals(
    root: Path,
    settings: SignalSettings,
    sources: SourcesSettings,
    *,
    stop: asyncio.Event,
    clock: Callable[[], datetime] = utc_now,
    read_standing: ReadStanding | None = None,
    on_recorded: OnRecorded | None = None,
    beside: Sequence[Beside] = (),
    end_within_s: float = END_WITHIN_S,
) -> None:
    """Votes, ticks and what is beside them, until `stop`. `root` is the home. The caller holds the lock.

    Tasks beside have `end_within_s` after `stop` to end by themselves, then they are cancelled. One that breaks is
    begun again, and signals go on. Raises StoreError or InputError at the beginning.
    """
    file = SignalFile.open(root / FILE)
    try:
        standing = StandingCopy(settings, clock=clock)
        async with sources_running(sources, path=root / SOURCES_FILE, clock=clock) as board:
            session = Session(
                SignalStore(file),
                settings,
                prices=board.price,
                precheck=standing.precheck,
                on_recorded=on_recorded,
            )
            health = Health(
                started_at=clock(),
                cycle_s=settings.cycle_s,
                symbols=len(settings.symbols),
                simulated=settings.simulated,
                chain=session.chain,
            )
            cycle = Cycle(
                session,
                latest=board.latest,
                clock=clock,
                health=health,
                file=file,
                status_path=root / STATUS_FILE,
                prune=Pruner(file, settings.keep).step,
            )
            deck = Deck(
                file=file,
                settings=settings,
                board=board,
                stop=stop,
                recorded=asyncio.Event(),
            )
            tasks = [asyncio.ensure_future(_told(one, deck)) for one in beside]
            reader = asyncio.ensure_future(standing.refresh(read_standing))
            try:
                await cycle.run(stop, recorded=deck.recorded)
            finally:
                stop.set()
                reader.cancel()
                await _end([*tasks, reader], within_s=end_within_s)
    finally:
        file.close()


async def until_stopped(work: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    """Run `work` until it ends, or until `stop` is set: then it is cancelled. Raises what it raises."""
    task, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in (task, stopping):
            one.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)
    if not task.cancelled():
        task.result()


async def _told(one: Beside, deck: Deck) -> None:
    """A task that breaks is begun again, ever more slowly, as its work remains."""
    for failures in count(1):
        try:
            await one(deck)
            return
        except Exception as error:
            log.error("a task beside the cycle broke", task=_name(one), error=repr(error))
        pause_s = min(AGAIN_S_MAX, 2.0**failures)
        with suppress(TimeoutError):
            await asyncio.wait_for(deck.stop.wait(), timeout=pause_s)
            return


def _name(one: Beside) -> str:
    return getattr(one, "__qualname__", type(one).__name__)


async def _end(tasks: Sequence[asyncio.Future[None]], *, within_s: float) -> None:
    if tasks:
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), timeout=within_s)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
