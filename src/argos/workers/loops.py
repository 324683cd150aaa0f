"""The worker's loops: each takes what waits, and sleeps until it is woken or a slow poll is due.

A broad `except` stands here and nowhere else: a loop that dies silently would be worse than any error.
"""

import asyncio
import contextlib
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

SLOW_POLL_S: Final = 1.0
BACKOFF_S_MIN: Final = 0.1
BACKOFF_S_MAX: Final = 5.0
_log = structlog.get_logger("argos.worker")


@dataclass(slots=True)
class Loop:
    """`step` does one piece of work and says whether there was any. Woken or not, it runs every `slow_poll_s`."""

    name: str
    step: Callable[[], Awaitable[bool]]
    slow_poll_s: float = SLOW_POLL_S
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until cancelled. An error is logged and the step tried again, ever more slowly."""
        backoff_s = BACKOFF_S_MIN
        while True:
            self.woken.clear()
            try:
                while await self.step():
                    backoff_s = BACKOFF_S_MIN
            except Exception as error:
                _log.error(
                    "step_failed",
                    loop=self.name,
                    why=f"{type(error).__name__}: {error}",
                    trace=traceback.format_exc(limit=8),
                )
                await asyncio.sleep(backoff_s)
                backoff_s = min(BACKOFF_S_MAX, backoff_s * 2)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.woken.wait(), self.slow_poll_s)
