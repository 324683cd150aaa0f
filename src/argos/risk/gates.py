"""The chains of gates, in the order in which their denials count. A new rule is a function and one line here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from argos.core.decision import Purpose
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
from argos.risk.permission import (
    account_enabled,
    leg_enabled,
    not_halted,
    not_reducing,
    route_enabled,
    trading_hours,
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
    stop_side,
    target_side,
    stop_distance,
    size_found,
    size_minimum,
    size_maximum,
    not_opposed,
    positions_maximum,
)
"""From "nobody may" over "we do not know" to "not this much"."""

MODIFY_GATES: Final[tuple[Gate, ...]] = (not_halted, stop_side, target_side)
"""A change of stops protects: it is stopped by a halt and by levels that cannot be meant."""

EXIT_GATES: Final[tuple[Gate, ...]] = (not_halted,)
"""Only a halt keeps an exit back; no limit, age or missing snapshot does."""

CHAINS: Final[Mapping[Purpose, tuple[Gate, ...]]] = MappingProxyType(
    {
        Purpose.ENTRY: ENTRY_GATES,
        Purpose.MODIFY: MODIFY_GATES,
        Purpose.EXIT: EXIT_GATES,
    }
)
