"""What becomes of recorded signals: told to the database, handed over to the spine, watched until their trades close.

Four loops that outlive any outage. The file says what is still to be done; nothing else has to be remembered.
"""

import asyncio
import contextlib
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from argos.core.errors import StoreError
from argos.dsn import Access
from argos.signals.connections import Pools
from argos.signals.file import SignalFile
from argos.signals.guarding import Guard
from argos.signals.handover import Handover
from argos.signals.monitor import ExitRules
from argos.signals.outbox import Outbox, pause_s
from argos.signals.running import Deck, until_stopped
from argos.signals.settings import SignalSettings
from argos.signals.telling import SET_ASIDE, Teller, chain_name
from argos.store.signals import ServiceReport, SignalStore

POLL_S: Final = 1.0
GUARD_S: Final = 2.0
REPORT_S: Final = 10.0
_log = structlog.get_logger("argos.signals")


@dataclass(slots=True, kw_only=True)
class _Loop:
    """`step` is run until it finds nothing, and again when woken or after `poll_s`; after an error ever more slowly."""

    name: str
    step: Callable[[], Awaitable[bool]]
    poll_s: float
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        failures = 0
        while True:
            self.woken.clear()
            try:
                while await self.step():
                    failures = 0
            except Exception as error:
                failures += 1
                self._tell(error, failures)
                await asyncio.sleep(pause_s(failures))
                continue
            if failures:
                _log.info("goes_on", loop=self.name, failures=failures)
            failures = 0
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.woken.wait(), self.poll_s)

    def _tell(self, error: Exception, failures: int) -> None:
        """An outage is said once; what nobody expected is said each time, with its trace."""
        if not isinstance(error, StoreError):
            trace = traceback.format_exc(limit=8)
            _log.error("step_failed", loop=self.name, why=repr(error), trace=trace)
        elif failures == 1:
            _log.warning("waits", loop=self.name, why=str(error))


async def deliver(
    settings: SignalSettings,
    file: SignalFile,
    access: Access,
    *,
    clock: Callable[[], datetime],
    woken: asyncio.Event,
) -> None:
    """Until cancelled. Set `woken` when the file has something new; without that it is found within a second."""
    outbox, pools = Outbox(file), Pools(access)
    chain = await asyncio.to_thread(chain_name, file)
    teller = Teller(outbox, pools, chain=chain, clock=clock)
    handover = Handover(outbox, pools, clock=clock, auto_execute=settings.auto_execute)
    telling = _Loop(name="tell", step=teller.step, poll_s=POLL_S)
    handing = _Loop(name="hand_over", step=handover.step, poll_s=POLL_S)
    guard = Guard(
        file,
        pools,
        chain=chain,
        rules=ExitRules(
            time_stop_s=settings.time_stop_s, close_when_ended=settings.close_when_ended
        ),
        clock=clock,
        on_close=handing.woken.set,
    )

    async def report() -> bool:
        await _report(settings, outbox, pools, chain=chain)
        return False

    async def pass_on() -> None:
        while True:
            await woken.wait()
            woken.clear()
            telling.woken.set()
            handing.woken.set()

    loops = (
        telling,
        handing,
        _Loop(name="guard", step=guard.step, poll_s=GUARD_S),
        _Loop(name="report", step=report, poll_s=REPORT_S),
    )
    try:
        async with asyncio.TaskGroup() as group:
            for loop in loops:
                group.create_task(loop.run())
            group.create_task(pass_on())
    finally:
        await handover.aclose()
        pools.terminate()


async def _report(settings: SignalSettings, outbox: Outbox, pools: Pools, *, chain: str) -> None:
    counts = await asyncio.to_thread(outbox.counts)
    await SignalStore(await pools.of("argos_strategy")).report(
        ServiceReport(
            chain=chain,
            strategy=settings.strategy,
            version=settings.version,
            environment=settings.environment,
            route=settings.route,
            auto_execute=settings.auto_execute,
            waiting=sum(counts.waiting.values()),
            oldest_waiting_at=counts.oldest_at,
            set_aside=sum(counts.refused.get(code, 0) for code in SET_ASIDE),
        )
    )


def delivering(
    access: Access, *, clock: Callable[[], datetime]
) -> Callable[[Deck], Awaitable[None]]:
    """`deliver` as a task beside the cycle: it ends with it."""

    async def beside(deck: Deck) -> None:
        work = deliver(deck.settings, deck.file, access, clock=clock, woken=deck.recorded)
        await until_stopped(work, deck.stop)

    return beside
