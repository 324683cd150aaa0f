"""Votes as they count: ages, cuts, abstentions."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.consensus.ballots import Abstention, age_of, ballots_of
from argos.consensus.settings import SOURCES, ConsensusSettings
from argos.consensus.vote import Direction, VoteStatus
from unit.consensus.builders import START, at, side, silent

SETTINGS = ConsensusSettings()
MASSIVE = SOURCES[0]
DAILY = SOURCES[1]


def test_a_source_that_never_voted_abstains_with_that_reason() -> None:
    ballots = ballots_of([], SETTINGS, now=START)
    assert [ballot.abstention for ballot in ballots] == [Abstention.NO_VOTE] * len(SOURCES)
    assert {ballot.direction for ballot in ballots} == {Direction.ABSTAIN}


@pytest.mark.parametrize("status", list(VoteStatus))
def test_every_status_of_an_abstention_has_a_reason_of_its_own(status: VoteStatus) -> None:
    ballot = ballots_of([silent("massive", status=status)], SETTINGS, now=START)[0]
    assert ballot.direction is Direction.ABSTAIN
    assert ballot.abstention is (
        Abstention.NO_OPINION if status is VoteStatus.FRESH else Abstention(status.name)
    )


def test_a_vote_counts_up_to_its_cut_and_not_a_second_longer() -> None:
    vote = side("massive", "0.8")
    for seconds, abstention in ((MASSIVE.cut_s, None), (MASSIVE.cut_s + 1, Abstention.TOO_OLD)):
        ballot = ballots_of([vote], SETTINGS, now=at(seconds))[0]
        assert (ballot.age_s, ballot.abstention) == (seconds, abstention)


def test_the_newest_vote_counts_even_if_it_is_an_error_after_a_good_one() -> None:
    votes = [side("massive", "0.8"), silent("massive", fetched_at=at(5))]
    assert ballots_of(votes, SETTINGS, now=at(4))[0].direction is Direction.LONG
    assert ballots_of(votes, SETTINGS, now=at(5))[0].abstention is Abstention.ERROR


def test_a_source_without_weight_has_no_say() -> None:
    ballots = ballots_of([side("tea_leaves", "0.9")], SETTINGS, now=START)
    assert all(ballot.vote is None for ballot in ballots)


def test_data_a_little_ahead_of_our_clock_are_of_now() -> None:
    vote = side("massive", "0.8", as_of=at(3), fetched_at=at(0))
    assert ballots_of([vote], SETTINGS, now=at(1))[0].age_s == 0


@settings(deadline=None)
@given(
    start=st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
        max_value=datetime(2030, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    hours=st.integers(0, 24 * 20),
)
def test_hours_of_a_weekend_do_not_age_a_vote_of_a_daily_source(
    start: datetime, hours: int
) -> None:
    start = start.replace(minute=0, second=0, microsecond=0)
    counted = [
        moment
        for moment in (start + timedelta(hours=hour) for hour in range(hours))
        if moment.weekday() < 5
    ]
    now = start + timedelta(hours=hours)
    assert age_of(start, DAILY, now) == len(counted) * 3600
    assert age_of(start, MASSIVE, now) == hours * 3600


def test_on_monday_afternoon_friday_s_close_is_less_than_a_day_old() -> None:
    friday_close = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
    monday = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    assert age_of(friday_close, DAILY, monday) == (3 + 15) * 3600


def test_of_two_votes_that_came_at_one_moment_the_same_counts_in_either_order() -> None:
    votes = [side("massive", "0.8"), side("massive", "0.2"), silent("massive")]
    counted = {
        ballots_of(order, SETTINGS, now=START)[0].vote for order in itertools.permutations(votes)
    }
    assert len(counted) == 1
