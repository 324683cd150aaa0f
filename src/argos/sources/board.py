"""The board of latest votes: refreshing writes it, the tick reads it, and neither waits for the other."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from argos.consensus.vote import Vote, parse_vote, vote_document
from argos.core.errors import ArgosError
from argos.sources.answers import Clock, PriceSeen
from argos.sources.ledger import SourceFile
from argos.sources.voting import is_simulated

PRICE_AGE_MAX: Final = timedelta(seconds=60)
"""Of an older price nobody can say that it is the price."""

_READ: Final = "SELECT document FROM votes ORDER BY source, symbol"
_WRITE: Final = (
    "INSERT INTO votes VALUES (?, ?, ?, ?) ON CONFLICT (source, symbol) DO UPDATE SET"
    " document = excluded.document, simulated = excluded.simulated"
)


class VoteStore:
    """The last vote of each source and symbol, over restarts: a restart asks nothing again that is still good."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file

    def read(self) -> tuple[Vote, ...]:
        """All of them. A row that is no vote is passed over: it is asked for again. Raises StoreError."""
        with self._file.transaction() as connection:
            rows = connection.execute(_READ).fetchall()
        found = []
        for (document,) in rows:
            try:
                found.append(parse_vote(json.loads(document)))
            except (ArgosError, ValueError):
                continue
        return tuple(found)

    def write(self, votes: Iterable[Vote]) -> None:
        """Raises StoreError."""
        rows = [
            (vote.source, vote.symbol, json.dumps(vote_document(vote)), is_simulated(vote))
            for vote in votes
        ]
        with self._file.transaction() as connection:
            connection.executemany(_WRITE, rows)


def _utc_now() -> datetime:
    return datetime.now(tz=UTC)


class Board:
    """Reading never waits: `latest` copies what stands in memory."""

    def __init__(self, store: VoteStore, *, clock: Clock = _utc_now) -> None:
        self._store = store
        self._clock = clock
        self._votes: dict[tuple[str, str], Vote] = {}
        self._prices: dict[str, PriceSeen] = {}

    def restore(self, *, simulated: Mapping[str, bool], symbols: Sequence[str]) -> None:
        """Take up the stored votes, except those of a source that is simulated now and was not, or the reverse."""
        for vote in self._store.read():
            is_wanted = vote.symbol in symbols and simulated.get(vote.source) is is_simulated(vote)
            if is_wanted:
                self._votes[vote.source, vote.symbol] = vote

    def latest(self) -> tuple[Vote, ...]:
        """The last vote of each source on each symbol: for the tick."""
        return tuple(self._votes.values())

    def last(self, source: str, symbol: str) -> Vote | None:
        return self._votes.get((source, symbol))

    def price(self, symbol: str) -> Decimal | None:
        """The newest price of the symbol, None when there is none of the last minute. In memory alone."""
        seen = self._prices.get(symbol)
        if seen is None or abs(self._clock() - seen.as_of) > PRICE_AGE_MAX:
            return None
        return seen.price

    def see_prices(self, prices: Mapping[str, PriceSeen]) -> None:
        self._prices.update(prices)

    async def publish(self, votes: Sequence[Vote]) -> None:
        """The tick sees them at once; the file a moment later. Raises StoreError when it cannot be written."""
        self._votes.update({(vote.source, vote.symbol): vote for vote in votes})
        await asyncio.to_thread(self._store.write, votes)

    async def store(self) -> None:
        """All that stands, once more: a task that was stopped may not have come to write. Raises StoreError."""
        await asyncio.to_thread(self._store.write, self.latest())
