"""One thread for all calls to the terminal, one after the other: its pipe is not safe for more.

A call that does not come back keeps the thread; those behind it wait, and end as doubt when their time is over.
So a look that is complete began after everything that was sent before it had come back, however late.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from argos.core.errors import InputError, VenueUnreachable

_T = TypeVar("_T")
_Job = tuple[Callable[[], Any], "Future[Any]"]

_UNREADABLE: Final = (
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    InputError,
)


class TerminalThread:
    """Started by its first call. A daemon: a terminal that hangs shall not keep the process alive."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def call(self, work: Callable[[], _T], *, timeout_s: float) -> _T:
        """What `work` gives. Raises VenueUnreachable when it did not in time.

        What had not begun by then never begins; what had goes on, and its outcome is open. An answer of
        unexpected form counts as none.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="mt5-terminal", daemon=True)
            self._thread.start()
        done: Future[_T] = Future()
        self._jobs.put((work, done))
        try:
            # Not wait_for: it can swallow a cancellation that meets the answer (Python 3.11).
            async with asyncio.timeout(timeout_s):
                return await asyncio.wrap_future(done)
        except TimeoutError as error:
            raise VenueUnreachable(
                f"the terminal gave no answer in {timeout_s:g} s", code="VENUE_TIMEOUT"
            ) from error
        except _UNREADABLE as error:
            raise VenueUnreachable(
                f"an answer of unexpected form: {error!r}", code="VENUE_ANSWER_UNREADABLE"
            ) from error

    async def stop(self, last: Callable[[], object], *, timeout_s: float) -> None:
        """Do `last` and end the thread, or leave it behind if it does not come back."""
        if self._thread is None:
            return
        with suppress(VenueUnreachable):  # it hangs: the daemon thread ends with the process
            await self.call(last, timeout_s=timeout_s)
        self._jobs.put(None)
        self._thread = None

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, done = job
            if not done.set_running_or_notify_cancel():
                continue
            try:
                done.set_result(work())
            except Exception as error:  # handed to the caller, who judges it
                done.set_exception(error)
