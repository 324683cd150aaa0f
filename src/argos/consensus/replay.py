"""The tick over all symbols, live and again: a day's stored votes and ticks give the same decisions."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from argos.consensus.decision import Decision
from argos.consensus.machine import FIRST, Standing, decide
from argos.consensus.settings import ConsensusSettings
from argos.consensus.vote import Vote, newness


class Board:
    """The newest vote of each source and symbol, and where each symbol stands. The one thing in this room that changes.

    So that a replay sees what the live service saw, whatever its clock did, the service stamps `fetched_at` as it calls
    `take`, stores those votes alone that `take` took, and those ticks alone that gave decisions.
    """

    def __init__(self, standings: Mapping[str, Standing] | None = None) -> None:
        self._votes: dict[str, dict[str, Vote]] = {}
        self._standings: dict[str, Standing] = dict(standings or {})
        self._ticked_at: datetime | None = None
        self._fetched_at: datetime | None = None

    @classmethod
    def resumed(
        cls,
        *,
        votes: Iterable[Vote],
        standings: Mapping[str, Standing],
        ticked_at: datetime | None,
    ) -> "Board":
        """A board as it stood after the tick at `ticked_at`: the votes that it held, and its standings."""
        board = cls(standings)
        for vote in votes:
            board.take(vote)
        board._ticked_at = ticked_at
        return board

    def copy(self) -> "Board":
        """One that can be moved on without moving this: what a tick did counts once it is stored."""
        board = Board(self._standings)
        board._votes = {symbol: dict(held) for symbol, held in self._votes.items()}
        board._ticked_at, board._fetched_at = self._ticked_at, self._fetched_at
        return board

    def held(self, source: str, symbol: str) -> Vote | None:
        """The vote that counts for this source and symbol."""
        return self._votes.get(symbol, {}).get(source)

    def watch(self, symbols: Iterable[str]) -> None:
        """Symbols that are decided on from now on, votes or not."""
        for symbol in symbols:
            self._votes.setdefault(symbol, {})

    def take(self, vote: Vote) -> bool:
        """Whether the vote counts from the next tick on.

        It does not when it is a repeat or older than one that is held, nor when its `fetched_at` is not after the last
        tick: that tick did not see it, and a replay would let it.
        """
        if self._ticked_at is not None and vote.fetched_at <= self._ticked_at:
            return False
        held = self._votes.setdefault(vote.symbol, {})
        if vote.source in held and newness(vote) <= newness(held[vote.source]):
            return False
        held[vote.source] = vote
        if self._fetched_at is None or vote.fetched_at > self._fetched_at:
            self._fetched_at = vote.fetched_at
        return True

    def tick(self, now: datetime, settings: ConsensusSettings) -> list[Decision]:
        """One decision per symbol that is watched or has votes, in the order of their names.

        None at all, and nothing moves, while the clock has gone back: `now` is not after the last tick, or is before a
        vote that was taken.
        """
        if self._ticked_at is not None and now <= self._ticked_at:
            return []
        if self._fetched_at is not None and now < self._fetched_at:
            return []
        self._ticked_at = now
        decisions = []
        for symbol in sorted(self._votes):
            before = self._standings.get(symbol, FIRST)
            self._standings[symbol], decision = decide(
                before, self._votes[symbol].values(), settings, symbol=symbol, now=now
            )
            decisions.append(decision)
        return decisions

    @property
    def standings(self) -> dict[str, Standing]:
        return dict(self._standings)

    @property
    def ticked_at(self) -> datetime | None:
        """The last tick that gave decisions."""
        return self._ticked_at


def replay(
    votes: Iterable[Vote],
    ticks: Iterable[datetime],
    settings: ConsensusSettings,
    *,
    board: Board | None = None,
) -> list[Decision]:
    """The decisions of these ticks, in their order; within a tick by symbol.

    A tick sees the votes fetched at or before it. `board` goes on from an earlier part, and is moved on; votes of
    that part may be given again. Without one it begins with nothing before.
    """
    board = Board() if board is None else board
    waiting = sorted(votes, key=lambda vote: vote.fetched_at)
    taken = 0
    decisions: list[Decision] = []
    for now in sorted(ticks):
        while taken < len(waiting) and waiting[taken].fetched_at <= now:
            board.take(waiting[taken])
            taken += 1
        decisions += board.tick(now, settings)
    return decisions
