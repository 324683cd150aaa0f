"""Whether a signal that was given may be acted on: sure enough, in hours, and not refused by a look ahead.

Every signal is recorded, also one that is refused: a user must be able to see why nothing happened.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from argos.consensus.decision import Decision
from argos.core.texts import decimal_text
from argos.exchange.calendar import session_at
from argos.signals.precheck import CheckResult, Verdict
from argos.signals.settings import SessionRule, SignalSettings

PRICE_SOURCE: Final = "massive"
"""Whose prices decide whether hours matter: a simulated market has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of a signal. name: confidence, session or precheck."""

    name: str
    verdict: Verdict


def checks_of(
    decision: Decision, settings: SignalSettings, *, precheck: Verdict
) -> tuple[Check, ...]:
    """All checks, also those after one that refuses."""
    return (
        Check(name="confidence", verdict=_confidence(decision, settings.min_confidence)),
        Check(name="session", verdict=_session(decision.at, settings)),
        Check(name="precheck", verdict=precheck),
    )


def check_documents(checks: tuple[Check, ...]) -> dict[str, Any]:
    """`status`, `refusals` and `checks` as a record holds them."""
    refused = [check.verdict for check in checks if check.verdict.result is CheckResult.REFUSED]
    return {
        "status": "refused" if refused else "valid",
        "refusals": [{"code": verdict.code, "text": verdict.text} for verdict in refused],
        "checks": [
            {
                "check": check.name,
                "verdict": check.verdict.result.value,
                "text": check.verdict.text,
            }
            for check in checks
        ],
    }


def _confidence(decision: Decision, least: Decimal) -> Verdict:
    """The probability where there is a calibrated one, else the score, which is none."""
    word, value = "score", decision.score
    if decision.probability is not None:
        word, value = "probability", decision.probability
    told = f"{word} {decimal_text(value)}"
    if value < least:
        return Verdict(
            result=CheckResult.REFUSED,
            code="CONFIDENCE_TOO_LOW",
            text=f"{told} is below {decimal_text(least)}",
        )
    return Verdict(
        result=CheckResult.PASSED, code="", text=f"{told} is {decimal_text(least)} or more"
    )


def _session(at: datetime, settings: SignalSettings) -> Verdict:
    rule = settings.session
    if rule is SessionRule.ALWAYS:
        return _passed("any hour is allowed")
    if rule is SessionRule.AUTO and settings.simulated.get(PRICE_SOURCE, False):
        return _passed("prices are simulated: any hour is allowed")
    session = session_at(at)
    if session is not None and session.is_open(at):
        return _passed("the US market is open")
    return Verdict(result=CheckResult.REFUSED, code="MARKET_CLOSED", text="the US market is closed")


def _passed(text: str) -> Verdict:
    return Verdict(result=CheckResult.PASSED, code="", text=text)
