"""What does not hold in a signal file, by code."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class FindingCode(StrEnum):
    """The docs are made from this. Faults of chain and heads have the codes of `argos.proofs.faults`."""

    RECORD_TEXT = "RECORD_TEXT"
    RECORD_COLUMN = "RECORD_COLUMN"
    RECORDS_MISCOUNTED = "RECORDS_MISCOUNTED"
    HEAD_MISSING = "HEAD_MISSING"
    HEAD_UNKNOWN = "HEAD_UNKNOWN"
    SETTINGS_MISSING = "SETTINGS_MISSING"
    SETTINGS_DIFFER = "SETTINGS_DIFFER"
    REPLAY_MISSING = "REPLAY_MISSING"
    REPLAY_EXTRA = "REPLAY_EXTRA"
    REPLAY_DIFFERS = "REPLAY_DIFFERS"
    REPLAY_VOTES = "REPLAY_VOTES"
    REPLAY_TICK = "REPLAY_TICK"
    REPLAY_END = "REPLAY_END"
    REPLAY_STANDING = "REPLAY_STANDING"

    @property
    def meaning(self) -> str:
        return MEANINGS[self]


_C = FindingCode

MEANINGS: Final[Mapping[FindingCode, str]] = MappingProxyType(
    {
        _C.RECORD_TEXT: "a record or head is not stored in the spelling that its hash is made of",
        _C.RECORD_COLUMN: "a column beside a record or head says another thing than the record itself",
        _C.RECORDS_MISCOUNTED: "more or fewer signals are recorded of a day than its ticks gave",
        _C.HEAD_MISSING: "a day between two heads has none, or records stand under no head",
        _C.HEAD_UNKNOWN: "the head hash that was kept elsewhere is that of no head here",
        _C.SETTINGS_MISSING: "a configuration or a set of rules that is named is not stored",
        _C.SETTINGS_DIFFER: "a stored configuration or set of rules has another digest than it is named by",
        _C.REPLAY_MISSING: "the votes give a signal that is not recorded",
        _C.REPLAY_EXTRA: "a signal is recorded that the votes do not give",
        _C.REPLAY_DIFFERS: "the votes give this signal with another content",
        _C.REPLAY_VOTES: "votes that a tick or a checkpoint counts are not stored",
        _C.REPLAY_TICK: "a stored tick is none: it is not after the one before, or counted other symbols or signals",
        _C.REPLAY_END: "the votes end a signal at another moment, for another reason, or not at all",
        _C.REPLAY_STANDING: "what stood before a day or a start is not what the ticks before it lead to",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not hold. code: a FindingCode, or a FaultCode. where: names the row."""

    code: str
    where: str
    text: str
