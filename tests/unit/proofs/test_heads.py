"""A day's head stands for its records, and for all days before."""

from datetime import date
from typing import Any

import pytest

from argos.core.canonical import canonical_bytes, sha256_of
from argos.core.errors import InputError
from argos.proofs.heads import head_of_day, verify_day, verify_heads
from argos.proofs.merkle import EMPTY_ROOT, leaf_hash, node_hash
from argos.proofs.records import GENESIS
from unit.proofs.chains import chain, heads, records_of

COUNTS = [3, 0, 2]
RECORDS = chain(COUNTS)
HEADS = heads(RECORDS, len(COUNTS))


def test_a_head_says_what_its_records_come_to() -> None:
    one, two, three = (leaf_hash(canonical_bytes(record)) for record in RECORDS[:3])
    assert HEADS[0] == {
        "day": "2026-11-20",
        "first_sequence": 1,
        "count": 3,
        "root": node_hash(node_hash(one, two), three).hex(),
        "last_hash": sha256_of(RECORDS[2]),
        "previous_head_hash": GENESIS,
    }


def test_a_day_without_signals_has_a_head_that_says_so() -> None:
    assert HEADS[1] == {
        "day": "2026-11-21",
        "first_sequence": 4,
        "count": 0,
        "root": EMPTY_ROOT.hex(),
        "last_hash": HEADS[0]["last_hash"],
        "previous_head_hash": sha256_of(HEADS[0]),
    }


def test_heads_and_their_days_hold() -> None:
    assert verify_heads(HEADS) == []
    assert verify_heads(HEADS[1:], before=HEADS[0]) == []
    for head in HEADS:
        assert verify_day(records_of(date.fromisoformat(head["day"]), RECORDS), head) == []


@pytest.mark.parametrize(
    "records",
    [
        RECORDS[:2],
        [RECORDS[0], RECORDS[2], RECORDS[1]],
        [*RECORDS[:2], {**RECORDS[2], "signal": {"symbol": "S9"}}],
        [*RECORDS[:3], RECORDS[3]],
        [*RECORDS[:2], {**RECORDS[2], "signal": {"score": 1e400}}],
        [],
    ],
)
def test_other_records_than_the_head_s_are_found(records: list[dict[str, Any]]) -> None:
    assert verify_day(records, HEADS[0])


def test_what_was_done_to_a_row_of_heads_is_named() -> None:
    def codes(row: list[Any]) -> set[str]:
        return {fault.code for fault in verify_heads(row)}

    first, second, third = HEADS
    order, link = {"HEAD_ORDER"}, {"HEAD_LINK"}
    assert codes([first, third]) == link
    assert codes([second, third]) == link | order
    assert codes([first, {**second, "day": "2026-11-20"}, third]) == link | order
    assert codes([first, {**second, "count": 1}, third]) == link | order
    assert codes([first, {**second, "last_hash": GENESIS}]) == order
    assert codes([first, {**second, "first_sequence": 5}]) == order
    for wrong in (
        {"day": "20261121"},
        {"count": -1},
        {"count": True},
        {"count": 2**53},
        {"root": "ab"},
        {"x": 1},
    ):
        assert codes([first, {**second, **wrong}]) == {"HEAD_SHAPE"}


@pytest.mark.parametrize(
    ("day", "records", "before"),
    [
        ("2026-11-20", RECORDS[:4], None),
        ("2026-11-20", RECORDS[1:3], None),
        ("2026-11-20", [RECORDS[1], RECORDS[0]], None),
        ("2026-11-22", RECORDS[3:], HEADS[2]),
        ("2026-11-21", [], HEADS[1]),
    ],
)
def test_no_head_is_made_of_records_that_are_not_its_day_s(
    day: str, records: list[dict[str, Any]], before: dict[str, Any] | None
) -> None:
    with pytest.raises(InputError) as caught:
        head_of_day(date.fromisoformat(day), records, before=before)
    assert caught.value.code == "HEAD_DAY"
