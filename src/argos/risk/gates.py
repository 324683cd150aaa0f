"""The chains of gates, in the order in which their denials count. A new rule is a function and one line here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from argos.core.account import AccountSnapshot
from argos.core.decision import Purpose, RiskRequest
from argos.risk.concentration import (
    gross_exposure,
    symbol_concentration,
    symbol_positions,
    uncorrelated,
)
from argos.risk.exposure import (
    not_opposed,
    positions_maximum,
    size_found,
    size_maximum,
    size_minimum,
    tick_value_agrees,
)
from argos.risk.freshness import (
    alert_fresh,
    alert_not_from_future,
    intent_not_expired,
    snapshot_fresh,
    snapshot_known,
    terms_fresh,
)
from argos.risk.gate import Gate
from argos.risk.levels import stop_distance, stop_side, symbol_known, symbol_tradable, target_side
from argos.risk.losses import daily_loss_kept, drawdown_kept
from argos.risk.permission import (
    account_enabled,
    leg_enabled,
    not_halted,
    not_reducing,
    route_enabled,
    trading_hours,
)
from argos.risk.price_apart import levels_near, price_near
from argos.risk.repetition import cooled_down, entry_rate, flat, not_duplicate
from argos.risk.rule_gates import (
    rule_anchor,
    rule_daily_loss,
    rule_lots,
    rule_max_loss,
    rule_news_window,
    rule_orders,
    rule_request_budget,
    rule_risk_bounded,
)
from argos.risk.venue_state import (
    account_unblocked,
    buying_power_left,
    market_open,
    quote_fresh,
    volume_left,
    volume_limit_units,
)

ENTRY_GATES: Final[tuple[Gate, ...]] = (
    not_halted,
    not_reducing,
    route_enabled,
    leg_enabled,
    account_enabled,
    trading_hours,
    alert_not_from_future,
    alert_fresh,
    intent_not_expired,
    snapshot_known,
    snapshot_fresh,
    symbol_known,
    symbol_tradable,
    terms_fresh,
    tick_value_agrees,
    price_near,
    stop_side,
    target_side,
    levels_near,
    stop_distance,
    size_found,
    size_minimum,
    size_maximum,
    not_opposed,
    positions_maximum,
)
"""From "nobody may" over "we do not know" to "not this much"."""

VENUE_GATES: Final[tuple[Gate, ...]] = (account_unblocked, market_open)
"""After the entry's own chain, at an account whose node tells one of the two, or that has risk limits."""

RISK_GATES: Final[tuple[Gate, ...]] = (
    quote_fresh,
    not_duplicate,
    flat,
    cooled_down,
    symbol_positions,
    daily_loss_kept,
    drawdown_kept,
    uncorrelated,
    symbol_concentration,
    gross_exposure,
    entry_rate,
    buying_power_left,
)
"""After those, at an account with risk limits or under a prop firm's rules."""

RULE_GATES: Final[tuple[Gate, ...]] = (
    rule_anchor,
    rule_risk_bounded,
    rule_daily_loss,
    rule_max_loss,
    rule_news_window,
    rule_request_budget,
    rule_orders,
    rule_lots,
)
"""Last, at an account under a prop firm's rules."""

MODIFY_GATES: Final[tuple[Gate, ...]] = (not_halted, price_near, stop_side, target_side)
"""A change of stops protects: it is stopped by a halt and by prices that cannot be meant."""

EXIT_GATES: Final[tuple[Gate, ...]] = (not_halted,)
"""Only a halt keeps an exit back; no limit, age or missing snapshot does."""

CHAINS: Final[Mapping[Purpose, tuple[Gate, ...]]] = MappingProxyType(
    {
        Purpose.ENTRY: ENTRY_GATES,
        Purpose.MODIFY: MODIFY_GATES,
        Purpose.EXIT: EXIT_GATES,
    }
)


def gates_of(request: RiskRequest) -> tuple[Gate, ...]:
    """The gates that this request must pass. A rule that nobody set costs no order a line in its checks."""
    chain = CHAINS[request.purpose]
    if request.purpose is not Purpose.ENTRY:
        return chain
    if volume_limit_units(request.instrument) is not None:
        chain += (volume_left,)
    is_limited = request.account.limits.risk.any_set or request.standing.rules is not None
    if is_limited or _tells_standing(request.snapshot):
        chain += VENUE_GATES
    if is_limited:
        chain += RISK_GATES
    if request.standing.rules is not None:
        chain += RULE_GATES
    return chain


def _tells_standing(snapshot: AccountSnapshot | None) -> bool:
    return snapshot is not None and (snapshot.blocks is not None or snapshot.market is not None)
