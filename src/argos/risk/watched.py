"""An account with a loss limit, as whoever keeps its anchors sees it."""

from dataclasses import dataclass
from typing import Final

from argos.core.account import AccountSnapshot
from argos.core.risk_limits import RiskLimits
from argos.risk.anchors import AnchorBook

SET_BY: Final = "argos:risk"
"""Who set the brakes that come from loss limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One account with a loss limit. `braked_by` is who holds it with a brake of its own, None if nobody."""

    account: str
    limits: RiskLimits
    snapshot: AccountSnapshot
    book: AnchorBook | None
    braked_by: str | None
    brake_reason: str = ""
