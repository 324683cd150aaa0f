"""The node's life: open the log, connect, settle, scan, say hello, work. A crash begins the same way."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from itertools import count
from typing import Any, Final, TypeVar
from uuid import UUID

import aiohttp
import structlog

from argos.core.errors import InputError, VenueError
from argos.node.backoff import Backoff
from argos.node.clock import Clock, SystemClock, unix_ms
from argos.node.conversation import FENCED, Conversation
from argos.node.doubt import DoubtBook
from argos.node.enrolment import obtain_key, write_key
from argos.node.executor import Executor, Surroundings
from argos.node.exit_codes import ExitCode
from argos.node.gateway_client import GatewayClient, GatewayError
from argos.node.lanes import Lanes
from argos.node.log import NodeLog
from argos.node.report_pump import ReportPump
from argos.node.reporter import Reporter
from argos.node.scanner import Scanner
from argos.node.session import Session
from argos.node.settings import NodeSettings
from argos.node.watch import Watch
from argos.node.work import Work
from argos.ports import Venue
from argos.protocol.commands import Command

_T = TypeVar("_T")
_LOG: Final = structlog.get_logger(__name__)


async def run_node(
    settings: NodeSettings,
    venue: Venue,
    *,
    clock: Clock | None = None,
    stop: asyncio.Event | None = None,
) -> int:
    """Runs one node until `stop` is set, or, when none is given, until SIGTERM or SIGINT.

    Gives the exit code: 0 stopped, 2 cannot start as configured, 3 a newer epoch has taken over. Any other
    failure is raised: the log holds what is needed to begin again.
    """
    clock = clock or SystemClock()
    stop = stop or _stop_on_signals()
    async with AsyncExitStack() as cleanup:
        try:
            log = NodeLog.open(
                settings.log_path, account=settings.account, now_ms=unix_ms(clock.now())
            )
            cleanup.callback(log.close)
            http = await cleanup.enter_async_context(aiohttp.ClientSession())
            cleanup.push_async_callback(venue.aclose)
            obtaining = obtain_key(settings, http=http, venue_name=venue.traits.name)
            node_key = await _unless_stopped(stop, obtaining)
        except InputError as error:
            _LOG.error("node.cannot_start", code=error.code, reason=error.message, fix=error.fix)
            return ExitCode.MISCONFIGURED
        if node_key is None:
            return ExitCode.STOPPED
        client = GatewayClient(
            http=http,
            url=settings.gateway_url,
            node_key=node_key,
            take_counter=log.take_counter,
            clock=clock,
        )
        surroundings = Surroundings(
            venue=venue,
            log=log,
            session=Session(clock=clock, timings=settings.timings),
            reporter=Reporter(account=settings.account),
            doubts=DoubtBook(),
            limits=settings.limits,
        )
        return await Node(settings, surroundings, client=client, stop=stop).run()


class Node:
    """The tasks of one node and how they begin and end; what they do stands in the other modules."""

    def __init__(
        self,
        settings: NodeSettings,
        node: Surroundings,
        *,
        client: GatewayClient,
        stop: asyncio.Event,
    ) -> None:
        self._settings = settings
        self._node = node
        self._stop = stop
        self._fenced = asyncio.Event()
        self._greeted = asyncio.Event()
        self._scanner = Scanner(
            venue=node.venue, log=node.log, session=node.session, reporter=node.reporter
        )
        self._executor = Executor(node, scanner=self._scanner)
        self._pump = ReportPump(client=client, log=node.log, session=node.session)
        key_file = settings.key_file
        self._conversation = Conversation(
            node,
            client=client,
            scanner=self._scanner,
            keep_key=partial(write_key, key_file) if key_file and settings.key is None else None,
        )
        self._watch = Watch(node, scanner=self._scanner)

    async def run(self) -> ExitCode:
        if await _unless_stopped(self._stop, self._begin()) is None:
            return ExitCode.STOPPED
        async with asyncio.TaskGroup() as group:
            lanes = Lanes(
                run=self._executor.execute,
                abandon=self._executor.abandon,
                spawn=group.create_task,
                lanes_max=self._settings.lanes_max,
                queue_max=self._settings.queue_max,
            )
            background = [
                group.create_task(self._watch.scan_periodically(lanes.put)),
                group.create_task(self._watch.follow_hints()),
                group.create_task(self._refresh_instruments()),
            ]
            reporting = group.create_task(self._report())
            talking = group.create_task(self._talk(lanes))
            await _first_of(self._stop.wait(), self._fenced.wait())
            talking.cancel()
            await lanes.close()
            reporting.cancel()
            await self._flush_last()
            for task in background:
                task.cancel()
        if self._fenced.is_set():
            _LOG.error("node.fenced", reason="a newer epoch of this node has taken over")
            return ExitCode.FENCED
        return ExitCode.STOPPED

    async def _begin(self) -> bool:
        """Connected, every open call of before in doubt, and everything at the venue seen once."""
        await self._persist(self._connect, what="node.connect_waits")
        self._executor.settle()
        await self._persist(self._scanner.everything, what="node.first_scan_waits")
        return True

    async def _connect(self) -> None:
        await self._node.venue.connect()
        self._conversation.learn_instruments(await self._node.venue.instruments())

    async def _talk(self, lanes: Lanes) -> None:
        await self._persist(self._conversation.hello, what="node.hello_waits")
        _LOG.info("node.working", epoch=self._node.session.epoch)
        self._greeted.set()
        backoff, again = Backoff.of(self._node.session.timings), self._again()
        in_flight: Sequence[UUID] = ()
        while True:
            try:
                commands = await self._conversation.poll(in_flight=in_flight)
            except GatewayError as error:
                if error.code == FENCED and error.believed:
                    self._node.session.fenced = True
                    self._fenced.set()
                    return
                _LOG.warning("node.poll_waits", code=error.code, reason=error.message)
                await asyncio.sleep(backoff.next_s())
                in_flight = lanes.in_flight
                continue
            backoff.reset()
            if self._conversation.facts_awaited:
                self._pump.hurry()
            if not commands or self._take(lanes, commands):
                again.reset()
                in_flight = lanes.in_flight
                # The lanes first: what they took goes out before the next poll is written.
                await asyncio.sleep(0)
            else:
                # What has a place is in flight at the next poll; this would come at once, as often as we ask.
                _LOG.warning("node.lanes_full", commands=len(commands))
                await asyncio.sleep(again.next_s())
                in_flight = lanes.in_flight
            await self._conversation.renew_key()

    def _take(self, lanes: Lanes, commands: Sequence[Command]) -> int:
        """Puts the commands into their lanes; how many found a place."""
        session = self._node.session
        given_ms = session.clock.monotonic_ms() - session.answer_age_ms
        return sum(
            lanes.put(Work(command=command, lease_until_ms=given_ms + command.lease_ms))
            for command in commands
        )

    async def _report(self) -> None:
        await self._greeted.wait()
        await self._pump.run()

    async def _flush_last(self) -> None:
        """What is known goes home before the end, if the gateway is there; else after the next start."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._node.session.timings.flush_ms_max / 1000):
                await self._greeted.wait()
                await self._persist(self._pump.flush, what="node.last_reports_wait")

    async def _refresh_instruments(self) -> None:
        while True:
            await asyncio.sleep(self._node.session.timings.instruments_ms / 1000)
            with suppress(VenueError):
                self._conversation.learn_instruments(await self._node.venue.instruments())

    async def _persist(self, step: Callable[[], Awaitable[object]], *, what: str) -> None:
        """Tries `step` until it succeeds, with bounded waits. Tells failure 1, 2, 4, 8 and so on: it may take days."""
        backoff = Backoff.of(self._node.session.timings)
        for failures in count(1):
            try:
                await step()
            except (VenueError, GatewayError) as error:
                if failures & (failures - 1) == 0:
                    _LOG.warning(what, code=error.code, reason=error.message, failures=failures)
                await asyncio.sleep(backoff.next_s())
            else:
                return

    def _again(self) -> Backoff:
        timings = self._node.session.timings
        return Backoff(ms_min=timings.retry_ms_min, ms_max=timings.again_ms_max)


async def _unless_stopped(stop: asyncio.Event, step: Coroutine[Any, Any, _T]) -> _T | None:
    """What `step` gives, or None, with `step` cancelled, when `stop` comes first."""
    task = asyncio.create_task(step)
    try:
        await _first_of(stop.wait(), asyncio.wait((task,)))
        return await task if task.done() else None
    finally:
        task.cancel()


async def _first_of(*waits: Coroutine[Any, Any, object]) -> None:
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set, on every platform."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    return stop
