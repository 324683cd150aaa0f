"""Wake-ups inside one gateway: polls wait per account, and everybody hears of a brake. Only speed depends on it."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator


class Waker:
    """Events by account. A waiter takes its event first and looks at the tables after, so no notice is lost."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.stopping = False

    def wake(self, account: str) -> None:
        for event in self._waiting.get(account, ()):
            event.set()

    def wake_all(self) -> None:
        for account in list(self._waiting):
            self.wake(account)

    def stop(self) -> None:
        """Let every poll answer now: the gateway is going away."""
        self.stopping = True
        self.wake_all()

    @contextlib.contextmanager
    def waiting(self, account: str) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        self._waiting[account].add(event)
        try:
            yield event
        finally:
            self._waiting[account].discard(event)
