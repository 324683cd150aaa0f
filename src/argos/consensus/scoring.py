"""How good claims were, of each source and of the consensus, in the figures of `argos.backtest.signal_quality`."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from argos.consensus.decision import Decision
from argos.consensus.vote import Direction, Vote
from argos.core.errors import InputError
from argos.core.rates import BUCKETS, CONFIDENCE_MIN, HitRate, rate_of

CONSENSUS = "consensus"
"""Under which the consensus' own claims are listed beside those of its sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That a side would come true with probability `p`, 0 to 1, and whether it did.

    by: a source, or CONSENSUS. at: when it was claimed; known_at: when the outcome was known, which is later.
    """

    by: str
    at: datetime
    known_at: datetime
    p: float
    came_true: bool

    def __post_init__(self) -> None:
        if not (0 <= self.p <= 1 and self.known_at > self.at):
            raise InputError(
                f"a claim of {self.p}, known at {self.known_at}",
                code="CLAIM_INVALID",
                field="p" if not 0 <= self.p <= 1 else "known_at",
                fix="p is from 0 to 1, and an outcome is known after its claim",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Of n claims, NaN for none.

    brier: mean of (p - came true)^2, 0 is best and 0.25 a coin's; brier_of_rate: what the constant claim of the hit
    rate would get; log_loss: mean of -ln(p of what happened). reliability: of the claims of each bucket of p, how many
    came true; (low, high) of the bucket is its key.
    """

    hits: HitRate
    brier: float
    brier_of_rate: float
    log_loss: float
    reliability: dict[tuple[float, float], HitRate]

    @property
    def n(self) -> int:
        return self.hits.n


def claim_of_vote(vote: Vote, *, rose: bool, known_at: datetime) -> Claim | None:
    """What a vote for a side claimed; None for an abstention, which claims nothing."""
    if vote.p_up is None:
        return None
    is_long = vote.direction is Direction.LONG
    return Claim(
        by=vote.source,
        at=vote.fetched_at,
        known_at=known_at,
        p=float(vote.p_up if is_long else 1 - vote.p_up),
        came_true=rose is is_long,
    )


def claim_of_decision(decision: Decision, *, rose: bool, known_at: datetime) -> Claim | None:
    """What a decision claimed for its side by its score, not by its calibrated probability; None without a side."""
    if decision.direction is Direction.ABSTAIN:
        return None
    return Claim(
        by=CONSENSUS,
        at=decision.at,
        known_at=known_at,
        p=float(decision.score),
        came_true=rose is (decision.direction is Direction.LONG),
    )


def scores_by(claims: Iterable[Claim]) -> dict[str, Scores]:
    """Scores of everybody who claimed anything, by name."""
    sorted_out: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        sorted_out[claim.by].append(claim)
    return {name: scores_of(sorted_out[name]) for name in sorted(sorted_out)}


def scores_of(claims: Sequence[Claim]) -> Scores:
    hits = hit_rate(claims)
    buckets: list[list[Claim]] = [[] for _ in range(BUCKETS)]
    for claim in claims:
        buckets[min(int(claim.p * BUCKETS), BUCKETS - 1)].append(claim)
    return Scores(
        hits=hits,
        brier=brier([(claim.p, claim.came_true) for claim in claims]),
        brier_of_rate=hits.rate * (1 - hits.rate),
        log_loss=log_loss([(claim.p, claim.came_true) for claim in claims]),
        reliability={
            (index / BUCKETS, (index + 1) / BUCKETS): hit_rate(bucket)
            for index, bucket in enumerate(buckets)
        },
    )


def hit_rate(claims: Sequence[Claim]) -> HitRate:
    return rate_of(
        n=len(claims),
        wins=sum(claim.came_true for claim in claims),
        confidence_mean=_mean([claim.p for claim in claims]),
    )


def brier(pairs: Sequence[tuple[float, bool]]) -> float:
    """Of (p, came true)."""
    return _mean([(p - came_true) ** 2 for p, came_true in pairs])


def log_loss(pairs: Sequence[tuple[float, bool]]) -> float:
    """Of (p, came true); a p of 0 or 1 is taken as CONFIDENCE_MIN away from it."""
    held = [(min(max(p, CONFIDENCE_MIN), 1 - CONFIDENCE_MIN), came_true) for p, came_true in pairs]
    return _mean([-math.log(p if came_true else 1 - p) for p, came_true in held])


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan
