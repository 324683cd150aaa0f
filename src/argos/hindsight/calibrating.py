"""Whether the scores of a hearing may be called probabilities: fitted on its first half, judged on its second."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from argos.consensus.calibration import probability_of
from argos.consensus.fitting import Calibrated, Uncalibrated, calibrate
from argos.consensus.log_odds import SCORE_STEP
from argos.consensus.scoring import CONSENSUS, Claim, Scores, scores_of
from argos.hindsight.consensus import Hearing


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationTrial:
    """by_score, by_probability: the same later signals, by what was claimed before and after; the latter None without a
    calibration.
    """

    split_at: datetime
    outcome: Calibrated | Uncalibrated
    by_score: Scores
    by_probability: Scores | None


def calibration_trial(hearing: Hearing, *, split_at: datetime | None = None) -> CalibrationTrial:
    """split_at: else the middle of the time. Signals known only after it, but given before, belong to neither part."""
    closes = [session.closed_at for one in hearing.heard for session in one.sessions]
    split = split_at or min(closes) + (max(closes) - min(closes)) / 2
    claims = [claim for claim in hearing.claims if claim.by == CONSENSUS]
    outcome = calibrate(claims, split_at=split)
    later = [claim for claim in claims if claim.at >= split]
    return CalibrationTrial(
        split_at=split,
        outcome=outcome,
        by_score=scores_of(later),
        by_probability=scores_of([_fitted(claim, outcome) for claim in later])
        if isinstance(outcome, Calibrated)
        else None,
    )


def _fitted(claim: Claim, outcome: Calibrated) -> Claim:
    score = Decimal(claim.p).quantize(SCORE_STEP)
    return replace(claim, p=float(probability_of(score, outcome.calibration)))
