"""An account with a loss limit or under a firm's rules, as whoever keeps its anchors sees it."""

from dataclasses import dataclass
from datetime import time
from typing import Final

from argos.core.account import AccountSnapshot
from argos.core.risk_limits import RiskLimits
from argos.core.rule_set import RuleAccount
from argos.risk.anchors import AnchorBook

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
    def timezone(self) -> str:
        """Whose midnight, or `reset_at`, begins the day: the firm's before the operator's own."""
        return self.firm.rules.timezone if self.firm else self.limits.day_timezone or "UTC"

    @property
    def reset_at(self) -> time:
        return self.firm.rules.reset_at if self.firm else time(0)
