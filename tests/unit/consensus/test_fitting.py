"""A score is called a probability only after it held on what came after the fit."""

import math
import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.consensus.calibration import probability_of
from argos.consensus.fitting import Calibrated, Shortfall, Uncalibrated, calibrate, fit
from argos.consensus.machine import FIRST, decide
from argos.consensus.scoring import CONSENSUS, Claim
from argos.consensus.settings import ConsensusSettings
from unit.consensus.builders import START, at, votes_of

SPLIT = at(1000 * 60)
Truth = Callable[[float], float]


def world(truth: Truth, *, n: int = 2000, seed: int = 5, later: Truth | None = None) -> list[Claim]:
    """One claim a minute, known ten minutes later; `truth` is the real rate at a score, `later` after SPLIT."""
    chance = random.Random(seed)
    claims = []
    for minute in range(n):
        made = at(60 * minute)
        p = chance.choice([0.75, 0.80, 0.85, 0.9, 0.95])
        real = (later or truth)(p) if made >= SPLIT else truth(p)
        claims.append(
            Claim(
                by=CONSENSUS,
                at=made,
                known_at=made + timedelta(minutes=10),
                p=p,
                came_true=chance.random() < real,
            )
        )
    return claims


def overconfident(p: float) -> float:
    """Log odds are half of what is said."""
    return 1 / (1 + math.exp(-0.5 * math.log(p / (1 - p))))


def test_an_overconfident_score_is_brought_to_what_it_is_worth() -> None:
    found = calibrate(world(overconfident), split_at=SPLIT)
    assert isinstance(found, Calibrated)
    # 2,000 draws know the slope to about a tenth; the rate at a score much better.
    for p in (0.75, 0.85, 0.95):
        fitted = float(probability_of(Decimal(str(p)), found.calibration))
        assert fitted == pytest.approx(overconfident(p), abs=0.05)
    judged = found.judgement
    assert judged.log_loss_fitted < judged.log_loss_of_score
    assert judged.brier_fitted < judged.brier_of_score


def test_the_fit_sees_nothing_that_was_not_known_before_the_split() -> None:
    claims = world(overconfident)
    found = calibrate(claims, split_at=SPLIT)
    flipped = [
        one
        if one.known_at < SPLIT
        else Claim(
            by=one.by, at=one.at, known_at=one.known_at, p=one.p, came_true=not one.came_true
        )
        for one in claims
    ]
    turned = calibrate(flipped, split_at=SPLIT)
    assert isinstance(found, Calibrated)
    assert isinstance(turned, Uncalibrated)
    earlier = [(Decimal(str(c.p)), c.came_true) for c in claims if c.known_at < SPLIT]
    assert fit(earlier) == (found.calibration.slope, found.calibration.intercept)
    # Ten claims lie over the border and belong to neither stretch.
    assert found.calibration.n_fitted + found.calibration.n_judged == len(claims) - 10
    assert found.calibration.n_fitted == turned.n_fitted


@pytest.mark.parametrize(
    ("claims", "shortfall"),
    [
        (world(overconfident, n=100), Shortfall.TOO_FEW_FITTED),
        (world(overconfident, n=1050), Shortfall.TOO_FEW_JUDGED),
        ([], Shortfall.TOO_FEW_FITTED),
        (world(lambda p: 1.2 - p), Shortfall.SCORES_MISLEAD),
        (world(overconfident, later=lambda p: 0.95), Shortfall.WORSE_THAN_SCORE),
        (world(overconfident, later=lambda p: 0.4), Shortfall.RATE_MISSED),
    ],
)
def test_what_does_not_hold_stays_a_score(claims: list[Claim], shortfall: Shortfall) -> None:
    found = calibrate(claims, split_at=SPLIT)
    assert isinstance(found, Uncalibrated)
    assert found.shortfall is shortfall


def test_scores_that_are_all_alike_cannot_be_fitted() -> None:
    alike = [
        Claim(by=one.by, at=one.at, known_at=one.known_at, p=0.8, came_true=one.came_true)
        for one in world(overconfident)
    ]
    found = calibrate(alike, split_at=SPLIT)
    assert isinstance(found, Uncalibrated)
    assert found.shortfall is Shortfall.SCORES_ALIKE


@settings(max_examples=30, deadline=None)
@given(
    pairs=st.lists(
        st.tuples(st.sampled_from(["0.6", "0.75", "0.8", "0.98"]), st.booleans()),
        min_size=2,
        max_size=40,
    ).filter(lambda pairs: len({score for score, _ in pairs}) > 1)
)
def test_a_fit_is_where_its_gradient_is_nothing(pairs: list[tuple[str, bool]]) -> None:
    cases = [(Decimal(score), came_true) for score, came_true in pairs]
    slope, intercept = (float(value) for value in fit(cases))
    wins = sum(came_true for _, came_true in cases)
    to_slope = to_intercept = 0.0
    for score, came_true in cases:
        x = math.log(float(score) / (1 - float(score)))
        p = 1 / (1 + math.exp(-(slope * x + intercept)))
        target = (wins + 1) / (wins + 2) if came_true else 1 / (len(cases) - wins + 2)
        to_slope += (p - target) * x
        to_intercept += p - target
    assert (to_slope, to_intercept) == pytest.approx((0, 0), abs=1e-3)


def test_a_calibrated_consensus_names_a_probability_and_fires_as_before() -> None:
    found = calibrate(world(overconfident), split_at=SPLIT)
    assert isinstance(found, Calibrated)
    plain = ConsensusSettings(ticks_min=1)
    calibrated = ConsensusSettings(ticks_min=1, calibration=found.calibration)
    votes = votes_of("M+ A+ X+", as_of=START)
    decisions = [
        decide(FIRST, votes, rules, symbol="AAPL", now=START)[1] for rules in (plain, calibrated)
    ]
    assert [one.verdict for one in decisions] == ["fired", "fired"]
    assert [one.score for one in decisions] == [Decimal("0.85")] * 2
    assert decisions[0].probability is None
    assert decisions[1].probability == probability_of(Decimal("0.85"), found.calibration)
    assert decisions[0].settings_digest != decisions[1].settings_digest
