"""A chain of records: each is canonical JSON and holds the hash of the one before.

    {"sequence": 7, "at": "2026-11-20T15:00:05.000000Z", "previous_hash": "...", "signal": {...}}

Its hash is SHA-256 over its RFC 8785 bytes. What a record says is text, whole numbers, booleans and null under names in
ASCII: for such a document every JSON library that sorts its keys writes the same bytes, so anybody can check a hash
without RFC 8785 at hand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from argos.core.canonical import sha256_of
from argos.core.errors import InputError
from argos.core.texts import moment_text, parse_moment
from argos.proofs.faults import Fault, FaultCode

GENESIS: Final = "0" * 64
"""The previous hash of the first record."""
RECORD_FIELDS: Final = frozenset({"sequence", "at", "previous_hash", "signal"})

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainEnd:
    """Where the next record goes: after `sequence` records, of which the last has this hash and moment."""

    sequence: int = 0
    last_hash: str = GENESIS
    last_at: datetime | None = None


def record_after(
    end: ChainEnd, *, at: datetime, signal: Mapping[str, Any]
) -> tuple[dict[str, Any], ChainEnd]:
    """The next record, numbered from 1, and the chain's new end.

    Raises InputError RECORD_TIME_WENT_BACK when `at` is before the last record's, as the day of that one may be closed;
    RECORD_NOT_PLAIN for a signal that is not text, whole numbers, booleans and null under ASCII names.
    """
    if end.last_at is not None and at < end.last_at:
        raise InputError(
            f"a record of {moment_text(at)} cannot follow one of {moment_text(end.last_at)}",
            code="RECORD_TIME_WENT_BACK",
            field="at",
            fix="wait until the clock has passed the last record's moment",
        )
    odd = _not_plain(signal, "signal")
    if odd is not None:
        raise InputError(
            f"{odd} is not plain",
            code="RECORD_NOT_PLAIN",
            field=odd,
            fix="write numbers with decimals as text, and names in ASCII",
        )
    record = {
        "sequence": end.sequence + 1,
        "at": moment_text(at),
        "previous_hash": end.last_hash,
        "signal": dict(signal),
    }
    return record, ChainEnd(sequence=end.sequence + 1, last_hash=sha256_of(record), last_at=at)


def verify_chain(records: Iterable[Record], *, after: ChainEnd | None = None) -> list[Fault]:
    """All that does not hold in a stretch of the chain; empty when it is whole.

    `after` is the end of what stood before the stretch, nothing by default. A rewritten chain verifies as well, as long
    as it was rewritten to its end: hold its last hash, or a day's head, against one that was kept elsewhere.
    """
    end = after or ChainEnd()
    faults: list[Fault] = []
    for record in records:
        where = f"record {end.sequence + 1}"
        found = record_faults(record, where)
        if not found:
            found = _link_faults(record, end, where)
        faults += found
        at = end.last_at if found else parse_moment(record["at"], field="at")
        # Only the first broken link is told: the next record is held against this one as it is.
        end = ChainEnd(sequence=end.sequence + 1, last_hash=hash_or_none(record), last_at=at)
    return faults


def hash_or_none(document: object) -> str:
    """The hash, or an empty text for what has none."""
    try:
        return sha256_of(document)
    except InputError:
        return ""


def record_faults(record: object, where: str) -> list[Fault]:
    """Whether it has a record's shape at all, with one spelling for everything in it."""
    if not isinstance(record, Mapping) or set(record) != RECORD_FIELDS:
        return [Fault(code=FaultCode.RECORD_SHAPE, where=where, text="not the fields of a record")]
    odd = _not_plain(record, where)
    if odd is not None:
        return [Fault(code=FaultCode.RECORD_SHAPE, where=odd, text="a value that is not plain")]
    if not hash_or_none(record):
        text = "a number is too large, a text half a character, or it is nested too deep"
        return [Fault(code=FaultCode.RECORD_SHAPE, where=where, text=text)]
    if not isinstance(record["at"], str) or _moment_or_none(record["at"]) is None:
        return [Fault(code=FaultCode.RECORD_SHAPE, where=where, text=f"at is {record['at']!r}")]
    if type(record["sequence"]) is not int or not isinstance(record["previous_hash"], str):
        return [Fault(code=FaultCode.RECORD_SHAPE, where=where, text="sequence or previous_hash")]
    return []


def _link_faults(record: Record, end: ChainEnd, where: str) -> list[Fault]:
    faults = []
    if record["sequence"] != end.sequence + 1:
        text = f"sequence is {record['sequence']}"
        faults.append(Fault(code=FaultCode.RECORD_ORDER, where=where, text=text))
    if record["previous_hash"] != end.last_hash:
        text = f"previous_hash is {record['previous_hash']}, the record before has {end.last_hash}"
        faults.append(Fault(code=FaultCode.RECORD_LINK, where=where, text=text))
    at = parse_moment(record["at"], field="at")
    if end.last_at is not None and at < end.last_at:
        text = f"at is {record['at']}, before the record it follows"
        faults.append(Fault(code=FaultCode.RECORD_ORDER, where=where, text=text))
    return faults


def _moment_or_none(text: str) -> datetime | None:
    """The moment, when it is written as we write moments and in no other way."""
    try:
        moment = parse_moment(text, field="at")
    except InputError:
        return None
    return moment if moment_text(moment) == text else None


def _not_plain(value: object, where: str) -> str | None:
    """The place of the first value that is not plain; None when all are."""
    waiting = [(value, where)]
    while waiting:
        item, place = waiting.pop()
        if isinstance(item, Mapping):
            odd = [name for name in item if not (isinstance(name, str) and name.isascii())]
            if odd:
                return f"{place}: a name that is not ASCII text"
            waiting += [(inner, f"{place}.{name}") for name, inner in item.items()]
        elif isinstance(item, list | tuple):
            waiting += [(inner, f"{place}[{index}]") for index, inner in enumerate(item)]
        elif not (item is None or isinstance(item, bool | int | str)):
            return place
    return None
