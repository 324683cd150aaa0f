"""All votes on one symbol, bar by bar, and which sources can have any at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from argos.backtest.bars import Bars
from argos.consensus.vote import Direction, Vote, VoteStatus
from argos.hindsight.rebuilt import alpha_vantage_votes, massive_votes
from argos.hindsight.sessions import Session, sessions_of
from argos.hindsight.simulated import SIMULATED_SOURCES, sonar_votes, x_api_votes
from argos.hindsight.stored import StoredVotes

NO_HISTORY: Final = "NO_HISTORY"
"""Reason of a source's abstention of which no past votes are known."""


class Origin(StrEnum):
    """Where a source's votes of the past are from."""

    PRICES = "rebuilt from the bars"
    STORED = "stored votes"
    SIMULATED = "simulated source"
    NONE = "no history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is to be had; equal ones give equal votes. simulated: X and Sonar may be made from the price; seed: of their
    posts.
    """

    stored: StoredVotes
    simulated: bool
    seed: int

    def origin_of(self, source: str) -> Origin:
        if source in self.stored.sources:
            return Origin.STORED
        if source in ("massive", "alpha_vantage"):
            return Origin.PRICES
        if source in SIMULATED_SOURCES and self.simulated:
            return Origin.SIMULATED
        return Origin.NONE


def votes_by_bar(
    bars: Bars, sources: Sequence[str], inputs: Inputs
) -> tuple[tuple[Session, ...], list[list[Vote]]]:
    """The votes that came since the bar before, up to each bar's close, for a single symbol without gaps."""
    sessions = sessions_of(bars)
    found: list[list[Vote]] = [[] for _ in sessions]
    for source in sources:
        origin = inputs.origin_of(source)
        if origin is Origin.STORED:
            _lay(_stored(bars.symbols[0], source, inputs.stored), sessions, found)
            continue
        for came, vote in zip(found, _made(source, origin, bars, sessions, inputs), strict=True):
            came.append(vote)
    return sessions, found


def _made(
    source: str, origin: Origin, bars: Bars, sessions: tuple[Session, ...], inputs: Inputs
) -> list[Vote]:
    if origin is Origin.NONE:
        return [_no_history(source, bars.symbols[0], session) for session in sessions]
    if source == "massive":
        return massive_votes(bars, sessions)
    if source == "alpha_vantage":
        return alpha_vantage_votes(bars, sessions)
    if source == "x_api":
        return x_api_votes(bars, sessions, seed=inputs.seed)
    return sonar_votes(bars, sessions)


def _stored(symbol: str, source: str, stored: StoredVotes) -> list[Vote]:
    return [vote for vote in stored.by_symbol.get(symbol, ()) if vote.source == source]


def _lay(votes: list[Vote], sessions: Sequence[Session], found: list[list[Vote]]) -> None:
    """Each vote to the first close at or after it; only the newest of a bar, since no other is ever seen."""
    next_vote = 0
    for session, came in zip(sessions, found, strict=True):
        newest: Vote | None = None
        while next_vote < len(votes) and votes[next_vote].fetched_at <= session.closed_at:
            newest = votes[next_vote]
            next_vote += 1
        if newest is not None:
            came.append(newest)


def _no_history(source: str, symbol: str, session: Session) -> Vote:
    return Vote(
        source=source,
        symbol=symbol,
        direction=Direction.ABSTAIN,
        p_up=None,
        as_of=None,
        fetched_at=session.closed_at,
        status=VoteStatus.MISSING,
        reason=NO_HISTORY,
        inputs_hash=None,
    )
