"""A head per UTC day: one hash that stands for all records of the day and, through the head before it, of all days.

    {"day": "2026-11-20", "first_sequence": 41, "count": 3,
     "root": "...", "last_hash": "...", "previous_head_hash": "..."}

root: Merkle root over the canonical bytes of the day's records, in their order; last_hash: of the last record up to the
day's end. Whoever was given a head's hash in time can later check that a record was there and is unchanged.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from argos.core.canonical import INTEGER_MAX, canonical_bytes, sha256_of
from argos.core.errors import InputError
from argos.proofs.faults import Fault, FaultCode
from argos.proofs.merkle import leaf_hash, root_of
from argos.proofs.records import GENESIS, Record

Head = Mapping[str, Any]
HEAD_FIELDS: Final = frozenset(
    {"day", "first_sequence", "count", "root", "last_hash", "previous_head_hash"}
)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def head_of_day(day: date, records: Sequence[Record], *, before: Head | None) -> dict[str, Any]:
    """The head of a day that is over, from its records in their order, none for a day without signals.

    `before` is the head before this one, None for the first. Raises InputError HEAD_DAY when the day is not after that
    one's, or a record is of another day or not the next in its chain.
    """
    expected = 1 if before is None else before["first_sequence"] + before["count"]
    last_hash = GENESIS if before is None else before["last_hash"]
    for offset, record in enumerate(records):
        is_next = record["sequence"] == expected + offset and record["previous_hash"] == last_hash
        if day_of(record) != day.isoformat() or not is_next:
            raise _not_of_day(f"record {record['sequence']} is not the next of {day}")
        last_hash = sha256_of(record)
    if before is not None and day.isoformat() <= before["day"]:
        raise _not_of_day(f"{day} is not after {before['day']}")
    return {
        "day": day.isoformat(),
        "first_sequence": expected,
        "count": len(records),
        "root": root_of(leaves_of(records)).hex(),
        "last_hash": last_hash,
        "previous_head_hash": GENESIS if before is None else sha256_of(before),
    }


def leaves_of(records: Iterable[Record]) -> list[bytes]:
    return [leaf_hash(canonical_bytes(record)) for record in records]


def day_of(record: Record) -> str:
    """The UTC day that a record belongs to, as `2026-11-20`."""
    return str(record["at"])[:10]


def verify_day(records: Sequence[Record], head: Head) -> list[Fault]:
    """All that differs between a day's records and its head. The records' own chain is `verify_chain`'s to check."""
    faults = head_faults(head)
    if faults:
        return faults
    where = f"head of {head['day']}"
    try:
        root = root_of(leaves_of(records)).hex()
    except InputError as error:
        return [Fault(code=FaultCode.RECORD_SHAPE, where=where, text=error.message)]
    last_hash = sha256_of(records[-1]) if records else head["last_hash"]
    expected = {
        "count": len(records),
        "first_sequence": records[0].get("sequence") if records else head["first_sequence"],
        "root": root,
        "last_hash": last_hash,
    }
    faults = [
        Fault(
            code=FaultCode.HEAD_DIFFERS,
            where=f"{where}, {name}",
            text=f"the head says {head[name]}, the records {value}",
        )
        for name, value in expected.items()
        if head[name] != value
    ]
    return faults + [
        Fault(
            code=FaultCode.HEAD_DIFFERS, where=where, text=f"record {index + 1} is of another day"
        )
        for index, record in enumerate(records)
        if str(record.get("at"))[:10] != head["day"]
    ]


def verify_heads(heads: Iterable[Head], *, before: Head | None = None) -> list[Fault]:
    """All that does not hold in a row of heads, from the first on, or from the one after `before`."""
    faults: list[Fault] = []
    last = before
    for head in heads:
        found = head_faults(head)
        if found:
            return faults + found
        where = f"head of {head['day']}"
        if head["previous_head_hash"] != (GENESIS if last is None else sha256_of(last)):
            text = "previous_head_hash is not that of the head before"
            faults.append(Fault(code=FaultCode.HEAD_LINK, where=where, text=text))
        if last is not None and head["day"] <= last["day"]:
            text = f"not after {last['day']}"
            faults.append(Fault(code=FaultCode.HEAD_ORDER, where=where, text=text))
        if head["first_sequence"] != (
            1 if last is None else last["first_sequence"] + last["count"]
        ):
            text = f"first_sequence is {head['first_sequence']}"
            faults.append(Fault(code=FaultCode.HEAD_ORDER, where=where, text=text))
        if last is not None and head["count"] == 0 and head["last_hash"] != last["last_hash"]:
            text = "a day without records has the last hash of the day before"
            faults.append(Fault(code=FaultCode.HEAD_ORDER, where=where, text=text))
        last = head
    return faults


def head_faults(head: object) -> list[Fault]:
    """Whether it has a head's shape at all."""
    if not isinstance(head, Mapping) or set(head) != HEAD_FIELDS:
        return [Fault(code=FaultCode.HEAD_SHAPE, where="head", text="not the fields of a head")]
    wrong = [
        name
        for name in ("root", "last_hash", "previous_head_hash")
        if not (isinstance(head[name], str) and _SHA256.fullmatch(head[name]))
    ]
    wrong += [
        name
        for name, least in (("first_sequence", 1), ("count", 0))
        if type(head[name]) is not int or not least <= head[name] <= INTEGER_MAX
    ]
    if not _is_day(head["day"]):
        wrong.append("day")
    return [
        Fault(code=FaultCode.HEAD_SHAPE, where=f"head, {name}", text="is unusable")
        for name in wrong
    ]


def _is_day(text: object) -> bool:
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _not_of_day(message: str) -> InputError:
    return InputError(
        message,
        code="HEAD_DAY",
        field="records",
        fix="hand over the records of that day alone, in order, and the head of the day before",
    )
