"""Closing prices that the sources fetched, written where decisions can read them: beside the cycle, never in it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from argos.core.closes import DailyCloses
from argos.core.errors import StoreError
from argos.dsn import Access
from argos.signals.connections import Pools
from argos.signals.running import Deck, until_stopped
from argos.sources.board import Board
from argos.store.closes import put, rows_of
from argos.store.lanes import transaction

EVERY_S: Final = 30.0
DAYS_KEPT: Final = timedelta(days=120)
"""Decisions read no older ones."""

log = logging.getLogger(__name__)


class CloseKeeper:
    """Remembers which series were written, so that a round without news asks the database nothing."""

    def __init__(self, board: Board, pool: asyncpg.Pool, *, clock: Callable[[], datetime]) -> None:
        self._board = board
        self._pool = pool
        self._clock = clock
        self._written: dict[tuple[str, str], DailyCloses] = {}

    async def keep(self) -> int:
        """Write what is new on the board; how many closes were added. Raises StoreError, and then tries all again."""
        fresh = [
            series
            for series in self._board.daily_closes()
            if self._written.get((series.source_told, series.symbol)) is not series
        ]
        if not fresh:
            return 0
        since = (self._clock() - DAYS_KEPT).date()
        rows = [row for series in fresh for row in rows_of(series) if row.day > since]
        async with transaction(self._pool) as connection:
            added = await put(connection, rows)
        self._written.update({(series.source_told, series.symbol): series for series in fresh})
        return added


async def keep_closes(
    board: Board,
    pool: asyncpg.Pool,
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Until cancelled. `pool` is one of role argos_strategy; a database that is away is tried again."""
    keeper = CloseKeeper(board, pool, clock=clock)
    while True:
        try:
            added = await keeper.keep()
        except StoreError as error:
            log.warning("daily closes are not stored: %s", error.code)
        else:
            if added:
                log.info("%s daily closes stored", added)
        await sleep(EVERY_S)


def keeping_closes(
    access: Access, *, clock: Callable[[], datetime]
) -> Callable[[Deck], Awaitable[None]]:
    """`keep_closes` as a task beside the cycle: it ends with it."""

    async def keep(board: Board) -> None:
        pools = Pools(access)
        try:
            await keep_closes(board, await _pool(pools), clock=clock)
        finally:
            pools.terminate()

    async def beside(deck: Deck) -> None:
        await until_stopped(keep(deck.board), deck.stop)

    return beside


async def _pool(pools: Pools) -> asyncpg.Pool:
    while True:
        with suppress(StoreError):
            return await pools.of("argos_strategy")
        await asyncio.sleep(EVERY_S)
