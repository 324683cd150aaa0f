"""The local outbox: each thing is told once, in order, and nothing is forgotten."""

from datetime import timedelta
from pathlib import Path

import pytest

from argos.signals.file import SignalFile
from argos.signals.outbox import (
    ACCEPTED,
    DELIVERED,
    PAUSE_S_MAX,
    TOLD,
    Outbox,
    OutboxKind,
    OutboxRow,
    pause_s,
)
from recorded_signals import now


@pytest.fixture
def file(tmp_path: Path) -> SignalFile:
    return SignalFile.open(tmp_path / "signals.sqlite")


def add(file: SignalFile, kind: OutboxKind, subject: str, **payload: str) -> bool:
    with file.transaction() as connection:
        return Outbox.add(
            connection, kind=kind, subject=subject, payload=payload, made_at=now(), until=None
        )


def subjects(rows: list[OutboxRow] | tuple[OutboxRow, ...]) -> list[str]:
    return [row.subject for row in rows]


def test_the_same_thing_is_added_once_and_stays_as_it_was(file: SignalFile) -> None:
    assert add(file, OutboxKind.SIGNAL, "s-1", what="first")
    assert not add(file, OutboxKind.SIGNAL, "s-1", what="second")
    assert add(file, OutboxKind.END, "s-1")
    first, _ = Outbox(file).waiting(10, kinds=TOLD)
    assert first.payload == {"what": "first"}


def test_rows_wait_in_their_order_until_they_are_done(file: SignalFile) -> None:
    outbox = Outbox(file)
    for name in "abc":
        add(file, OutboxKind.SIGNAL, name)
    add(file, OutboxKind.INTENT, "a")
    rows = outbox.waiting(2, kinds=TOLD)
    assert subjects(list(rows)) == ["a", "b"]
    outbox.done({rows[0].number: DELIVERED}, at=now())
    assert subjects(list(outbox.waiting(10, kinds=TOLD))) == ["b", "c"]
    assert subjects(list(outbox.waiting(10, kinds=(OutboxKind.INTENT,)))) == ["a"]


def test_what_rolls_back_leaves_no_row(file: SignalFile) -> None:
    def add_and_fail() -> None:
        with file.transaction() as connection:
            Outbox.add(connection, kind="signal", subject="s", payload={}, made_at=now())
            raise RuntimeError("the record could not be written")

    with pytest.raises(RuntimeError):
        add_and_fail()
    assert Outbox(file).counts().waiting == {}


def test_a_row_keeps_its_first_outcome(file: SignalFile) -> None:
    outbox = Outbox(file)
    add(file, OutboxKind.INTENT, "s")
    (row,) = outbox.waiting(1, kinds=(OutboxKind.INTENT,))
    outbox.done({row.number: ACCEPTED}, at=now())
    outbox.done({row.number: "EXPIRED_UNSENT"}, at=now())
    outbox.refused(row, code="EXPIRED_UNSENT", text="too late", at=now())
    assert outbox.counts().refused == {}
    assert outbox.waiting(10, kinds=TOLD) == []


def test_a_refused_row_has_the_database_told(file: SignalFile) -> None:
    outbox = Outbox(file)
    add(file, OutboxKind.INTENT, "s-1")
    (row,) = outbox.waiting(1, kinds=(OutboxKind.INTENT,))
    outbox.refused(row, code="NO_PRICE", text="no price", at=now())
    (told,) = outbox.waiting(10, kinds=TOLD)
    assert told.kind is OutboxKind.REFUSAL
    assert (told.payload["signal_id"], told.payload["kind"]) == ("s-1", "intent")
    assert told.payload["code"] == "NO_PRICE"
    assert outbox.counts().refused == {"NO_PRICE": 1}


def test_counts_say_what_waits_since_when_and_why(file: SignalFile) -> None:
    outbox = Outbox(file)
    before = now()
    add(file, OutboxKind.SIGNAL, "a")
    add(file, OutboxKind.CLOSE, "a")
    (row,) = outbox.waiting(1, kinds=TOLD)
    outbox.begun([row.number])
    outbox.failed({row.number: "the database is away"})
    counts = outbox.counts()
    assert counts.waiting == {"signal": 1, "close": 1}
    assert counts.oldest_at is not None
    assert before - timedelta(milliseconds=1) <= counts.oldest_at <= now()
    assert counts.last_error == "the database is away"
    (row,) = outbox.waiting(1, kinds=TOLD)
    assert row.attempts == 1


def test_a_file_that_is_opened_again_goes_on(tmp_path: Path) -> None:
    file = SignalFile.open(tmp_path / "signals.sqlite")
    add(file, OutboxKind.SIGNAL, "a")
    file.close()
    again = SignalFile.open(tmp_path / "signals.sqlite")
    assert subjects(list(Outbox(again).waiting(1, kinds=TOLD))) == ["a"]


def test_pauses_grow_to_their_bound_and_stay_there() -> None:
    pauses = [pause_s(failures) for failures in range(1, 200)]
    assert pauses == sorted(pauses)
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert pauses[-1] == PAUSE_S_MAX
