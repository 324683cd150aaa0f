"""The verdict on a doubt, case by case, and when the next look is due."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from argos.core.order import CommandKind
from argos.node.doubt import LOOK_SCHEDULE_MS, DoubtBook, DoubtView, Verdict, Watch, verdict
from argos.node.log_rows import CommandState, LoggedCommand, SendTerms
from argos.node.settings import NodeTimings
from argos.protocol.commands import Command
from unit.node.fake_venue import START
from unit.node.rig import change_of, entry, exit_of

TIMINGS = NodeTimings()
WINDOW_MS = TIMINGS.doubt_window_ms
ONE_LOOK = Watch(since_ms=0, lease_until_ms=10**9).looked(at_ms=1_000)
FEW_LOOKS = ONE_LOOK.looked(at_ms=2_000).looked(at_ms=3_000)
LONG_LOOKED = FEW_LOOKS.looked(at_ms=1_000 + WINDOW_MS)
BEFORE, AFTER = START, START + timedelta(minutes=1)

ENTRY = entry()
CLOSE = exit_of(ENTRY)
CANCEL = change_of(ENTRY, CommandKind.CANCEL, "cancel")


def judge(
    command: Command,
    watch: Watch,
    *,
    closes_all: bool = False,
    attempt: int = 1,
    **view: object,
) -> Verdict:
    row = LoggedCommand(
        command=command,
        state=CommandState.DOUBT,
        attempt=attempt,
        terms=SendTerms(qty=Decimal(1), closes_all=closes_all),
        venue_order_id="",
        venue_state=None,
    )
    seen = {
        "now": BEFORE,
        "now_ms": watch.last_look_ms,
        "unique_client_ids": False,
        "target_open": True,
        "may_send": True,
        **view,
    }
    return verdict(row, watch=watch, view=DoubtView(**seen), timings=TIMINGS)


@pytest.mark.parametrize("command", [ENTRY, CLOSE, CANCEL], ids=["entry", "close", "cancel"])
def test_nothing_is_concluded_before_the_first_clean_look(command: Command) -> None:
    assert judge(command, Watch(since_ms=0, lease_until_ms=10**9)) is Verdict.WAIT


def test_an_entry_without_unique_ids_waits_for_looks_time_and_validity() -> None:
    assert judge(ENTRY, FEW_LOOKS, now=AFTER) is Verdict.WAIT
    assert judge(ENTRY, LONG_LOOKED, now=BEFORE) is Verdict.WAIT
    assert judge(ENTRY, LONG_LOOKED, now=AFTER) is Verdict.NOT_FOUND
    two_looks = Watch(since_ms=0).looked(at_ms=0).looked(at_ms=10 * WINDOW_MS)
    assert judge(ENTRY, two_looks, now=AFTER) is Verdict.WAIT


def test_an_entry_without_validity_waits_for_looks_and_time_alone() -> None:
    assert judge(replace(ENTRY, valid_until=None), LONG_LOOKED) is Verdict.NOT_FOUND


@pytest.mark.parametrize(
    ("hindrance", "watch"),
    [
        ({}, ONE_LOOK),
        ({"now": AFTER}, ONE_LOOK),
        ({"now_ms": 10**9}, ONE_LOOK),
        ({"may_send": False}, ONE_LOOK),
        ({"attempt": TIMINGS.attempts_max}, ONE_LOOK),
        ({}, replace(ONE_LOOK, lease_until_ms=None)),
        ({}, replace(ONE_LOOK, refused=True)),
    ],
)
def test_an_entry_with_unique_ids_goes_again_unless_something_forbids(
    hindrance: dict[str, object], watch: Watch
) -> None:
    free = not hindrance and watch is ONE_LOOK
    found = judge(ENTRY, watch, unique_client_ids=True, **hindrance)
    assert found is (Verdict.SEND_AGAIN if free else Verdict.WAIT)


@pytest.mark.parametrize(
    ("watch", "closes_all", "unique", "expected"),
    [
        (ONE_LOOK, True, False, Verdict.WAIT),
        (FEW_LOOKS, True, False, Verdict.SEND_AGAIN),
        (FEW_LOOKS, False, False, Verdict.WAIT),
        (LONG_LOOKED, False, False, Verdict.SEND_AGAIN),
        (ONE_LOOK, False, True, Verdict.SEND_AGAIN),
    ],
)
def test_a_close_goes_again_when_that_cannot_close_too_much(
    watch: Watch, closes_all: bool, unique: bool, expected: Verdict
) -> None:
    assert judge(CLOSE, watch, closes_all=closes_all, unique_client_ids=unique) is expected


def test_a_close_with_nothing_left_to_close_is_given_up_after_the_wait() -> None:
    assert judge(CLOSE, FEW_LOOKS, closes_all=True, target_open=False) is Verdict.WAIT
    assert judge(CLOSE, LONG_LOOKED, closes_all=True, target_open=False) is Verdict.NOT_FOUND


def test_an_exit_that_only_a_brake_holds_up_goes_on_waiting() -> None:
    assert judge(CLOSE, LONG_LOOKED, may_send=False) is Verdict.WAIT
    worn_out = judge(CLOSE, LONG_LOOKED, may_send=False, attempt=TIMINGS.attempts_max)
    assert worn_out is Verdict.NOT_FOUND


def test_a_cancel_goes_again_at_once_while_its_order_works() -> None:
    assert judge(CANCEL, ONE_LOOK) is Verdict.SEND_AGAIN
    assert judge(CANCEL, ONE_LOOK, target_open=False) is Verdict.WAIT
    assert judge(CANCEL, LONG_LOOKED, target_open=False) is Verdict.NOT_FOUND


def test_looks_are_due_by_the_schedule_and_then_once_a_minute() -> None:
    watch, due = Watch(since_ms=500), []
    for _ in range(len(LOOK_SCHEDULE_MS) + 2):
        due.append(watch.next_look_ms - 500)
        watch = watch.looked(at_ms=watch.next_look_ms)
    last = LOOK_SCHEDULE_MS[-1]
    assert due == [*LOOK_SCHEDULE_MS, 2 * last, 3 * last]


def test_the_book_wants_the_earliest_look_of_all_open_doubts() -> None:
    book, first, second = DoubtBook(), UUID(int=1), UUID(int=2)
    assert book.next_look_ms is None
    book.begin(first, at_ms=1_000, lease_until_ms=None)
    book.begin(second, at_ms=0, lease_until_ms=None)
    assert book.next_look_ms == LOOK_SCHEDULE_MS[0]
    book.keep({first})
    assert book.next_look_ms == 1_000 + LOOK_SCHEDULE_MS[0]


def test_the_book_counts_no_look_that_began_before_the_doubt() -> None:
    book, command_id = DoubtBook(), UUID(int=1)
    book.begin(command_id, at_ms=1_000, lease_until_ms=None)
    assert book.looked(command_id, began_ms=999, at_ms=2_000).looks == 0
    assert book.looked(command_id, began_ms=1_000, at_ms=2_000).looks == 1
