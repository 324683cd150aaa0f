"""Whether a score may be called a probability: fitted on the past, judged on what came after.

Platt's two numbers and not isotonic steps: signals come in hundreds, and steps need about a thousand to be more than
noise; two numbers keep the order of scores; and they stand in the settings as two decimals, under the digest.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from argos.consensus.calibration import SLOPE_MAX, Calibration, probability_of
from argos.consensus.log_odds import SCORE_STEP, log_odds
from argos.consensus.scoring import Claim, brier, log_loss
from argos.core.rates import HitRate, rate_of

FITTED_MIN: Final = 200
JUDGED_MIN: Final = 100
ROUNDS_MAX: Final = 100
_SMALL: Final = 1e-10
Pairs = Sequence[tuple[Decimal, bool]]
"""Scores, and whether their side came true."""


class Shortfall(StrEnum):
    """Why a score stays a score."""

    TOO_FEW_FITTED = "TOO_FEW_FITTED"
    TOO_FEW_JUDGED = "TOO_FEW_JUDGED"
    SCORES_ALIKE = "SCORES_ALIKE"
    SCORES_MISLEAD = "SCORES_MISLEAD"
    WORSE_THAN_SCORE = "WORSE_THAN_SCORE"
    RATE_MISSED = "RATE_MISSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """On the later stretch: of the raw score taken for a probability, and of what was fitted.

    hits: how often its sides came true; its confidence_mean is the mean fitted probability.
    """

    hits: HitRate
    brier_of_score: float
    brier_fitted: float
    log_loss_of_score: float
    log_loss_fitted: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    calibration: Calibration
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncalibrated:
    """shortfall: the first thing that speaks against it. judgement: None when it did not come that far."""

    shortfall: Shortfall
    n_fitted: int
    n_judged: int
    judgement: Judgement | None = None


def calibrate(
    claims: Iterable[Claim],
    *,
    split_at: datetime,
    fitted_min: int = FITTED_MIN,
    judged_min: int = JUDGED_MIN,
) -> Calibrated | Uncalibrated:
    """A calibration, if it holds on claims made from `split_at` on.

    Fitted on claims whose outcome was known before `split_at`; those made before and known after belong to neither, as
    they lie over the border. It holds when a higher score means a higher rate, when the fitted probabilities have no
    greater log loss on the later stretch than the scores themselves, and when their mean lies in the 95 % interval of
    the rate that came about.
    """
    earlier, later, end = [], [], split_at
    for claim in claims:
        pair = (_score(claim.p), claim.came_true)
        if claim.known_at < split_at:
            earlier.append(pair)
        elif claim.at >= split_at:
            later.append(pair)
            end = max(end, claim.known_at)
    shortfall = _too_little(earlier, later, fitted_min, judged_min)
    if shortfall is not None:
        return _short(shortfall, earlier, later)
    slope, intercept = fit(earlier)
    if not (0 < slope <= SLOPE_MAX and abs(intercept) <= SLOPE_MAX):
        return _short(Shortfall.SCORES_MISLEAD, earlier, later)
    calibration = Calibration(
        slope=slope,
        intercept=intercept,
        fitted_until=split_at,
        judged_until=end,
        n_fitted=len(earlier),
        n_judged=len(later),
    )
    judgement = _judge(later, calibration)
    if judgement.log_loss_fitted > judgement.log_loss_of_score:
        return _short(Shortfall.WORSE_THAN_SCORE, earlier, later, judgement)
    if not judgement.hits.low <= judgement.hits.confidence_mean <= judgement.hits.high:
        return _short(Shortfall.RATE_MISSED, earlier, later, judgement)
    return Calibrated(calibration=calibration, judgement=judgement)


def _short(
    shortfall: Shortfall, earlier: Pairs, later: Pairs, judgement: Judgement | None = None
) -> Uncalibrated:
    return Uncalibrated(
        shortfall=shortfall, n_fitted=len(earlier), n_judged=len(later), judgement=judgement
    )


def fit(pairs: Pairs) -> tuple[Decimal, Decimal]:
    """Slope and intercept of Platt's map on log odds, to six decimals, by Newton's method.

    Outcomes are drawn in a little, as Platt has it (1999): to (wins + 1) / (wins + 2) and 1 / (losses + 2), so that a
    run of wins alone gives no certainty.
    """
    wins = sum(came_true for _, came_true in pairs)
    targets = {True: (wins + 1) / (wins + 2), False: 1 / (len(pairs) - wins + 2)}
    points = [(float(log_odds(score)), targets[came_true]) for score, came_true in pairs]
    slope, intercept = 1.0, 0.0
    for _ in range(ROUNDS_MAX):
        move = _newton_step(points, slope, intercept)
        step, loss = 1.0, _loss(points, slope, intercept)
        while (
            step > _SMALL
            and _loss(points, slope - step * move[0], intercept - step * move[1]) > loss + _SMALL
        ):
            step /= 2
        slope, intercept = slope - step * move[0], intercept - step * move[1]
        if max(abs(move[0]), abs(move[1])) < _SMALL:
            break
    return _decimal(slope), _decimal(intercept)


def _newton_step(
    points: Sequence[tuple[float, float]], slope: float, intercept: float
) -> tuple[float, float]:
    to_slope = to_intercept = xx = x1 = ones = 0.0
    for x, target in points:
        p = _sigmoid(slope * x + intercept)
        weight = p * (1 - p)
        to_slope += (p - target) * x
        to_intercept += p - target
        xx, x1, ones = xx + weight * x * x, x1 + weight * x, ones + weight
    xx, ones = xx + _SMALL, ones + _SMALL
    whole = xx * ones - x1 * x1
    return (
        (ones * to_slope - x1 * to_intercept) / whole,
        (xx * to_intercept - x1 * to_slope) / whole,
    )


def _loss(points: Sequence[tuple[float, float]], slope: float, intercept: float) -> float:
    total = 0.0
    for x, target in points:
        odds = slope * x + intercept
        # ln(1 + e^odds) - target x odds, so that no exponential overflows.
        total += max(odds, 0.0) + math.log1p(math.exp(-abs(odds))) - target * odds
    return total


def _sigmoid(odds: float) -> float:
    if odds >= 0:
        return 1 / (1 + math.exp(-odds))
    grown = math.exp(odds)
    return grown / (1 + grown)


def _too_little(earlier: Pairs, later: Pairs, fitted_min: int, judged_min: int) -> Shortfall | None:
    if len(earlier) < fitted_min:
        return Shortfall.TOO_FEW_FITTED
    if len(later) < judged_min:
        return Shortfall.TOO_FEW_JUDGED
    if len({log_odds(score) for score, _ in earlier}) < 2:
        return Shortfall.SCORES_ALIKE
    return None


def _judge(pairs: Pairs, calibration: Calibration) -> Judgement:
    raw = [(float(score), came_true) for score, came_true in pairs]
    fitted = [(float(probability_of(score, calibration)), came_true) for score, came_true in pairs]
    return Judgement(
        hits=rate_of(
            n=len(pairs),
            wins=sum(came_true for _, came_true in pairs),
            confidence_mean=math.fsum(p for p, _ in fitted) / len(fitted),
        ),
        brier_of_score=brier(raw),
        brier_fitted=brier(fitted),
        log_loss_of_score=log_loss(raw),
        log_loss_fitted=log_loss(fitted),
    )


def _score(p: float) -> Decimal:
    return Decimal(p).quantize(SCORE_STEP)


def _decimal(value: float) -> Decimal:
    return Decimal(value).quantize(SCORE_STEP) if math.isfinite(value) else Decimal("NaN")
