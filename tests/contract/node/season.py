"""Runs the cards of a session several at a time, so that one waits while another works; each test awaits its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contract.node.desk_making import Desks
from contract.node.desks import Desk
from contract.node.node_process import prepare_processes
from contract.node.nodes import VenueKind, Wishes
from expert_process import built_host

AT_ONCE: Final = 8
CARD_S_MAX: Final = 300.0

Play = Callable[[Desk], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTest:
    """What holds a card: a coroutine, and the desk it wants."""

    id: str
    play: Play
    wishes: Wishes


PLAYS: Final[dict[str, list[CardTest]]] = {}
"""The tests of each card, by its id; one each, which a test holds."""


def card(card_id: str, **wishes: Any) -> Callable[[Play], Play]:
    """Marks the test of a card of the table."""

    def mark(play: Play) -> Play:
        test = CardTest(id=card_id, play=play, wishes=Wishes(**wishes))
        PLAYS.setdefault(card_id, []).append(test)
        return play

    return mark


@dataclass(frozen=True, slots=True)
class Job:
    card_id: str
    kind: VenueKind
    hedging: bool


class Season:
    """All jobs begin as others end. Outcomes are kept until a test asks for them."""

    def __init__(self, jobs: Sequence[Job], *, folder: Path) -> None:
        self._waiting = list(reversed(jobs))
        self._desks = Desks(folder)
        self._outcomes: dict[Job, asyncio.Future[None]] = {}
        self._workers: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        await asyncio.to_thread(prepare_processes)
        if any(job.kind is VenueKind.MT5_EA for job in self._waiting):
            await asyncio.to_thread(built_host)
        loop = asyncio.get_running_loop()
        self._outcomes = {job: loop.create_future() for job in self._waiting}
        self._workers = [loop.create_task(self._work()) for _ in range(AT_ONCE)]

    async def outcome(self, job: Job) -> None:
        """Raises what the card's test raised."""
        await self._outcomes[job]

    async def end(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        for outcome in self._outcomes.values():
            outcome.cancel()
        self._desks.brokers.end()

    async def _work(self) -> None:
        while self._waiting:
            job = self._waiting.pop()
            outcome = self._outcomes[job]
            try:
                async with asyncio.timeout(CARD_S_MAX):
                    await self._play(job)
            except Exception as error:
                # What a test raises is that test's outcome, whatever it is; the others go on.
                outcome.set_exception(error)
            else:
                outcome.set_result(None)

    async def _play(self, job: Job) -> None:
        (test,) = PLAYS[job.card_id]
        async with self._desks.desk(job.kind, hedging=job.hedging, wishes=test.wishes) as desk:
            await test.play(desk)
