"""A proof that one record was among those of its day: a document that needs nothing else to be checked.

It shows that the record leads to the head. That the head is the one that was given out in time, only a copy of its hash
can show that was kept elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from argos.core.canonical import canonical_bytes, sha256_of
from argos.core.errors import InputError
from argos.proofs.faults import Fault, FaultCode
from argos.proofs.heads import Head, day_of, head_faults, leaves_of
from argos.proofs.merkle import HASH_BYTES, leaf_hash, path_of, root_from
from argos.proofs.records import Record, record_faults

KIND: Final = "argos-signal-proof"
VERSION: Final = 1
PROOF_FIELDS: Final = frozenset(
    {"kind", "version", "record", "record_hash", "index", "path", "head", "head_hash"}
)
PATH_MAX: Final = 64


def proof_of(sequence: int, records: Sequence[Record], head: Head) -> dict[str, Any]:
    """The proof of one record among all records of its day. Raises InputError PROOF_NO_SUCH_RECORD."""
    index = sequence - head["first_sequence"]
    if not 0 <= index < len(records) or records[index]["sequence"] != sequence:
        raise InputError(
            f"record {sequence} is not among those of {head['day']}",
            code="PROOF_NO_SUCH_RECORD",
            field="sequence",
            fix="take the head of the day on which the signal was given",
        )
    record = records[index]
    return {
        "kind": KIND,
        "version": VERSION,
        "record": dict(record),
        "record_hash": sha256_of(record),
        "index": index,
        "path": [step.hex() for step in path_of(leaves_of(records), index)],
        "head": dict(head),
        "head_hash": sha256_of(head),
    }


def verify_proof(proof: object, *, head_hash: str | None = None) -> list[Fault]:
    """All that does not hold in a proof; empty when it does.

    `head_hash`: that of the day's head as it was kept elsewhere. Without it a proof that somebody made up throughout
    passes as well.
    """
    if not isinstance(proof, Mapping) or set(proof) != PROOF_FIELDS:
        return [_shape("proof", "not the fields of a proof")]
    if (proof["kind"], proof["version"]) != (KIND, VERSION):
        return [_shape("kind", f"not {KIND} of version {VERSION}")]
    record, head = proof["record"], proof["head"]
    faults = [*record_faults(record, "record"), *head_faults(head)]
    path = _path_or_none(proof["path"])
    if path is None or type(proof["index"]) is not int:
        faults.append(_shape("path", "not a path of hashes with an index"))
    if faults:
        return faults
    assert path is not None
    checks = {
        "record_hash": proof["record_hash"] == sha256_of(record),
        "index": record["sequence"] == head["first_sequence"] + proof["index"],
        "day": day_of(record) == head["day"],
        "root": _leads_to_root(record, proof["index"], path, head),
        "head_hash": proof["head_hash"] == sha256_of(head),
    }
    faults = [
        Fault(code=FaultCode.PROOF_BROKEN, where=name, text=f"the {name} does not agree")
        for name, holds in checks.items()
        if not holds
    ]
    if head_hash is not None and sha256_of(head) != head_hash:
        text = f"the head has the hash {sha256_of(head)}"
        faults.append(Fault(code=FaultCode.PROOF_OTHER_HEAD, where="head", text=text))
    return faults


def _leads_to_root(record: Record, index: int, path: list[bytes], head: Head) -> bool:
    leaf = leaf_hash(canonical_bytes(record))
    root = root_from(leaf, index=index, size=head["count"], path=path)
    return root is not None and root.hex() == head["root"]


def _path_or_none(path: object) -> list[bytes] | None:
    if not isinstance(path, list) or len(path) > PATH_MAX:
        return None
    try:
        steps = [bytes.fromhex(step) for step in path if isinstance(step, str)]
    except ValueError:
        return None
    is_whole = len(steps) == len(path) and all(len(step) == HASH_BYTES for step in steps)
    return steps if is_whole else None


def _shape(where: str, text: str) -> Fault:
    return Fault(code=FaultCode.PROOF_SHAPE, where=where, text=text)
