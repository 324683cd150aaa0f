"""Claims held against outcomes: the same figures as for a backtest's signals."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.excursions import Excursions
from argos.backtest.signal_quality import Outcomes, quality_of
from argos.consensus.replay import replay
from argos.consensus.scoring import (
    CONSENSUS,
    Claim,
    claim_of_decision,
    claim_of_vote,
    scores_by,
    scores_of,
)
from argos.consensus.settings import ConsensusSettings
from argos.core.errors import InputError
from unit.consensus.builders import START, at, side, silent

CLAIMS = st.lists(st.tuples(st.integers(0, 1000), st.booleans()), max_size=60)


def claim(p: float, came_true: bool, *, by: str = CONSENSUS, second: float = 0) -> Claim:
    return Claim(by=by, at=at(second), known_at=at(second + 60), p=p, came_true=came_true)


def test_scores_of_a_known_table() -> None:
    scores = scores_of([claim(0.9, True), claim(0.8, True), claim(0.6, False), claim(1.0, False)])
    assert scores.brier == pytest.approx((0.1**2 + 0.2**2 + 0.6**2 + 1) / 4)
    assert scores.brier_of_rate == pytest.approx(0.25)
    logs = -math.log(0.9) - math.log(0.8) - math.log(0.4) - math.log(1e-6)
    assert scores.log_loss == pytest.approx(logs / 4, rel=1e-6)
    assert {
        low: (rate.n, rate.wins) for (low, _), rate in scores.reliability.items() if rate.n
    } == {
        0.6: (1, 0),
        0.8: (1, 1),
        0.9: (2, 1),
    }


@settings(deadline=None)
@given(table=CLAIMS)
def test_the_backtester_says_the_same_of_the_same_claims(table: list[tuple[int, bool]]) -> None:
    scores = scores_of([claim(mille / 1000, came_true) for mille, came_true in table])
    n = len(table)
    nothing = np.zeros(n)
    quality = quality_of(
        Outcomes(
            symbols=("AAPL",),
            symbol=np.zeros(n, np.int64),
            at_ns=np.zeros(n, np.int64),
            side=np.ones(n, np.int8),
            confidence=np.array([mille / 1000 for mille, _ in table]),
            outcome=np.array([0.01 if came_true else -0.01 for _, came_true in table]),
            excursions=Excursions(adverse=nothing, favourable=nothing),
        )
    )
    for ours, theirs in (
        (scores.brier, quality.brier),
        (scores.brier_of_rate, quality.brier_of_rate),
        (scores.log_loss, quality.log_loss),
    ):
        assert ours == pytest.approx(theirs, nan_ok=True)
    assert [(key, rate.n, rate.wins) for key, rate in scores.reliability.items()] == [
        (key, rate.n, rate.wins) for key, rate in quality.by_confidence.items()
    ]


def test_a_short_vote_claims_a_fall_and_an_abstention_nothing() -> None:
    fall = claim_of_vote(side("sonar", "0.3"), rose=False, known_at=at(60))
    assert fall is not None
    assert (fall.by, fall.p, fall.came_true) == ("sonar", pytest.approx(0.7), True)
    assert claim_of_vote(silent("sonar"), rose=False, known_at=at(60)) is None


def test_sources_and_the_consensus_are_scored_apart() -> None:
    votes = [side("massive", "0.9"), side("x_api", "0.2"), side("sonar", "0.7")]
    (decision,) = replay(votes, [START], ConsensusSettings())
    claims = [claim_of_vote(vote, rose=True, known_at=at(60)) for vote in votes]
    claims.append(claim_of_decision(decision, rose=True, known_at=at(60)))
    scores = scores_by([one for one in claims if one is not None])
    assert {name: (one.n, one.hits.wins) for name, one in scores.items()} == {
        "massive": (1, 1),
        "x_api": (1, 0),
        "sonar": (1, 1),
        "consensus": (1, 1),
    }
    (nothing,) = replay([silent("massive")], [START], ConsensusSettings())
    assert claim_of_decision(nothing, rose=True, known_at=at(60)) is None


@pytest.mark.parametrize(("p", "seconds", "field"), [(1.1, 1, "p"), (0.5, 0, "known_at")])
def test_a_claim_that_cannot_be_is_refused(p: float, seconds: int, field: str) -> None:
    with pytest.raises(InputError) as caught:
        Claim(by="x", at=START, known_at=START + timedelta(seconds=seconds), p=p, came_true=True)
    assert caught.value.field == field
