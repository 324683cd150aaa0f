"""Those who wait for a venue's hints, each with a queue of its own."""

import asyncio
from collections.abc import AsyncIterator


class Hints:
    """`unread_max`: how many hints may wait for one listener, further ones are left out; 0 is no bound."""

    def __init__(self, *, unread_max: int = 0) -> None:
        self._unread_max = unread_max
        self._listeners: set[asyncio.Queue[str]] = set()

    def tell(self, hint: str) -> None:
        for told in self._listeners:
            if not told.full():
                told.put_nowait(hint)

    async def listen(self) -> AsyncIterator[str]:
        """What is told from now on."""
        told: asyncio.Queue[str] = asyncio.Queue(self._unread_max)
        self._listeners.add(told)
        try:
            while True:
                yield await told.get()
        finally:
            self._listeners.discard(told)
