"""Votes as they count at one moment: the newest of each source, its age, and why a source counts for nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from argos.consensus.settings import ConsensusSettings, SourceRules
from argos.consensus.vote import Direction, Vote, VoteStatus, newness

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_SATURDAY: Final = 5


class Abstention(StrEnum):
    """Why a source takes no side."""

    NO_VOTE = "NO_VOTE"
    NO_OPINION = "NO_OPINION"
    TOO_OLD = "TOO_OLD"
    STALE = "STALE"
    MISSING = "MISSING"
    ERROR = "ERROR"
    NOT_ENTITLED = "NOT_ENTITLED"
    QUOTA = "QUOTA"


_BY_STATUS: Final = {
    VoteStatus.FRESH: Abstention.NO_OPINION,
    VoteStatus.STALE: Abstention.STALE,
    VoteStatus.MISSING: Abstention.MISSING,
    VoteStatus.ERROR: Abstention.ERROR,
    VoteStatus.NOT_ENTITLED: Abstention.NOT_ENTITLED,
    VoteStatus.QUOTA: Abstention.QUOTA,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One source's word at a moment. direction is that which counts; `abstention` says why it is none.

    vote: what it goes back to, None where the source never voted. age_s: whole seconds since `as_of`, rounded down,
    None without one.
    """

    rules: SourceRules
    direction: Direction
    abstention: Abstention | None
    vote: Vote | None
    age_s: int | None


def ballots_of(
    votes: Iterable[Vote], settings: ConsensusSettings, *, now: datetime
) -> tuple[Ballot, ...]:
    """One ballot per source of the settings, in their order. Votes that came after `now` are not seen.

    The newest vote of a source counts, also when it is an error after a good one: this errs towards silence. A source
    that has no weight in the settings has no say.
    """
    newest: dict[str, Vote] = {}
    for vote in votes:
        if vote.fetched_at <= now:
            held = newest.get(vote.source)
            if held is None or newness(vote) > newness(held):
                newest[vote.source] = vote
    return tuple(_ballot(newest.get(rules.source), rules, now) for rules in settings.sources)


def _ballot(vote: Vote | None, rules: SourceRules, now: datetime) -> Ballot:
    if vote is None:
        return Ballot(
            rules=rules,
            direction=Direction.ABSTAIN,
            abstention=Abstention.NO_VOTE,
            vote=None,
            age_s=None,
        )
    age_s = None if vote.as_of is None else age_of(vote.as_of, rules, now)
    if vote.direction is Direction.ABSTAIN:
        abstention: Abstention | None = _BY_STATUS[vote.status]
    else:
        abstention = Abstention.TOO_OLD if age_s is None or age_s > rules.cut_s else None
    return Ballot(
        rules=rules,
        direction=Direction.ABSTAIN if abstention else vote.direction,
        abstention=abstention,
        vote=vote,
        age_s=age_s,
    )


def age_of(as_of: datetime, rules: SourceRules, now: datetime) -> int:
    """Whole seconds from `as_of` to `now`, rounded down; 0 for data a little ahead of our clock."""
    age = max(now - as_of, timedelta(0))
    if rules.skip_weekends and age:
        age -= _weekends(as_of, now)
    return age.days * 86_400 + age.seconds


def _weekends(since: datetime, until: datetime) -> timedelta:
    """How much of the stretch lies on Saturdays and Sundays, UTC."""
    return _weekends_before(until) - _weekends_before(since)


@lru_cache(maxsize=1024)  # asked for every symbol of a tick, with few different moments
def _weekends_before(moment: datetime) -> timedelta:
    """Weekend time from the first Monday of the calendar, 1 January of year 1, to the moment."""
    start = datetime(1, 1, 1, tzinfo=moment.tzinfo)
    weeks, rest = divmod(moment - start, _WEEK)
    return weeks * 2 * _DAY + max(rest - _SATURDAY * _DAY, timedelta(0))
