"""A calibration is fitted on the first half of the time and judged on the second, or there is none."""

import json
from decimal import Decimal
from random import Random

from argos.consensus.fitting import Calibrated, Shortfall, Uncalibrated
from argos.hindsight.calibrating import calibration_trial
from argos.hindsight.consensus import Hearing
from argos.hindsight.deciding import Spans, decisions_of
from argos.hindsight.sessions import sessions_of
from argos.hindsight.strategy import Consensus, Heard
from argos.hindsight.telling import trial_document
from unit.hindsight.builders import bars_of_closes, votes_of

BARS = 900
THREE, FOUR = "M+ A+ X+", "M+ A+ X+ S+"
"""Scores of 0.85 and of 1."""


def hearing(rates: dict[str, tuple[float, float]]) -> Hearing:
    """A signal at every other close, for a rise until the next one; it comes true at these rates: in the first half of
    the time and in the second.
    """
    dice, closes, words = Random(11), [100.0], []
    for bar in range(BARS):
        words.append((THREE, FOUR)[bar // 2 % 2] if bar % 2 == 0 else "")
        rate = rates[words[-1]][2 * bar // BARS] if words[-1] else 0.5
        closes.append(closes[-1] + (1 if dice.random() < rate else -1) * 0.05)
    bars = bars_of_closes(closes)
    sessions = sessions_of(bars)
    votes = [
        votes_of(line, one.closed_at) for line, one in zip([*words, ""], sessions, strict=True)
    ]
    consensus = Consensus(ttl_bars=1)
    decisions = decisions_of(
        "AAPL", sessions, votes, consensus.settings(), Spans(ttl=1, cooldown=0)
    )
    heard = Heard(symbol="AAPL", sessions=sessions, votes=votes, decisions=decisions)
    return Hearing(consensus=consensus, bars=bars, heard=(heard,), hold_bars=1)


def test_rates_that_last_make_a_probability_of_the_score() -> None:
    trial = calibration_trial(hearing({THREE: (0.52, 0.52), FOUR: (0.7, 0.7)}))
    assert isinstance(trial.outcome, Calibrated)
    assert trial.by_probability is not None
    assert trial.by_probability.brier < trial.by_score.brier
    # The same later signals, and about half of all.
    assert trial.by_probability.n == trial.by_score.n == trial.outcome.calibration.n_judged
    assert abs(trial.by_score.n - BARS // 4) <= 2
    told = trial_document(trial)
    assert told["shortfall"] is None
    assert Decimal(told["calibration"]["slope"]) > 0
    again = Consensus(calibration=json.dumps(told["calibration"]))
    assert again.settings().calibration == trial.outcome.calibration


def test_rates_that_did_not_last_leave_a_score_a_score() -> None:
    trial = calibration_trial(hearing({THREE: (0.6, 0.4), FOUR: (0.8, 0.45)}))
    assert isinstance(trial.outcome, Uncalibrated)
    assert trial.outcome.shortfall in (Shortfall.RATE_MISSED, Shortfall.WORSE_THAN_SCORE)
    assert trial.by_probability is None
    assert trial_document(trial)["calibration"] is None


def test_more_agreement_that_is_less_often_right_gives_none() -> None:
    trial = calibration_trial(hearing({THREE: (0.8, 0.8), FOUR: (0.4, 0.4)}))
    assert isinstance(trial.outcome, Uncalibrated)
    assert trial.outcome.shortfall is Shortfall.SCORES_MISLEAD
