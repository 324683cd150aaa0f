"""A whole node in this process, at a broker in memory that lives in real time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from argos.core.errors import VenueUnreachable
from argos.core.instrument import Instrument
from argos.node.exit_codes import ExitCode
from argos.node.runtime import run_node
from argos.node.settings import NodeSettings, NodeTimings
from argos.ports import VenueAnswer, VenueOrder
from argos.protocol.commands import Command
from unit.node.fake_venue import FakeClock, FakeVenue, instrument
from unit.node.rig import entry as entry_of_long_ago

TIMINGS = NodeTimings(
    poll_wait_ms=200,
    scan_ms=20,
    scan_gap_ms=1,
    scan_gap_awaited_ms=1,
    report_rest_ms=1,
    hint_settle_ms=1,
    retry_ms_min=1,
    retry_ms_max=20,
    flush_ms_max=2_000,
    instruments_ms=30,
)


class NowClock(FakeClock):
    """The system's clock, for a broker that lives in real time; `advance` has nothing to move."""

    def now(self) -> datetime:
        return datetime.now(tz=UTC)

    def advance(self, ms: int) -> None: ...


class LiveVenue(FakeVenue):
    """The fake broker with a gate before submits and a say in connecting and hints."""

    def __init__(self, *, unique_client_ids: bool = False) -> None:
        super().__init__(NowClock(), unique_client_ids=unique_client_ids)
        self.gate = asyncio.Event()
        self.gate.set()
        self.connect_failures = 0
        self.connected = 0
        self.closed = False
        self.hint = asyncio.Event()
        self.more_instruments: tuple[str, ...] = ()

    async def connect(self) -> None:
        if self.connect_failures:
            self.connect_failures -= 1
            raise VenueUnreachable("not yet")
        self.connected += 1

    async def aclose(self) -> None:
        self.closed = True

    async def instruments(self) -> Sequence[Instrument]:
        return (*await super().instruments(), *map(instrument, self.more_instruments))

    async def submit(self, order: VenueOrder, *, timeout_s: float) -> VenueAnswer:
        await self.gate.wait()
        return await super().submit(order, timeout_s=timeout_s)

    async def hints(self) -> AsyncIterator[str]:
        while True:
            await self.hint.wait()
            self.hint.clear()
            yield ""


def entry(name: str = "a", **changes: object) -> Command:
    now = datetime.now(tz=UTC)
    times = {"valid_until": now + timedelta(minutes=1), "alert_received_at": now}
    return entry_of_long_ago(name, **{**times, **changes})


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.002)


@asynccontextmanager
async def running(
    settings: NodeSettings, venue: LiveVenue, *, exit_code: ExitCode = ExitCode.STOPPED
) -> AsyncIterator[asyncio.Event]:
    """A node at work, stopped at the end unless it has stopped by itself."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_node(settings, venue, stop=stop))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(10):
            code = await task
    assert code == exit_code
    assert venue.closed
