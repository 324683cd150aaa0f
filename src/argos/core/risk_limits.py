"""The operator's risk rules for one account. A rule is off while its value is None; fractions are 0 to 1 and more.

Few hold from the start (`FROM_THE_START`): they ask for nothing but the snapshot, which each decision has anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from argos.core.errors import InputError

WHOLE: Final = frozenset(
    {
        "quote_age_s_max",
        "duplicate_s",
        "cooldown_s",
        "symbol_positions_max",
        "entries_per_minute_max",
    }
)
"""Fields that count: 1 or more. `day_timezone` is a name, TRUTHS are yes or no; all others are decimals above 0."""
TRUTHS: Final = frozenset({"flat_only", "quote_required"})
AT_MOST_ONE: Final = frozenset(
    {
        "daily_loss_fraction_max",
        "drawdown_fraction_max",
        "correlation_max",
        "buying_power_fraction_max",
        "price_apart_fraction_max",
    }
)
FROM_THE_START: Final = frozenset(
    {"price_apart_fraction_max", "level_apart_fraction_max", "quote_required"}
)
"""Rules of the entry's own chain: they cost no account more, set or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLimits:
    """Rules beside the account's ceilings; all of them hold for entries and none for exits. See MEANINGS."""

    price_apart_fraction_max: Decimal | None = Decimal("0.2")
    level_apart_fraction_max: Decimal | None = Decimal(1)
    quote_required: bool | None = None
    quote_age_s_max: int | None = None
    duplicate_s: int | None = None
    flat_only: bool | None = None
    cooldown_s: int | None = None
    entries_per_minute_max: int | None = None
    symbol_positions_max: int | None = None
    daily_loss_fraction_max: Decimal | None = None
    drawdown_fraction_max: Decimal | None = None
    symbol_fraction_max: Decimal | None = None
    gross_fraction_max: Decimal | None = None
    correlation_max: Decimal | None = None
    correlated_fraction_max: Decimal | None = None
    buying_power_fraction_max: Decimal | None = None
    day_timezone: str | None = None

    @property
    def any_set(self) -> bool:
        """Whether a rule is set beside those that hold from the start."""
        if self is NO_RISK_LIMITS:  # as for most accounts: asked twice in each decision
            return False
        return any(
            getattr(self, item.name) is not None
            for item in fields(self)
            if item.name not in FROM_THE_START
        )

    @property
    def keeps_anchors(self) -> bool:
        """Whether a rule is measured from an anchor or a peak, which somebody must keep."""
        return self.daily_loss_fraction_max is not None or self.drawdown_fraction_max is not None


MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "price_apart_fraction_max": "how far the price of an intent may be from the account's quote: the larger by the"
        " smaller, less 1",
        "level_apart_fraction_max": "the same of its stop and target; 1 is twice or half the quote",
        "quote_required": "true: no entry in a symbol of which no quote is known",
        "quote_age_s_max": "oldest quote that an entry may be judged by, in seconds",
        "duplicate_s": "the same strategy may not open the same symbol and side again for so many seconds",
        "flat_only": "true: no entry in a symbol of which something is held or working",
        "cooldown_s": "seconds without entries in a symbol after anything of it was closed",
        "entries_per_minute_max": "entries planned for the account in any 60 seconds",
        "symbol_positions_max": "positions in one symbol, the new one counted",
        "daily_loss_fraction_max": "loss since the day's anchor, floating included, as a part of the anchor's equity",
        "drawdown_fraction_max": "fall of equity from its stored peak, as a part of the peak",
        "symbol_fraction_max": "notional in one symbol, both sides added up, as a part of equity",
        "gross_fraction_max": "notional of everything, as a part of equity",
        "correlation_max": "from this correlation on, two positions are one bet; so they are where it is unknown",
        "correlated_fraction_max": "notional of one bet as a part of equity; without it, a bet is one position",
        "day_timezone": "the zone whose midnight begins the day of daily_loss_fraction_max; UTC without it",
        "buying_power_fraction_max": "how much of the buying power entries may use, what is on its way included",
    }
)
"""What each rule says; a test holds the names equal."""
NO_RISK_LIMITS: Final = RiskLimits()


def checked_risk_limits(limits: RiskLimits) -> RiskLimits:
    """The same limits. Raises InputError with RISK_LIMIT_INVALID for a value that no rule can hold by."""
    for name in MEANINGS:
        value = getattr(limits, name)
        if value is None or isinstance(value, bool):
            continue
        if isinstance(value, str):
            _require_zone(value)
            continue
        if name in WHOLE and value < 1:
            raise _invalid(name, value, "a whole number of 1 or more")
        if not value > 0:
            raise _invalid(name, value, "above 0")
        if name in AT_MOST_ONE and value > 1:
            raise _invalid(name, value, "a fraction of 1 at most: 0.05 is 5 %")
    return limits


def _require_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _invalid("day_timezone", name, "a time zone such as Europe/Prague") from None


def _invalid(name: str, value: Any, wanted: str) -> InputError:
    return InputError(
        f"{name} is {value}; it must be {wanted}",
        code="RISK_LIMIT_INVALID",
        field=name,
        fix=f"{name}: {MEANINGS[name]}; none turns the rule off",
    )
