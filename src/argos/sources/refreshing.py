"""One source on its own clock: asks for what is due, publishes the votes, waits. It never holds up another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from argos.consensus.vote import Vote
from argos.core.errors import ArgosError
from argos.sources.answers import Answer, Source
from argos.sources.board import Board
from argos.sources.reasons import OF_ONE_QUESTION, WAITED_OUT, SourceReason
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
        self._first = 0

    async def run(self) -> None:
        slower = 1
        while True:
            failed = await self.refresh()
            slower = min(slower * 2, SLOWER_MAX) if failed else 1
            await self._sleep(self._every_s * slower)

    async def refresh(self) -> bool:
        """Asks once for every symbol that is due. Whether the source is to be asked more rarely from now on."""
        batches = self._due()
        failures = 0
        for number, batch in enumerate(batches):
            answer = await self._ask(batch)
            self._board.see_prices(answer.prices)
            await self._publish(answer.votes, answer.failed)
            if answer.failed is None:
                continue
            log.info("%s gave no votes: %s", self._source.name, answer.failed.code)
            failures += 1
            if answer.failed not in OF_ONE_QUESTION:
                # Those that are not asked for any more say why.
                rest = [symbol for later in batches[number + 1 :] for symbol in later]
                await self._publish(self._abstentions(rest, answer.failed), answer.failed)
                self._first += 1
                return answer.failed not in WAITED_OUT
        return 0 < failures == len(batches)

    async def _publish(self, votes: Sequence[Vote], failed: SourceReason | None) -> None:
        new = [vote for vote in votes if not self._stands(vote, failed)]
        try:
            await self._board.publish(new)
        except ArgosError as error:
            # The tick has them. A restart asks again.
            log.warning("votes of %s are not stored: %s", self._source.name, error.code)

    def _due(self) -> list[tuple[str, ...]]:
        """In batches, and after a failure from another symbol on: one that always fails does not starve the rest."""
        now, source = self._clock(), self._source
        first = self._first % len(self._symbols)
        due = [
            symbol
            for symbol in (*self._symbols[first:], *self._symbols[:first])
            if source.is_due(self._board.last(source.name, symbol), now=now)
        ]
        size = source.batch_max
        return [tuple(due[start : start + size]) for start in range(0, len(due), size)]

    async def _ask(self, batch: Sequence[str]) -> Answer:
        try:
            return await self._source.ask(batch)
        except Exception as error:
            # The type alone: a message may hold a key or what a provider wrote.
            log.error("the source %s broke: %s", self._source.name, type(error).__name__)
            reason = SourceReason.SOURCE_BROKEN
            return Answer(votes=self._abstentions(batch, reason), failed=reason)

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
