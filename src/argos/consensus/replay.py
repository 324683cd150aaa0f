"""The tick over all symbols, live and again: a day's stored votes and ticks give the same decisions."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from argos.consensus.decision import Decision
from argos.consensus.machine import FIRST, Standing, decide
from argos.consensus.settings import ConsensusSettings
from argos.consensus.vote import Vote, newness


class Board:
    """The newest vote of each source and symbol, and where each symbol stands. The one thing in this room that changes.

    A vote is taken when it has come: one that is fetched after the next tick would hide the vote which that tick shall
    see. The live service stamps `fetched_at` as it calls `take`; `replay` hands votes over by it.
    """

    def __init__(self, standings: Mapping[str, Standing] | None = None) -> None:
        self._votes: dict[str, dict[str, Vote]] = {}
        self._standings: dict[str, Standing] = dict(standings or {})

    def watch(self, symbols: Iterable[str]) -> None:
        """Symbols that are decided on from now on, votes or not."""
        for symbol in symbols:
            self._votes.setdefault(symbol, {})

    def take(self, vote: Vote) -> None:
        """A repeat or an older vote changes nothing."""
        held = self._votes.setdefault(vote.symbol, {})
        if vote.source not in held or newness(vote) > newness(held[vote.source]):
            held[vote.source] = vote

    def tick(self, now: datetime, settings: ConsensusSettings) -> list[Decision]:
        """One decision per symbol that is watched or has votes, in the order of their names."""
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
