"""What makes a probability of a score. Without it a score is called a score, wherever it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from argos.consensus.log_odds import log_odds, plus, probability, times
from argos.core.errors import InputError
from argos.core.texts import decimal_text, moment_text, parse_decimal, parse_moment

SLOPE_MAX: Final = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Platt's map: probability = 1 / (1 + exp(-(slope x log odds of the score + intercept))).

    fitted_until: nothing later took part in the fit; judged_until: end of the later stretch on which it held;
    n_fitted, n_judged: resolved signals of each. `fitting.calibrate` makes one, and gives none that did not hold.
    """

    slope: Decimal
    intercept: Decimal
    fitted_until: datetime
    judged_until: datetime
    n_fitted: int
    n_judged: int

    def __post_init__(self) -> None:
        good = {
            "slope": 0 < self.slope <= SLOPE_MAX,
            "intercept": abs(self.intercept) <= SLOPE_MAX,
            "judged_until": self.judged_until > self.fitted_until,
            "n_fitted": self.n_fitted > 0,
            "n_judged": self.n_judged > 0,
        }
        for name, is_good in good.items():
            if not is_good:
                raise _refused(name)


def probability_of(score: Decimal, calibration: Calibration) -> Decimal:
    """How often a signal of this score comes true, by what came true before; six decimals."""
    return probability(plus(times(calibration.slope, log_odds(score)), calibration.intercept))


def calibration_document(calibration: Calibration) -> dict[str, Any]:
    return {
        "slope": decimal_text(calibration.slope),
        "intercept": decimal_text(calibration.intercept),
        "fitted_until": moment_text(calibration.fitted_until),
        "judged_until": moment_text(calibration.judged_until),
        "n_fitted": calibration.n_fitted,
        "n_judged": calibration.n_judged,
    }


def parse_calibration(document: Mapping[str, Any]) -> Calibration:
    """Raises InputError CONSENSUS_CALIBRATION or VALUE_... that names the field."""
    names = {item.name for item in fields(Calibration)}
    if not isinstance(document, Mapping):
        raise _refused("calibration")
    wrong = sorted(names ^ document.keys())
    if wrong:
        raise _refused(wrong[0])
    for name in ("n_fitted", "n_judged"):
        if type(document[name]) is not int:
            raise _refused(name)
    return Calibration(
        slope=parse_decimal(document["slope"], field="slope"),
        intercept=parse_decimal(document["intercept"], field="intercept"),
        fitted_until=parse_moment(document["fitted_until"], field="fitted_until"),
        judged_until=parse_moment(document["judged_until"], field="judged_until"),
        n_fitted=document["n_fitted"],
        n_judged=document["n_judged"],
    )


def _refused(name: str) -> InputError:
    return InputError(
        f"{name} of the calibration is missing, unknown or cannot be meant",
        code="CONSENSUS_CALIBRATION",
        field=name,
        fix="take the calibration as it was made; a slope of 0 or less says that scores mean nothing",
    )
