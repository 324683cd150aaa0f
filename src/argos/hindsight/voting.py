"""All votes on one symbol, bar by bar, and which sources can have any at all."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Final, NamedTuple

from argos.backtest.bars import Bars
from argos.consensus.vote import Vote
from argos.hindsight.rebuilt import alpha_vantage_votes, massive_votes
from argos.hindsight.sessions import Session, sessions_of
from argos.hindsight.simulated import SIMULATED_SOURCES, sonar_votes, x_api_votes
from argos.hindsight.stored import StoredVotes
from argos.sources.reasons import SourceReason
from argos.sources.voting import About, abstention

REMEMBERED_MAX: Final = 64
"""Symbols: about as many megabytes for ten years of each."""


class Votes(NamedTuple):
    """By bar: the sessions, and the votes that came since the close before, up to this one."""

    sessions: tuple[Session, ...]
    came: list[list[Vote]]


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


_Key = tuple[str, bytes, tuple[str, ...], Inputs]
_REMEMBERED: Final[dict[_Key, Votes]] = {}
_LOCK: Final = Lock()


def votes_by_bar(bars: Bars, sources: tuple[str, ...], inputs: Inputs) -> Votes:
    """Of a single symbol without gaps. The last few are remembered, by all that they are made of."""
    key = _key(bars, sources, inputs)
    with _LOCK:
        found = _REMEMBERED.get(key)
    if found is None:
        found = made_votes(bars, sources, inputs)
        remember(bars, sources, inputs, found)
    return found


def made_votes(bars: Bars, sources: tuple[str, ...], inputs: Inputs) -> Votes:
    """The same, made now."""
    sessions = sessions_of(bars)
    found: list[list[Vote]] = [[] for _ in sessions]
    for source in sources:
        origin = inputs.origin_of(source)
        if origin is Origin.STORED:
            _lay(_stored(bars.symbols[0], source, inputs.stored), sessions, found)
            continue
        for came, vote in zip(found, _made(source, origin, bars, sessions, inputs), strict=True):
            came.append(vote)
    return Votes(sessions, found)


def is_remembered(bars: Bars, sources: tuple[str, ...], inputs: Inputs) -> bool:
    with _LOCK:
        return _key(bars, sources, inputs) in _REMEMBERED


def remember(bars: Bars, sources: tuple[str, ...], inputs: Inputs, votes: Votes) -> None:
    """So that `votes_by_bar` has them."""
    with _LOCK:
        _REMEMBERED[_key(bars, sources, inputs)] = votes
        while len(_REMEMBERED) > REMEMBERED_MAX:
            del _REMEMBERED[next(iter(_REMEMBERED))]


def _key(bars: Bars, sources: tuple[str, ...], inputs: Inputs) -> _Key:
    digest = hashlib.sha256(bars.opened_ns.tobytes())
    for column in (bars.high, bars.low, bars.close):
        digest.update(column.tobytes())
    return bars.symbols[0], digest.digest(), sources, inputs


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
    about = About(source=source, symbol=symbol, fetched_at=session.closed_at, simulated=False)
    return abstention(about, SourceReason.NO_HISTORY)
