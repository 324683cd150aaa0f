"""Rule sets of prop firms, as their own pages told them when this was written. Firms change them: compare before use.

What a firm's own text does not say is not guessed: such a rule is left out, and docs/concepts/risk.md says so.
"""

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from argos.core.rule_set import BUFFER, DayBase, LimitOf, NewsBlock, RuleSet, Trail

_FTMO_NEWS: Final = frozenset({NewsBlock.OPEN, NewsBlock.CLOSE})

FTMO_2_STEP: Final = RuleSet(
    name="ftmo-2-step",
    timezone="Europe/Prague",
    daily_fraction=Decimal("0.05"),
    first_day_initial=True,
    max_fraction=Decimal("0.10"),
    news_window_s=120,
    news_blocks=_FTMO_NEWS,
    lots_per_fx_order_max=Decimal(50),
    open_orders_max=200,
    requests_per_day_max=2000,
    buffer_fraction=BUFFER,
)
"""academy.ftmo.com/lesson/maximum-daily-loss. Window, lots, orders and requests are what traders report."""

FTMO_1_STEP: Final = RuleSet(
    name="ftmo-1-step",
    timezone="Europe/Prague",
    daily_fraction=Decimal("0.03"),
    first_day_initial=True,
    max_fraction=Decimal("0.10"),
    trail=Trail.DAY_BALANCE,
    best_day_fraction_max=Decimal("0.5"),
    news_window_s=120,
    news_blocks=_FTMO_NEWS,
    lots_per_fx_order_max=Decimal(50),
    open_orders_max=200,
    requests_per_day_max=2000,
    buffer_fraction=BUFFER,
)
"""ftmo.com, 1-Step pages. Whether the floor stops at the initial balance is told both ways: `locks_at_initial`."""

THE5ERS_HIGH_STAKES: Final = RuleSet(
    name="the5ers-high-stakes",
    timezone="Etc/GMT-3",  # the sign is POSIX's: this is UTC+3
    daily_fraction=Decimal("0.05"),
    daily_limit_of=LimitOf.DAY_BASE,
    daily_base=DayBase.HIGHER,
    max_fraction=Decimal("0.10"),
    buffer_fraction=BUFFER,
)
BREAKOUT_1_STEP: Final = RuleSet(
    name="breakout-1-step",
    timezone="UTC",
    reset_at=time(0, 30),
    daily_fraction=Decimal("0.04"),
    daily_limit_of=LimitOf.DAY_BASE,
    buffer_fraction=BUFFER,
)
BREAKOUT_2_STEP: Final = RuleSet(
    name="breakout-2-step",
    timezone="UTC",
    reset_at=time(0, 30),
    daily_fraction=Decimal("0.05"),
    daily_limit_of=LimitOf.DAY_BASE,
    buffer_fraction=BUFFER,
)
RULE_SETS: Final[Mapping[str, RuleSet]] = MappingProxyType(
    {
        rules.name: rules
        for rules in (
            FTMO_2_STEP,
            FTMO_1_STEP,
            THE5ERS_HIGH_STAKES,
            BREAKOUT_1_STEP,
            BREAKOUT_2_STEP,
        )
    }
)

TOLD_BY: Final[Mapping[str, str]] = MappingProxyType(
    {
        FTMO_2_STEP.name: "academy.ftmo.com, maximum daily loss; news, lots, orders, requests by traders",
        FTMO_1_STEP.name: "ftmo.com, 1-Step pages; daily figure, news, lots, orders, requests by traders",
        THE5ERS_HIGH_STAKES.name: "help.the5ers.com",
        BREAKOUT_1_STEP.name: "Breakout's help centre",
        BREAKOUT_2_STEP.name: "Breakout's help centre",
    }
)
"""Where the figures of a plan are from, and which of them are not the firm's own text."""
