"""Proofs, checked by Argos and by the very program that stands in the docs."""

import copy
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from argos.core.canonical import sha256_of
from argos.core.errors import InputError
from argos.proofs.faults import MEANINGS, FaultCode
from argos.proofs.inclusion import proof_of, verify_proof
from argos.proofs.records import GENESIS
from unit.proofs.chains import START, chain, heads, records_of

PAGE = Path(__file__).resolve().parents[3] / "docs" / "concepts" / "signal-proofs.md"
COUNTS = [2, 7]
RECORDS = chain(COUNTS)
HEADS = heads(RECORDS, len(COUNTS))
DAY = RECORDS[2:]
HEAD_HASH = sha256_of(HEADS[1])
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the program of the docs page, without Argos in reach."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len([line for line in program.splitlines() if line.strip()]) <= 30
    place = tmp_path_factory.mktemp("verify")
    (place / "verify.py").write_text(program, "utf-8")

    def _run(proof: object, *words: str) -> subprocess.CompletedProcess[str]:
        (place / "proof.json").write_text(json.dumps(proof), "utf-8")
        return subprocess.run(
            [sys.executable, "-I", "verify.py", "proof.json", *words],
            cwd=place,
            capture_output=True,
            check=False,
            encoding="utf-8",
        )

    return _run


def test_every_record_of_a_day_has_a_proof_that_holds() -> None:
    for record in DAY:
        proof = json.loads(json.dumps(proof_of(record["sequence"], DAY, HEADS[1])))
        assert verify_proof(proof) == []
        assert verify_proof(proof, head_hash=HEAD_HASH) == []


@pytest.mark.parametrize("sequence", [2, 10])
def test_a_record_of_another_day_has_none(sequence: int) -> None:
    with pytest.raises(InputError) as caught:
        proof_of(sequence, DAY, HEADS[1])
    assert caught.value.code == "PROOF_NO_SUCH_RECORD"


def test_a_made_up_day_holds_by_itself_and_not_against_the_head_that_was_kept() -> None:
    forged = chain([2, 8])
    proof = proof_of(3, forged[2:], heads(forged, 2)[1])
    assert verify_proof(proof) == []
    assert [fault.code for fault in verify_proof(proof, head_hash=HEAD_HASH)] == [
        FaultCode.PROOF_OTHER_HEAD
    ]


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in pairs:
            yield from _places(inner, (*place, name))
    else:
        yield place


def _bent(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return value[:-1] + ("0" if value[-1] != "0" else "1")


PROOF = proof_of(9, DAY, HEADS[1])  # the last of seven: it moves up alone once
PLACES = [place for place in _places(PROOF) if place[0] not in {"kind", "version"}]


def tampered(place: tuple[Any, ...]) -> dict[str, Any]:
    proof: dict[str, Any] = copy.deepcopy(PROOF)
    inner: Any = proof
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = _bent(inner[place[-1]])
    return proof


@pytest.mark.parametrize("place", [*PLACES, ("kind",), ("version",)], ids=str)
def test_a_change_anywhere_in_a_proof_is_found(place: tuple[Any, ...]) -> None:
    assert verify_proof(PROOF) == []
    assert verify_proof(tampered(place))


def with_head(**fields: Any) -> dict[str, Any]:
    """A proof under a head that was made up for it, with all hashes as they must be."""
    head = {**PROOF["head"], **fields}
    return {**PROOF, "head": head, "head_hash": sha256_of(head)}


MISPLACED = [with_head(day="2026-12-01"), with_head(first_sequence=1)]


@pytest.mark.parametrize("proof", MISPLACED)
def test_a_record_under_the_head_of_another_day_or_number_does_not_hold(
    proof: dict[str, Any], run: Run
) -> None:
    assert {fault.code for fault in verify_proof(proof)} == {FaultCode.PROOF_BROKEN}
    assert run(proof, proof["head_hash"]).returncode != 0


def test_what_is_no_proof_is_told_and_breaks_nothing() -> None:
    for wrong in (
        None,
        [],
        {},
        {**PROOF, "path": None},
        {**PROOF, "path": ["zz"]},
        {**PROOF, "path": ["ab"]},
        {**PROOF, "path": [1]},
        {**PROOF, "path": PROOF["path"] * 40},
        {**PROOF, "index": "0"},
        {**PROOF, "index": -1},
        {**PROOF, "record": []},
        {**PROOF, "record": {**PROOF["record"], "signal": {"a": 1.5}}},
        {**PROOF, "record": {**PROOF["record"], "signal": {"a": 2**53}}},
        {**PROOF, "head": "head"},
        {**PROOF, "head": {**PROOF["head"], "count": 2**60}},
        {**PROOF, "head": {**PROOF["head"], "count": 0}},
    ):
        assert verify_proof(wrong)


def test_every_fault_has_a_meaning() -> None:
    assert set(MEANINGS) == set(FaultCode)


def test_the_program_of_the_docs_passes_good_proofs(run: Run) -> None:
    done = run(PROOF, HEAD_HASH)
    assert (done.returncode, done.stderr) == (0, "")
    verdict, shown = done.stdout.splitlines()
    assert verdict == f"HOLDS: {HEAD_HASH}"
    assert json.loads(shown) == PROOF["record"]
    assert run(PROOF).stdout.startswith("HOLDS, if this is the head you know")
    alone = proof_of(1, records_of(START.date(), RECORDS), HEADS[0])
    assert run(alone, sha256_of(HEADS[0])).returncode == 0


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_program_of_the_docs_finds_a_change_anywhere(place: tuple[Any, ...], run: Run) -> None:
    done = run(tampered(place), HEAD_HASH)
    assert done.returncode != 0
    assert "HOLDS:" not in done.stdout


def test_the_program_of_the_docs_finds_a_made_up_head(run: Run) -> None:
    forged = chain([2, 8])
    proof = proof_of(3, forged[2:], heads(forged, 2)[1])
    assert run(proof).returncode == 0
    done = run(proof, HEAD_HASH)
    assert done.returncode != 0
    assert "not the head that you kept" in done.stderr
    assert run(PROOF, GENESIS).returncode != 0
