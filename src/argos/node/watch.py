"""When the node looks at its venue: regularly, and sooner when there is reason to."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import structlog

from argos.core.errors import VenueUnreachable
from argos.node.backoff import Backoff
from argos.node.executor import Surroundings
from argos.node.hints import Hints
from argos.node.lifetimes import Lifetimes
from argos.node.resolver import Resolver
from argos.node.scanner import Scanner
from argos.node.work import Work

_LOG: Final = structlog.get_logger(__name__)


class Watch:
    """Two tasks of a node: one follows the venue's hints, one scans and judges what is in doubt."""

    def __init__(self, node: Surroundings, *, scanner: Scanner) -> None:
        self._venue = node.venue
        self._session = node.session
        self._doubts = node.doubts
        self._log = node.log
        self._read = node.log.read
        self._reporter = node.reporter
        self._flags_told: Mapping[str, Any] = {}
        self._scanner = scanner
        self._hints = Hints()
        self._lifetimes = Lifetimes(venue=node.venue, log=node.log, session=node.session)
        self._resolver = Resolver(
            venue=node.venue,
            log=node.log,
            session=node.session,
            reporter=node.reporter,
            doubts=node.doubts,
        )

    async def scan_periodically(self, put: Callable[[Work], object]) -> None:
        """For ever; what a look says must be sent again goes to `put`."""
        backoff = Backoff.of(self._session.timings)
        while True:
            await self._until_next_scan()
            self._tell_flags()
            try:
                look = await self._scanner.fresh()
            except VenueUnreachable as error:
                _LOG.warning("node.scan_failed", code=error.code, reason=error.message)
                await asyncio.sleep(backoff.next_s())
                continue
            backoff.reset()
            await self._lifetimes.enforce(look.scan)
            for work in self._resolver.judge(look):
                put(work)

    def _tell_flags(self) -> None:
        """What terminal and account permit goes home when it has changed. That the node lives, its polls say."""
        flags = self._venue.standing().flags
        if flags == self._flags_told:
            return
        with self._log.transaction(durable=False) as writer:
            writer.add_fact(self._reporter.heartbeat(flags, at=self._session.now()))
        self._flags_told = flags

    async def _until_next_scan(self) -> None:
        """The scan interval, or until a hint or a doubt asks for one; never sooner than the gap."""
        clock, timings = self._session.clock, self._session.timings
        due_ms = clock.monotonic_ms() + timings.scan_ms
        await asyncio.sleep(timings.scan_gap_awaited_ms / 1000)
        if not self._read.awaits_fill():
            rest_ms = timings.scan_gap_ms - timings.scan_gap_awaited_ms
            await asyncio.sleep(max(0, rest_ms) / 1000)
        if (next_look_ms := self._doubts.next_look_ms) is not None:
            due_ms = min(due_ms, next_look_ms)
        with suppress(TimeoutError):
            async with asyncio.timeout((due_ms - clock.monotonic_ms()) / 1000):
                await self._until_told_something_new()

    async def _until_told_something_new(self) -> None:
        """Most hints tell of our own fills, which the answer to our call tells too, about then."""
        while True:
            await self._hints.wait()
            if not self._read.awaits_fill():
                await asyncio.sleep(self._session.timings.hint_settle_ms / 1000)
            if self._hints.take(is_known=self._read.has_execution):
                return

    async def follow_hints(self) -> None:
        """For ever: the venue's hints bring scans forward."""
        backoff = Backoff.of(self._session.timings)
        while True:
            with suppress(VenueUnreachable):
                async for venue_exec_id in self._venue.hints():
                    self._hints.add(venue_exec_id)
                    backoff.reset()
            await asyncio.sleep(backoff.next_s())
