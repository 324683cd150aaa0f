"""One source on its own clock: asks for what is due, publishes the votes, waits. It never holds up another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from argos.consensus.vote import Vote
from argos.core.errors import ArgosError
from argos.sources.answers import Answer, Source
from argos.sources.board import Board
from argos.sources.reasons import WAITED_OUT, SourceReason
from argos.sources.voting import About, abstention

SLOWER_MAX: Final = 8
"""A source that fails is asked ever more rarely, down to an eighth of its usual rate."""

log = logging.getLogger(__name__)


class Refresher:
    """Runs until it is cancelled."""

    def __init__(
        self,
        source: Source,
        *,
        board: Board,
        symbols: Sequence[str],
        every_s: float,
        simulated: bool,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._source = source
        self._board = board
        self._symbols = symbols
        self._every_s = every_s
        self._simulated = simulated
        self._clock = clock
        self._sleep = sleep

    async def run(self) -> None:
        slower = 1
        while True:
            failed = await self.refresh()
            slower = min(slower * 2, SLOWER_MAX) if failed else 1
            await self._sleep(self._every_s * slower)

    async def refresh(self) -> bool:
        """Asks once for every symbol that is due. Whether the source failed; what is left is not asked for then."""
        for batch in self._due():
            answer = await self._ask(batch)
            votes = [vote for vote in answer.votes if not self._stands(vote, answer.failed)]
            try:
                await self._board.publish(votes)
            except ArgosError as error:
                # The tick has them. A restart asks again.
                log.warning("votes of %s are not stored: %s", self._source.name, error.code)
            if answer.failed is not None:
                log.info("%s gave no votes: %s", self._source.name, answer.failed.code)
                if answer.failed is not SourceReason.SYMBOL_UNKNOWN:
                    await self._tell_the_rest(batch, answer.failed)
                    return True
        return False

    def _due(self) -> Iterator[tuple[str, ...]]:
        now, source = self._clock(), self._source
        due = [
            symbol
            for symbol in self._symbols
            if source.is_due(self._board.last(source.name, symbol), now=now)
        ]
        for start in range(0, len(due), source.batch_max):
            yield tuple(due[start : start + source.batch_max])

    async def _ask(self, batch: Sequence[str]) -> Answer:
        try:
            return await self._source.ask(batch)
        except Exception as error:
            # The type alone: a message may hold a key or what a provider wrote.
            log.error("the source %s broke: %s", self._source.name, type(error).__name__)
            reason = SourceReason.SOURCE_BROKEN
            return Answer(votes=self._abstentions(batch, reason), failed=reason)

    async def _tell_the_rest(self, asked: Sequence[str], reason: SourceReason) -> None:
        """Symbols that were due and are not asked for any more say why, if they have nothing else to say."""
        now = self._clock()
        rest = [
            symbol
            for symbol in self._symbols
            if symbol not in asked
            and self._source.is_due(self._board.last(self._source.name, symbol), now=now)
        ]
        votes = self._abstentions(rest, reason)
        try:
            await self._board.publish([vote for vote in votes if not self._stands(vote, reason)])
        except ArgosError as error:
            log.warning("votes of %s are not stored: %s", self._source.name, error.code)

    def _stands(self, vote: Vote, failed: SourceReason | None) -> bool:
        """While we only wait our turn, an earlier vote stands: it grows old by itself."""
        return failed in WAITED_OUT and self._board.last(vote.source, vote.symbol) is not None

    def _abstentions(self, symbols: Sequence[str], reason: SourceReason) -> tuple[Vote, ...]:
        return tuple(
            abstention(
                About(
                    source=self._source.name,
                    symbol=symbol,
                    fetched_at=self._clock(),
                    simulated=self._simulated,
                ),
                reason,
            )
            for symbol in symbols
        )
