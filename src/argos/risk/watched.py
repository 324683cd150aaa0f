"""An account with a loss limit or under a firm's rules, as whoever keeps its anchors sees it."""

from dataclasses import dataclass
from datetime import time
from typing import Final

from argos.core.account import AccountSnapshot
from argos.core.risk_limits import RiskLimits
from argos.core.rule_set import RuleAccount
from argos.risk.anchors import AnchorBook, day_clock

SET_BY: Final = "argos:risk"
"""Who set the brakes that come from loss limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One account with a loss limit, or under a firm's rules.

    `braked_by` is who holds it with a brake of its own, None if nobody.
    """

    account: str
    limits: RiskLimits
    firm: RuleAccount | None = None
    snapshot: AccountSnapshot
    book: AnchorBook | None
    braked_by: str | None
    brake_reason: str = ""

    @property
    def clock(self) -> tuple[str, time]:
        """Time zone and time of day at which its day begins."""
        return day_clock(self.limits, self.firm)
