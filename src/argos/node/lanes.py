"""Lanes: commands of one symbol strictly one after another, different symbols side by side."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final
from uuid import UUID

import structlog

from argos.node.work import Outcome, Work

_LOG: Final = structlog.get_logger(__name__)


class Lanes:
    """Bounded: `queue_max` commands in all lanes together, `lanes_max` of them at work at once.

    What does not fit is dropped, as is everything behind a command that was dropped: the gateway leases
    it again, in order. `abandon` is told when `run` fails in a way nobody foresaw; if it fails too, so does
    the task that `spawn` made, and with it the node.
    """

    def __init__(
        self,
        *,
        run: Callable[[Work], Awaitable[Outcome]],
        abandon: Callable[[Work], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        lanes_max: int,
        queue_max: int,
    ) -> None:
        self._run = run
        self._abandon = abandon
        self._spawn = spawn
        self._queue_max = queue_max
        self._slots = asyncio.Semaphore(lanes_max)
        self._queues: dict[str, deque[Work]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._held: set[UUID] = set()
        self._closed = False

    @property
    def in_flight(self) -> Sequence[UUID]:
        """Commands that are queued or at work."""
        return tuple(self._held)

    def put(self, work: Work) -> bool:
        """Queues the command; False when it is here already, when the lanes are full, or closed."""
        command_id = work.command.command_id
        if self._closed or command_id in self._held or len(self._held) >= self._queue_max:
            return False
        self._held.add(command_id)
        symbol = work.command.symbol
        self._queues.setdefault(symbol, deque()).append(work)
        if symbol not in self._tasks:
            self._tasks[symbol] = self._spawn(self._drain(symbol))
        return True

    async def close(self) -> None:
        """Drops what is queued and waits for the commands at work: a venue call is never cut short."""
        self._closed = True
        for symbol in self._queues:
            self._drop_queue(symbol)
        await asyncio.gather(*self._tasks.values())

    async def _drain(self, symbol: str) -> None:
        queue = self._queues[symbol]
        while queue:
            work = queue.popleft()
            async with self._slots:
                outcome = await self._run_guarded(work)
            self._held.discard(work.command.command_id)
            if outcome is Outcome.DROPPED:
                _LOG.info("node.command_given_back", command_id=str(work.command.command_id))
                self._drop_queue(symbol)
            # A long queue must not keep polls, scans and a stop from their turn.
            await asyncio.sleep(0)
        del self._queues[symbol], self._tasks[symbol]

    async def _run_guarded(self, work: Work) -> Outcome:
        try:
            return await self._run(work)
        except Exception:
            _LOG.exception("node.command_failed", command_id=str(work.command.command_id))
            self._abandon(work)
            return Outcome.DROPPED

    def _drop_queue(self, symbol: str) -> None:
        queue = self._queues[symbol]
        self._held.difference_update(work.command.command_id for work in queue)
        queue.clear()
