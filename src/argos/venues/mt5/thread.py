"""One thread for all calls to the terminal, one after the other: its pipe is not safe for more.

A call that does not come back keeps the thread; those behind it wait, and end as doubt when their time is over.
So a look that is complete began after everything that was sent before it had come back, however late.

Urgent calls go before those that wait, and between the questions of one that asks many: an order shall not wait for
a look at a long history. Such a look shows that order or does not; it began too early to prove anything of it.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
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
        self._urgent: SimpleQueue[_Job] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def call(self, work: Callable[[], _T], *, timeout_s: float, urgent: bool = False) -> _T:
        """What `work` gives. Raises VenueUnreachable when it did not in time.

        What had not begun by then never begins; what had goes on, and its outcome is open. An answer of
        unexpected form counts as none.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="mt5-terminal", daemon=True)
            self._thread.start()
        done: Future[_T] = Future()
        if urgent:
            self._urgent.put((work, done))
            self._jobs.put((self.let_urgent_pass, Future()))
        else:
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

    def let_urgent_pass(self) -> None:
        """For work in this thread that asks many questions: what is urgent is done now, between two of them."""
        with suppress(Empty):
            while True:
                _do(self._urgent.get_nowait())

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self.let_urgent_pass()
            _do(job)


def _do(job: _Job) -> None:
    work, done = job
    if not done.set_running_or_notify_cancel():
        return
    try:
        done.set_result(work())
    except Exception as error:  # handed to the caller, who judges it
        done.set_exception(error)
