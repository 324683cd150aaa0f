"""The verdict: what the sender was promised, what a halt forbids, and the order of a lane."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from argos.core.account import TradingMode
from argos.core.ids import event_uuid, intent_uuid
from argos.core.order import CommandKind
from argos.rehearsal.alerts import AlertKind
from argos.rehearsal.checking import HeldUp
from argos.rehearsal.sender import Delivery
from argos.rehearsal.torture.halts import HaltRecord
from argos.rehearsal.torture.verdict import HALT_GRACE, Evidence, LaneStep, judge
from unit.rehearsal.books import (
    ACCOUNT,
    NOON,
    SYMBOL,
    book,
    broker_order,
    id_of,
    stored,
    stored_order,
)

SOURCE = "hook:tradingview"
SECOND = timedelta(seconds=1)


def intent_of(event_id: str) -> Any:
    return intent_uuid(source=SOURCE, event=event_uuid(source=SOURCE, event_id=event_id))


def delivery(event_id: str, status: int | None, **changes: Any) -> Delivery:
    taken = status is not None and status < 300
    return replace(
        Delivery(
            at=NOON,
            attempt=1,
            kind=AlertKind.GOOD.value,
            event_id=event_id,
            trade_id="t",
            body_sha256="",
            expected_status=202,
            expected_verdict="accepted",
            expected_code=None,
            expected_denial=None,
            status=status,
            answer={"intent_id": str(intent_of(event_id))} if taken else None,
            error=None,
            ms=1.0,
        ),
        **changes,
    )


FIRST = stored_order("a", intent_id=intent_of("a"))
SECOND_ORDER = stored_order("b", intent_id=intent_of("b"))
SENT = (delivery("a", 202), delivery("b", 202))


def step(order: Any, seq: int) -> LaneStep:
    return LaneStep(
        command_id=id_of(f"command {order.order_id}"),
        order_id=order.order_id,
        account=ACCOUNT,
        symbol=SYMBOL,
        seq=seq,
        kind=CommandKind.SUBMIT,
    )


def evidence(*, first_at: Any = NOON, second_at: Any = NOON + SECOND, **changes: Any) -> Evidence:
    """Two orders of one lane, planned and taken in this order; everything as it should be."""
    orders = (
        replace(FIRST, send_started_at=first_at),
        replace(SECOND_ORDER, send_started_at=second_at),
    )
    books = book(
        broker_order(orders[0], ticket=1, received_at=first_at),
        broker_order(orders[1], ticket=2, received_at=second_at),
    )
    return replace(
        Evidence(
            stored=stored(*orders, like=books),
            steps=(step(orders[0], 1), step(orders[1], 2)),
            books=[books],
            deliveries=SENT,
            acknowledged=[FIRST.intent_id],
            source=SOURCE,
        ),
        **changes,
    )


def test_a_run_without_fault_is_clean() -> None:
    assert judge(evidence()).clean


def test_repeats_that_are_called_so_keep_the_promise() -> None:
    deliveries = (*SENT, delivery("a", 200), delivery("a", 503), delivery("a", None))
    assert judge(evidence(deliveries=deliveries)).clean


def test_an_event_is_accepted_once_and_is_one_intent() -> None:
    twice = judge(evidence(deliveries=(*SENT, delivery("a", 202))))
    assert len(twice.promises_broken) == 1
    other = delivery("a", 200, answer={"intent_id": str(id_of("other"))})
    two_intents = judge(evidence(deliveries=(*SENT, other)))
    assert len(two_intents.promises_broken) == 1


def test_an_intent_that_nobody_sent_breaks_the_promise() -> None:
    verdict = judge(evidence(deliveries=(delivery("a", 202),)))
    assert len(verdict.promises_broken) == 1


def test_a_forged_alert_must_leave_nothing() -> None:
    forged = delivery("b", 202, kind=AlertKind.FORGED.value)
    # it was taken, and the intent it left stands for no honest event
    assert len(judge(evidence(deliveries=(SENT[0], forged))).promises_broken) == 2


def test_the_only_server_error_is_to_try_again() -> None:
    assert len(judge(evidence(deliveries=(*SENT, delivery("c", 500)))).promises_broken) == 1


def halt(**changes: Any) -> HaltRecord:
    return replace(
        HaltRecord(
            mode=TradingMode.HALTED,
            answered_at=NOON + SECOND / 2,
            resumed_at=NOON + 2 * SECOND,
            unconfirmed=frozenset(),
        ),
        **changes,
    )


def test_an_entry_that_begins_its_way_under_a_halt_is_found() -> None:
    assert len(judge(evidence(halts=[halt()])).sent_under_halt) == 1


def test_what_was_on_its_way_or_excepted_or_came_after_the_resume_is_no_finding() -> None:
    unconfirmed = frozenset({step(SECOND_ORDER, 2).command_id})
    for record in (
        halt(answered_at=NOON + SECOND - HALT_GRACE / 2),
        halt(resumed_at=NOON + SECOND),
        halt(unconfirmed=unconfirmed),
    ):
        assert judge(evidence(halts=[record])).clean


def test_orders_of_a_lane_come_in_order_unless_one_was_held_up() -> None:
    swapped = {"first_at": NOON + SECOND, "second_at": NOON}
    assert len(judge(evidence(**swapped)).out_of_order) == 1
    delay = HeldUp(account=ACCOUNT, since=NOON, until=NOON + SECOND)
    assert judge(evidence(**swapped, held_up=[delay])).clean


def test_a_close_may_be_passed_while_its_entry_rests_at_the_broker() -> None:
    entry = stored_order("entry", intent_id=intent_of("a"))
    orders = (FIRST, SECOND_ORDER, entry)
    for filled_at, clean in ((NOON + SECOND / 2, True), (NOON - SECOND, False)):
        books = book(
            broker_order(FIRST, ticket=1, received_at=NOON + SECOND),
            broker_order(SECOND_ORDER, ticket=2, received_at=NOON),
            broker_order(entry, ticket=3, received_at=NOON - 2 * SECOND, updated_at=filled_at),
        )
        close = replace(step(FIRST, 1), kind=CommandKind.CLOSE, closes_order_id=entry.order_id)
        steps = (close, step(SECOND_ORDER, 2))
        found = judge(evidence(stored=stored(*orders, like=books), steps=steps, books=[books]))
        assert (not found.out_of_order) is clean


def test_fills_without_a_leg_are_found() -> None:
    verdict = judge(evidence(unreconciled=[("t", ACCOUNT)]))
    assert len(verdict.unreconciled) == 1
    assert not verdict.clean
    assert verdict.counts()["unreconciled"] == 1


def test_only_what_waiting_cannot_mend_is_hopeless() -> None:
    assert not judge(evidence(unreconciled=[("t", ACCOUNT)])).hopeless
    assert judge(evidence(halts=[halt()])).hopeless
