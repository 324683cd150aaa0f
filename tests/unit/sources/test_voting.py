"""Votes as sources make them: they can always be made, say that they are simulated, and survive being stored."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.consensus.vote import Direction, VoteStatus, parse_vote, vote_document
from argos.sources.reasons import SourceReason
from argos.sources.voting import LEAN_MIN, About, abstention, is_simulated, lean_vote

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def about(*, simulated: bool) -> About:
    return About(source="massive", symbol="AAPL", fetched_at=NOON, simulated=simulated)


@given(
    lean=st.decimals(-3, 3, allow_nan=False, places=6),
    simulated=st.booleans(),
    ahead_s=st.integers(-100_000, 100_000),
)
def test_any_lean_at_any_time_is_a_vote_that_can_be_stored(
    lean: Decimal, simulated: bool, ahead_s: int
) -> None:
    as_of = NOON + timedelta(seconds=ahead_s)
    vote = lean_vote(about(simulated=simulated), lean, as_of=as_of, inputs={})
    assert parse_vote(vote_document(vote)) == vote
    assert is_simulated(vote) is simulated
    if ahead_s > 5:
        assert vote.status is VoteStatus.ERROR
    elif abs(lean) < LEAN_MIN:
        assert vote.direction is Direction.ABSTAIN
    else:
        assert vote.direction is (Direction.LONG if lean > 0 else Direction.SHORT)


@pytest.mark.parametrize("reason", SourceReason)
def test_every_reason_fits_into_a_vote(reason: SourceReason) -> None:
    vote = abstention(about(simulated=True), reason, as_of=NOON + timedelta(days=1))
    assert parse_vote(vote_document(vote)) == vote


def test_a_simulated_vote_has_another_hash_than_a_real_one() -> None:
    hashes = {
        lean_vote(about(simulated=simulated), Decimal(1), as_of=NOON, inputs={"a": "1"}).inputs_hash
        for simulated in (True, False)
    }
    assert len(hashes) == 2
