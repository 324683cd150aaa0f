"""The chain: whole when untouched, and any change shows."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.core.canonical import INTEGER_MAX, canonical_bytes, sha256_of
from argos.core.errors import InputError
from argos.proofs.records import GENESIS, ChainEnd, record_after, verify_chain
from unit.proofs.chains import START, chain

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="ascii")), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_records_are_numbered_from_one_and_hold_the_hash_before() -> None:
    records = chain([2, 1])
    assert [record["sequence"] for record in records] == [1, 2, 3]
    hashes = [GENESIS, *(sha256_of(record) for record in records)]
    assert [record["previous_hash"] for record in records] == hashes[:-1]
    assert verify_chain(records) == []


@settings(deadline=None)
@given(signal=st.dictionaries(st.text(st.characters(codec="ascii")), PLAIN, max_size=4))
def test_a_record_needs_no_more_than_sorted_keys_to_be_canonical(signal: dict[str, Any]) -> None:
    record, _ = record_after(ChainEnd(), at=START, signal=signal)
    simple = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical_bytes(record) == simple.encode()


@pytest.mark.parametrize("signal", [{"score": 0.75}, {"ü": 1}, {"a": [{"b": {1: "c"}}]}])
def test_a_signal_that_is_not_plain_is_refused(signal: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        record_after(ChainEnd(), at=START, signal=signal)
    assert caught.value.code == "RECORD_NOT_PLAIN"


def test_a_record_is_not_chained_before_the_last_one() -> None:
    _, end = record_after(ChainEnd(), at=START, signal={})
    record_after(end, at=START, signal={})
    with pytest.raises(InputError) as caught:
        record_after(end, at=START - timedelta(microseconds=1), signal={})
    assert caught.value.code == "RECORD_TIME_WENT_BACK"


def codes(records: list[Any]) -> set[str]:
    return {fault.code for fault in verify_chain(records)}


def changed(records: list[dict[str, Any]], index: int, **fields: Any) -> list[dict[str, Any]]:
    return [*records[:index], {**records[index], **fields}, *records[index + 1 :]]


def test_what_was_done_to_a_chain_is_named() -> None:
    records = chain([4])
    order, link, shape = {"RECORD_ORDER"}, {"RECORD_LINK"}, {"RECORD_SHAPE"}
    assert codes(changed(records, 1, signal={"symbol": "S1", "score": "0.95"})) == link
    assert codes(changed(records, 1, previous_hash=GENESIS)) == link
    assert codes(changed(records, 1, sequence=7)) == order | link
    assert codes(changed(records, 3, at=records[0]["at"])) == order
    assert codes([records[0], *records[2:]]) == order | link
    assert codes([records[0], records[2], records[1], records[3]]) == order | link
    for unusable in (
        {"at": "2026-11-20T15:00:15Z"},
        {"at": 1795186815000},
        {"signal": {"score": 0.85}},
        {"signal": {"n": INTEGER_MAX + 1}},
        {"signal": {"n": "\ud800"}},
        {"sequence": True},
        {"previous_hash": None},
        {"more": 1},
    ):
        assert codes(changed(records, 3, **unusable)) == shape
    assert codes([*records[:3], "record"]) == shape


def test_a_chain_cut_short_verifies_and_its_last_hash_tells() -> None:
    records = chain([4])
    assert verify_chain(records[:3]) == []
    assert sha256_of(records[2]) != sha256_of(records[3])


def test_a_stretch_is_verified_from_the_end_before_it() -> None:
    records = chain([2, 2])
    end = ChainEnd(sequence=2, last_hash=sha256_of(records[1]), last_at=None)
    assert verify_chain(records[2:], after=end) == []
    assert codes(records[2:]) == {"RECORD_ORDER", "RECORD_LINK"}
