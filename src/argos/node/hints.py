"""What the venue hinted at since the last scan. A hint only brings the next scan forward; none is ever trusted."""

import asyncio
from collections.abc import Callable


class Hints:
    """Executions by their venue ids; "" stands for something else that happened."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._added = asyncio.Event()

    def add(self, venue_exec_id: str) -> None:
        self._told.add(venue_exec_id)
        self._added.set()

    async def wait(self) -> None:
        """Until there is a hint."""
        await self._added.wait()

    def take(self, *, is_known: Callable[[str], bool]) -> bool:
        """Whether one of them tells of something that is not known yet; forgets them all."""
        told, self._told = self._told, set()
        self._added.clear()
        return any(not venue_exec_id or not is_known(venue_exec_id) for venue_exec_id in told)
