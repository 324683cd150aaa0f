"""What can be wrong with a chain, a head or a proof, by code."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class FaultCode(StrEnum):
    """The docs are made from this."""

    RECORD_SHAPE = "RECORD_SHAPE"
    RECORD_ORDER = "RECORD_ORDER"
    RECORD_LINK = "RECORD_LINK"
    HEAD_SHAPE = "HEAD_SHAPE"
    HEAD_ORDER = "HEAD_ORDER"
    HEAD_LINK = "HEAD_LINK"
    HEAD_DIFFERS = "HEAD_DIFFERS"
    PROOF_SHAPE = "PROOF_SHAPE"
    PROOF_BROKEN = "PROOF_BROKEN"
    PROOF_OTHER_HEAD = "PROOF_OTHER_HEAD"

    @property
    def meaning(self) -> str:
        return MEANINGS[self]


_C = FaultCode

MEANINGS: Final[Mapping[FaultCode, str]] = MappingProxyType(
    {
        _C.RECORD_SHAPE: "not a record: a field is missing, unknown or not written as records are",
        _C.RECORD_ORDER: "the record's number is not the next, or its moment is before the one it follows",
        _C.RECORD_LINK: "the record does not hold the hash of the one before: one was changed, put in or left out",
        _C.HEAD_SHAPE: "not a head: a field is missing, unknown or unusable",
        _C.HEAD_ORDER: "the head does not begin where the one before ends, or is not of a later day",
        _C.HEAD_LINK: "the head does not hold the hash of the one before",
        _C.HEAD_DIFFERS: "the records are not those that the head was made of",
        _C.PROOF_SHAPE: "not a proof: a field is missing, unknown or unusable",
        _C.PROOF_BROKEN: "the proof does not agree with itself: the record was not among those of the head",
        _C.PROOF_OTHER_HEAD: "the proof agrees with itself, but its head is not the one that was kept",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that does not hold. `where` names the record, the head or the field; `text` says what was found."""

    code: FaultCode
    where: str
    text: str
