"""Two ways from ballots to a score, behind one port. Missing weight is never spread over those who voted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from argos.consensus.ballots import Ballot
from argos.consensus.log_odds import decay, log_odds, plus, probability, times
from argos.consensus.settings import ConsensusSettings, Method
from argos.consensus.vote import Direction
from argos.core.money import ONE, ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Raw agreement, by any method: weight of those who vote long and short, and how many take a side."""

    long_weight: Decimal
    short_weight: Decimal
    sources: int

    @property
    def weight(self) -> Decimal:
        return self.long_weight + self.short_weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Scores of both sides, 0 to 1. direction: the side with the higher, ABSTAIN when they are equal."""

    long_score: Decimal
    short_score: Decimal

    @property
    def direction(self) -> Direction:
        if self.long_score == self.short_score:
            return Direction.ABSTAIN
        return Direction.LONG if self.long_score > self.short_score else Direction.SHORT

    def score_of(self, direction: Direction) -> Decimal:
        return self.short_score if direction is Direction.SHORT else self.long_score

    @property
    def score(self) -> Decimal:
        return max(self.long_score, self.short_score)


Pool = Callable[[Sequence[Ballot], Tally, ConsensusSettings], Pooled]
"""The port. A method that is added gets a name in `settings.Method` and a line in METHODS."""


def tally_of(ballots: Sequence[Ballot]) -> Tally:
    long_weight = short_weight = ZERO
    sources = 0
    for ballot in ballots:
        if ballot.direction is Direction.ABSTAIN:
            continue
        sources += 1
        if ballot.direction is Direction.LONG:
            long_weight += ballot.rules.weight
        else:
            short_weight += ballot.rules.weight
    return Tally(long_weight=long_weight, short_weight=short_weight, sources=sources)


def weighted_vote(ballots: Sequence[Ballot], tally: Tally, settings: ConsensusSettings) -> Pooled:
    """The score of a side is the weight of the sources on it, out of the weight of all, silent ones included."""
    return Pooled(long_score=tally.long_weight, short_score=tally.short_weight)


def log_pool(ballots: Sequence[Ballot], tally: Tally, settings: ConsensusSettings) -> Pooled:
    """Probability from the sum of exponent x weight x decay x log odds over those who voted.

    A silent source adds 0, which is no evidence and not a vote for one half: the sum runs over the whole weight. With
    independent sources this is too careful, which is meant: two of them read the same prices.
    """
    odds = ZERO
    for ballot in ballots:
        if ballot.direction is Direction.ABSTAIN:
            continue
        assert ballot.vote is not None
        assert ballot.vote.p_up is not None
        assert ballot.age_s is not None
        rules = ballot.rules
        weight = times(rules.weight, decay(ballot.age_s, rules.half_life_s))
        odds = plus(odds, times(weight, log_odds(ballot.vote.p_up)))
    p_up = probability(times(settings.exponent, odds))
    return Pooled(long_score=p_up, short_score=ONE - p_up)


METHODS: Final[Mapping[Method, Pool]] = MappingProxyType(
    {Method.WEIGHTED_VOTE: weighted_vote, Method.LOG_POOL: log_pool}
)
