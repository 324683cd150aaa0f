"""One symbol's way from votes to a signal: `decide`. Time comes in; what it needs to know of before is its standing.

QUIET -> BUILDING -> STANDING -> COOLING -> QUIET. A signal fires on the step from BUILDING to STANDING and at no other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from argos.consensus.ballots import Ballot, ballots_of
from argos.consensus.calibration import probability_of
from argos.consensus.decision import Decision, Reason, Verdict
from argos.consensus.pooling import METHODS, Pooled, Tally, tally_of
from argos.consensus.settings import ConsensusSettings
from argos.consensus.vote import Direction, Vote


class Phase(StrEnum):
    QUIET = "quiet"
    BUILDING = "building"
    STANDING = "standing"
    COOLING = "cooling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a symbol stands after a tick.

    direction: of what is building or stands. ticks: in a row that agreed, while BUILDING. until: end of the signal, or
    of the cooling. at: the last tick, None before the first.
    """

    phase: Phase = Phase.QUIET
    direction: Direction = Direction.ABSTAIN
    ticks: int = 0
    until: datetime | None = None
    at: datetime | None = None


FIRST = Standing()
"""Of a symbol that has had no tick yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What the votes say at this tick, whatever was before. objections: empty when nothing speaks against a signal."""

    ballots: tuple[Ballot, ...]
    tally: Tally
    pooled: Pooled
    objections: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    standing: Standing
    verdict: Verdict
    reasons: tuple[Reason, ...]


def decide(
    standing: Standing,
    votes: Iterable[Vote],
    settings: ConsensusSettings,
    *,
    symbol: str,
    now: datetime,
) -> tuple[Standing, Decision]:
    """The next standing and what is said at this tick.

    `votes` are the symbol's own, in any order, old ones among them; those that came after `now` are not seen.
    """
    reading = _read(votes, settings, now)
    step = _step(standing, reading, settings, now)
    after = step.standing
    if step.verdict is Verdict.SILENT:
        direction, valid_until = reading.pooled.direction, None
    elif step.verdict is Verdict.ENDED:
        direction, valid_until = standing.direction, standing.until
    else:
        direction, valid_until = after.direction, after.until
    score = reading.pooled.score_of(direction)
    return after, Decision(
        symbol=symbol,
        at=now,
        verdict=step.verdict,
        direction=direction,
        score=score,
        probability=_probability(score, settings),
        reasons=step.reasons,
        valid_until=valid_until,
        method=settings.method,
        tally=reading.tally,
        ballots=reading.ballots,
        settings_digest=settings.digest,
    )


def _read(votes: Iterable[Vote], settings: ConsensusSettings, now: datetime) -> _Reading:
    ballots = ballots_of(votes, settings, now=now)
    tally = tally_of(ballots)
    pooled = METHODS[settings.method](ballots, tally, settings)
    return _Reading(
        ballots=ballots,
        tally=tally,
        pooled=pooled,
        objections=_objections(ballots, tally, pooled, settings),
    )


def _objections(
    ballots: tuple[Ballot, ...], tally: Tally, pooled: Pooled, settings: ConsensusSettings
) -> tuple[Reason, ...]:
    found = []
    if tally.sources < settings.sources_min:
        found.append(Reason.SOURCES_TOO_FEW)
    if tally.weight < settings.weight_min:
        found.append(Reason.WEIGHT_TOO_LOW)
    if any(ballot.rules.required and ballot.abstention is not None for ballot in ballots):
        found.append(Reason.REQUIRED_SOURCE_SILENT)
    direction = pooled.direction
    if direction is Direction.ABSTAIN:
        found.append(Reason.SIDES_EQUAL)
    elif _against(tally, direction) >= settings.conflict_at:
        found.append(Reason.CONFLICTED)
    if pooled.score < settings.fire_at:
        found.append(Reason.SCORE_TOO_LOW)
    return tuple(found)


def _against(tally: Tally, direction: Direction) -> Decimal:
    return tally.short_weight if direction is Direction.LONG else tally.long_weight


def _step(
    standing: Standing, reading: _Reading, settings: ConsensusSettings, now: datetime
) -> _Step:
    if standing.at is not None and now <= standing.at:
        return _Step(standing=standing, verdict=Verdict.SILENT, reasons=(Reason.TICK_NOT_NEW,))
    if standing.phase is Phase.STANDING:
        return _stand_or_end(standing, reading, settings, now)
    if standing.phase is Phase.COOLING:
        assert standing.until is not None
        if now < standing.until:
            still = Standing(phase=Phase.COOLING, until=standing.until, at=now)
            return _silent(still, Reason.COOLING_DOWN, *reading.objections)
    if reading.objections:
        return _silent(Standing(at=now), *reading.objections)
    return _build_or_fire(standing, reading.pooled.direction, settings, now)


def _build_or_fire(
    standing: Standing, direction: Direction, settings: ConsensusSettings, now: datetime
) -> _Step:
    goes_on = (
        standing.phase is Phase.BUILDING
        and standing.direction is direction
        and standing.at is not None
        and now - standing.at <= timedelta(seconds=settings.tick_gap_s_max)
    )
    ticks = standing.ticks + 1 if goes_on else 1
    if ticks < settings.ticks_min:
        building = Standing(phase=Phase.BUILDING, direction=direction, ticks=ticks, at=now)
        return _silent(building, Reason.NOT_YET_LASTING)
    until = now + timedelta(seconds=settings.ttl_s)
    stands = Standing(phase=Phase.STANDING, direction=direction, until=until, at=now)
    return _Step(standing=stands, verdict=Verdict.FIRED, reasons=())


def _stand_or_end(
    standing: Standing, reading: _Reading, settings: ConsensusSettings, now: datetime
) -> _Step:
    """A lost quorum or a conflict does not end a signal, a low score does: else an outage of a second ends it, and
    the same votes give it a second time.
    """
    assert standing.until is not None
    if now >= standing.until:
        return _end(standing.until, Reason.TIME_IS_UP, settings, now)
    if reading.pooled.score_of(standing.direction) < settings.clear_below:
        return _end(now, Reason.SCORE_FELL, settings, now)
    stands = Standing(
        phase=Phase.STANDING, direction=standing.direction, until=standing.until, at=now
    )
    return _Step(standing=stands, verdict=Verdict.STANDING, reasons=(Reason.SIGNAL_STANDS,))


def _end(ended_at: datetime, reason: Reason, settings: ConsensusSettings, now: datetime) -> _Step:
    until = ended_at + timedelta(seconds=settings.cooldown_s)
    cooling = Standing(phase=Phase.COOLING, until=until, at=now)
    return _Step(standing=cooling, verdict=Verdict.ENDED, reasons=(reason,))


def _silent(standing: Standing, *reasons: Reason) -> _Step:
    return _Step(standing=standing, verdict=Verdict.SILENT, reasons=reasons)


def _probability(score: Decimal, settings: ConsensusSettings) -> Decimal | None:
    return None if settings.calibration is None else probability_of(score, settings.calibration)
