"""The checks against the books: nothing is found where both sides agree, and each disagreement is found."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from argos.core.execution import FillReason
from argos.core.order import OrderStatus
from argos.exchange.orders import OrderState
from argos.rehearsal.checking import WIRE_GRACE, HeldUp, check, held_up_between
from unit.rehearsal.books import (
    ACCOUNT,
    NOON,
    PRICE,
    QTY,
    SYMBOL,
    VALID_UNTIL,
    book,
    broker_order,
    id_of,
    stored,
    stored_order,
)

ORDER = stored_order()
TAKEN = broker_order(ORDER)
BOOK = book(TAKEN)


def test_two_sides_that_agree_are_clean() -> None:
    assert check(stored(ORDER, like=BOOK), [BOOK], acknowledged=[ORDER.intent_id]).clean


def test_an_acknowledged_intent_that_is_not_stored_is_lost() -> None:
    findings = check(stored(ORDER, like=BOOK), [BOOK], acknowledged=[id_of("another")])
    assert len(findings.lost) == 1


def test_an_intent_that_came_to_nothing_at_an_account_is_lost() -> None:
    state = stored(ORDER, like=BOOK, outcomes=frozenset())
    assert len(check(state, [BOOK], acknowledged=[]).lost) == 1


def test_a_refusal_of_the_whole_intent_is_an_outcome_everywhere() -> None:
    state = stored(ORDER, like=BOOK, outcomes=frozenset({(ORDER.intent_id, "")}))
    assert check(state, [BOOK], acknowledged=[]).clean


def test_two_living_orders_of_one_identity_are_doubled() -> None:
    books = book(TAKEN, replace(TAKEN, ticket=2))
    assert len(check(stored(ORDER, like=books), [books], acknowledged=[]).doubled) == 1


def test_an_order_that_was_refused_before_it_was_taken_is_not_doubled() -> None:
    refused = replace(TAKEN, ticket=2, state=OrderState.REJECTED)
    books = book(TAKEN, refused)
    assert check(stored(ORDER, like=books), [books], acknowledged=[]).clean


def test_the_legs_and_stops_of_an_order_are_not_a_second_order() -> None:
    stop = replace(TAKEN, ticket=2, reason=FillReason.SL, state=OrderState.CANCELED)
    leg = replace(TAKEN, ticket=3, parent=1, state=OrderState.CANCELED)
    books = book(TAKEN, stop, leg)
    assert check(stored(ORDER, like=books), [books], acknowledged=[]).clean


@pytest.mark.parametrize(
    "status", [OrderStatus.DENIED, OrderStatus.EXPIRED_UNSENT, OrderStatus.PLANNED]
)
def test_an_order_that_was_never_sent_and_lives_at_the_broker_is_a_contradiction(
    status: OrderStatus,
) -> None:
    state = stored(replace(ORDER, status=status), like=BOOK)
    assert check(state, [BOOK], acknowledged=[]).contradicted


def test_an_order_that_the_broker_does_not_know_is_a_contradiction() -> None:
    assert check(stored(ORDER), [book()], acknowledged=[]).contradicted


def test_a_refusal_of_what_the_broker_took_is_a_contradiction_whatever_came_after() -> None:
    state = stored(replace(ORDER, called_rejected=True), like=BOOK)
    assert len(check(state, [BOOK], acknowledged=[]).contradicted) == 1


def test_an_order_in_doubt_is_found_and_one_that_stands_still_is_lost() -> None:
    for status, name in ((OrderStatus.IN_DOUBT, "in_doubt"), (OrderStatus.SUBMITTED, "lost")):
        findings = check(stored(replace(ORDER, status=status), like=BOOK), [BOOK], acknowledged=[])
        assert len(getattr(findings, name)) == 1


def test_a_limit_order_may_rest() -> None:
    resting = replace(ORDER, status=OrderStatus.ACCEPTED, order_type="limit")
    books = book(replace(TAKEN, state=OrderState.WORKING, filled_qty=Decimal(0)))
    assert check(stored(resting, like=books), [books], acknowledged=[]).clean


def test_a_fill_that_one_side_does_not_know_or_knows_otherwise_is_found() -> None:
    right = stored(ORDER, like=BOOK)
    [key] = right.executions
    wrong = {
        "unknown here": replace(right, executions={}, prices={}),
        "other quantity": replace(right, executions={key: QTY + 1}),
        "other price": replace(right, prices={key: PRICE + 1}),
    }
    for what, state in wrong.items():
        assert len(check(state, [BOOK], acknowledged=[]).fills_unknown) == 1, what
    unknown_there = stored(ORDER, like=BOOK, positions={})
    assert len(check(unknown_there, [book()], acknowledged=[]).fills_unknown) == 1


def test_positions_must_be_the_same_to_the_unit() -> None:
    right = stored(ORDER, like=BOOK)
    for held in ({}, {(ACCOUNT, SYMBOL): QTY + 1}, {(ACCOUNT, SYMBOL): QTY, (ACCOUNT, "IBM"): QTY}):
        state = replace(right, positions=held)
        assert len(check(state, [BOOK], acknowledged=[]).positions_differ) == 1


def test_an_entry_whose_sending_began_after_its_time_is_late() -> None:
    late = replace(ORDER, send_started_at=VALID_UNTIL + timedelta(microseconds=1))
    assert len(check(stored(late, like=BOOK), [BOOK], acknowledged=[]).sent_late) == 1


def test_an_entry_may_reach_the_broker_a_little_late_and_later_if_something_held_it_up() -> None:
    for after, held, is_late in (
        (WIRE_GRACE, timedelta(0), False),
        (WIRE_GRACE * 2, timedelta(0), True),
        (WIRE_GRACE * 2, WIRE_GRACE, False),
    ):
        arrived_at = VALID_UNTIL + after
        books = book(replace(TAKEN, received_at=arrived_at))
        delays = [HeldUp(account=ACCOUNT, since=VALID_UNTIL, until=VALID_UNTIL + held)]
        findings = check(stored(ORDER, like=books), [books], acknowledged=[], held_up=delays)
        assert bool(findings.sent_late) is is_late


def test_only_the_part_of_a_delay_inside_the_span_counts() -> None:
    minute = timedelta(minutes=1)
    delay = HeldUp(account=ACCOUNT, since=NOON, until=NOON + minute)
    assert held_up_between([delay], NOON + minute / 2, NOON + 2 * minute) == minute / 2
    assert held_up_between([delay], NOON + minute, NOON + 2 * minute) == timedelta(0)


def test_an_illegal_transition_is_never_clean() -> None:
    state = stored(ORDER, like=BOOK, illegal_transitions=1)
    assert not check(state, [BOOK], acknowledged=[]).clean
