"""The consensus at each close: `argos.consensus.machine.decide`, with spans that are counted in bars.

Between two closes lies a night, a weekend or a holiday, so no number of seconds is a number of bars. The engine is told
the end of a signal, or of the silence after it, when its bar has come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from argos.consensus.decision import Decision
from argos.consensus.machine import FIRST, Phase, Standing, decide
from argos.consensus.settings import ConsensusSettings
from argos.consensus.vote import Vote
from argos.hindsight.sessions import Session

_NOT_YET = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """In bars: how long a signal stands, and the silence of its symbol afterwards."""

    ttl: int
    cooldown: int


def decisions_of(
    symbol: str,
    sessions: Sequence[Session],
    votes: Sequence[Sequence[Vote]],
    settings: ConsensusSettings,
    spans: Spans,
) -> list[Decision]:
    """One decision per bar. votes: those that came up to each bar's close, since the one before."""
    held: dict[str, Vote] = {}
    standing, end = FIRST, 0
    decisions = []
    for bar, (session, came) in enumerate(zip(sessions, votes, strict=True)):
        held.update((vote.source, vote) for vote in came)
        now = session.closed_at
        before = _ending(standing, now, over=bar >= end)
        standing, decision = decide(before, held.values(), settings, symbol=symbol, now=now)
        if standing.phase is not before.phase:
            if standing.phase is Phase.STANDING:
                end = bar + spans.ttl
            elif standing.phase is Phase.COOLING:
                end = bar + spans.cooldown
        decisions.append(decision)
    return decisions


def _ending(standing: Standing, now: datetime, *, over: bool) -> Standing:
    if standing.phase not in (Phase.STANDING, Phase.COOLING):
        return standing
    return replace(standing, until=now if over else now + _NOT_YET)
