"""Why a trade was closed: told from the fills that closed it and the orders behind them, or honestly unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from argos.core.execution import FillReason
from argos.core.intent import Action

ASKED_REASON: Final = "reason"
"""The feature of a close intent in which its sender may say why, in one of the words of `_SAID`."""


class ExitReason(StrEnum):
    """TARGET and STOP: levels of the trade. TIME_STOP, SIGNAL_END, HALT: said by the close intent. CLOSE: the strategy,
    or a person through Argos, asked and did not say why. BY_HAND: at the venue. SEVERAL: parts, for different reasons.
    """

    TARGET = "target"
    STOP = "stop"
    TIME_STOP = "time_stop"
    SIGNAL_END = "signal_end"
    CLOSE = "close"
    REVERSE = "reverse"
    NETTED = "netted"
    HALT = "halt"
    BY_HAND = "by_hand"
    STOP_OUT = "stop_out"
    SEVERAL = "several"
    UNKNOWN = "unknown"

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS: Final[Mapping[ExitReason, str]] = {
    ExitReason.TARGET: "its target was reached",
    ExitReason.STOP: "its stop was reached",
    ExitReason.TIME_STOP: "its time was over",
    ExitReason.SIGNAL_END: "its signal had ended",
    ExitReason.CLOSE: "a close was asked for",
    ExitReason.REVERSE: "the strategy turned to the other side",
    ExitReason.NETTED: "an entry of another trade on the other side took it",
    ExitReason.HALT: "a brake closed it",
    ExitReason.BY_HAND: "somebody closed it at the broker",
    ExitReason.STOP_OUT: "the broker closed it for want of margin",
    ExitReason.SEVERAL: "parts of it were closed for different reasons",
    ExitReason.UNKNOWN: "what closed it cannot be told",
}
_AT_VENUE: Final = {
    FillReason.SL: ExitReason.STOP,
    FillReason.TP: ExitReason.TARGET,
    FillReason.MANUAL: ExitReason.BY_HAND,
    FillReason.STOP_OUT: ExitReason.STOP_OUT,
}
_SAID: Final = {
    "TIME_STOP": ExitReason.TIME_STOP,
    "STOP_PASSED": ExitReason.STOP,
    "TARGET_PASSED": ExitReason.TARGET,
    "SIGNAL_ENDED": ExitReason.SIGNAL_END,
    "HALT": ExitReason.HALT,
}
"""What the position monitor says, and any strategy may say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitPart:
    """One closing fill: units, price, when, why, and who asked for it (`hook:...`, `api:...`), "" where nobody did."""

    reason: ExitReason
    qty: Decimal
    price: Decimal
    at: datetime
    asked_by: str = ""


def exit_part(
    fill_reason: FillReason,
    *,
    qty: Decimal,
    price: Decimal,
    at: datetime,
    action: Action | None,
    asked_by: str = "",
    features: Mapping[str, Any] | None = None,
    own_order: bool = True,
) -> ExitPart:
    """`action`, `asked_by` and `features` are those of the intent behind the order that was filled, None and "" without
    one; `own_order` is false where that order belongs to another trade.
    """
    reason = _AT_VENUE.get(fill_reason)
    if reason is None:
        reason = _commanded(action, features=features, own_order=own_order)
    return ExitPart(
        reason=reason,
        qty=qty,
        price=price,
        at=at,
        asked_by=asked_by if fill_reason is FillReason.COMMAND else "",
    )


def reason_of(parts: Sequence[ExitPart]) -> ExitReason:
    """Of the whole: the one reason of all parts."""
    reasons = {part.reason for part in parts}
    if not reasons:
        return ExitReason.UNKNOWN
    return reasons.pop() if len(reasons) == 1 else ExitReason.SEVERAL


def _commanded(
    action: Action | None, *, features: Mapping[str, Any] | None, own_order: bool
) -> ExitReason:
    """A fill of an order of ours: its intent says what for."""
    if action is Action.CLOSE:
        said = (features or {}).get(ASKED_REASON)
        return _SAID.get(said, ExitReason.CLOSE) if isinstance(said, str) else ExitReason.CLOSE
    if action is Action.REVERSE:
        return ExitReason.REVERSE
    if action is Action.OPEN and not own_order:
        return ExitReason.NETTED
    return ExitReason.UNKNOWN
