"""Leases for polls that find work at the same moment: one decision wakes several accounts, one turn serves them all.

There is no collection window: while one turn commits, the next one gathers. A turn does not wait for what holds one of
its accounts up: then each of them leases on its own.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from argos.flows.lease import Asker, LeaseStore, NodeSession, lease_together, require_newest
from argos.protocol.commands import Command

TURNS_MAX: Final = 2
"""So many transactions lease for several accounts at once; one that is held up must not hold up all."""
ASKERS_MAX: Final = 16

_Waiting = tuple[Asker, asyncio.Future[list[Command]]]


class LeaseTurns:
    """Gathers the polls of one gateway. An account is in one turn only: its second poll waits for the first one's."""

    def __init__(self, store: LeaseStore, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._under_way: set[str] = set()
        self._turns = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def lease(
        self, session: NodeSession, *, in_flight: Sequence[UUID], glanced: Mapping[str, Any]
    ) -> list[Command]:
        """The commands that this node shall carry out now. Empty when nothing may leave.

        `glanced`: the node's newest `epoch`, and whether `anything_waits`, read just before and without a lock.
        Raises InputError with NODE_EPOCH_FENCED when a newer session of the node exists.
        """
        require_newest(session, epoch=glanced["epoch"])
        if not glanced["anything_waits"]:
            return []
        future: asyncio.Future[list[Command]] = asyncio.get_running_loop().create_future()
        self._waiting.append((Asker(session=session, in_flight=in_flight), future))
        self._begin_turns()
        return await future

    def _begin_turns(self) -> None:
        if self._turns < TURNS_MAX:
            self._turns += 1
            self._spawn(self._take_turns())

    async def _take_turns(self) -> None:
        try:
            while group := self._take_group():
                await self._lease(group, patient=False)
        finally:
            self._turns -= 1

    def _take_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        later: list[_Waiting] = []
        for waiting in self._waiting:
            account = waiting[0].session.account
            if account in self._under_way or len(group) == ASKERS_MAX:
                later.append(waiting)
            else:
                self._under_way.add(account)
                group.append(waiting)
        self._waiting = later
        return group

    async def _lease(self, group: list[_Waiting], *, patient: bool) -> None:
        """Answer the group, or, should that fail, each on its own, beside the turns that follow."""
        askers = [asker for asker, _ in group]
        answers: list[list[Command] | Exception]
        try:
            answers = [
                *await lease_together(self._store, askers, clock=self._clock, patient=patient)
            ]
        except Exception as error:
            # whatever it is, it is the polls' answer: they are waiting for one
            if not patient:
                for waiting in group:
                    self._spawn(self._lease([waiting], patient=True))
                return
            answers = [error] * len(group)
        self._settle(group, answers)

    def _settle(self, group: list[_Waiting], answers: Sequence[list[Command] | Exception]) -> None:
        for (asker, future), answer in zip(group, answers, strict=True):
            self._under_way.discard(asker.session.account)
            if future.done():  # its poll has gone
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        if self._waiting:
            self._begin_turns()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
