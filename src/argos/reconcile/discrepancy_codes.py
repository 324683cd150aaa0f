"""What a discrepancy is, and the kinds there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID


class DiscrepancyCode(StrEnum):
    """`meaning` is one sentence, `fix` what a person can do."""

    NODE_ABSENT = "NODE_ABSENT"
    SENT_UNKNOWN = "SENT_UNKNOWN"
    DOUBT_UNRESOLVED = "DOUBT_UNRESOLVED"
    NEVER_FILLED = "NEVER_FILLED"
    EXIT_INCOMPLETE = "EXIT_INCOMPLETE"
    POSITION_DRIFT = "POSITION_DRIFT"
    PROFIT_DIFFERS = "PROFIT_DIFFERS"
    LEG_DIVERGES = "LEG_DIVERGES"
    TICK_VALUE_DIFFERS = "TICK_VALUE_DIFFERS"

    @property
    def meaning(self) -> str:
        return _EXPLAINED[self][0]

    @property
    def fix(self) -> str:
        return _EXPLAINED[self][1]


_EXPLAINED: Final[Mapping[DiscrepancyCode, tuple[str, str]]] = MappingProxyType(
    {
        DiscrepancyCode.NODE_ABSENT: (
            "An order has been waiting for its account's node, and no node took it.",
            "Start the account's node, or see why it cannot reach the gateway; an entry past its "
            "valid_until expires by itself.",
        ),
        DiscrepancyCode.SENT_UNKNOWN: (
            "A node took an order, or a request to change one, and nothing has been heard of it since.",
            "See whether the node runs and reaches its broker; it settles its log at every start.",
        ),
        DiscrepancyCode.DOUBT_UNRESOLVED: (
            "The broker never said whether it took the order, and looking has not shown it either.",
            "Look in the broker's own terminal, then record what you found as a decision.",
        ),
        DiscrepancyCode.NEVER_FILLED: (
            "The broker accepted a market order and has not filled it completely.",
            "Look at the order in the broker's terminal: the market may be closed; cancel it there "
            "or here if it is not wanted any more.",
        ),
        DiscrepancyCode.EXIT_INCOMPLETE: (
            "A close was asked for and tried again as often as it may be, and a part is open still.",
            "See the trade's story for the broker's reason; close the rest by another close intent or "
            "by hand at the broker.",
        ),
        DiscrepancyCode.POSITION_DRIFT: (
            "The account holds another quantity than all known fills add up to.",
            "Let the node scan its history from further back; if fills are gone for good, adopt the "
            "broker's figure by a decision.",
        ),
        DiscrepancyCode.PROFIT_DIFFERS: (
            "The broker's profit on a closed trade is not what its fill prices come to.",
            "Check contract size and currency conversion of the symbol; ask the broker about the deal.",
        ),
        DiscrepancyCode.LEG_DIVERGES: (
            "A trade came out otherwise than its intent asked; `observed` names how.",
            "Read the trade's story; close or protect the position by hand where it needs it.",
        ),
        DiscrepancyCode.TICK_VALUE_DIFFERS: (
            "What a broker says that a tick of a symbol is worth is not what its contract size and the exchange "
            "rate come to. Sizes are measured by the dearer of the two.",
            "Compare the profit of a small closed trade with both figures and tell the broker; until then give "
            "the symbol's size in lots or units if the order by risk is too small.",
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """Something to look at. `expected` is our side and `observed` the other, as plain text values."""

    code: DiscrepancyCode
    account: str
    trade_id: str | None
    order_id: UUID | None
    expected: Mapping[str, str]
    observed: Mapping[str, str]
    key: str
