"""Why a trade was closed, from the fills that closed it."""

from decimal import Decimal

import pytest

from argos.core.execution import FillReason
from argos.core.intent import Action
from argos.performance.exits import ExitPart, ExitReason, exit_part, reason_of
from unit.performance.trades import on

COMMAND = FillReason.COMMAND


def part(reason: FillReason, action: Action | None = None, **told) -> ExitPart:
    return exit_part(
        reason, qty=Decimal(1), price=Decimal(2), at=on(0), action=action, asked_by="api:me", **told
    )


@pytest.mark.parametrize(
    ("reason", "action", "told", "wanted"),
    [
        (FillReason.TP, None, {}, ExitReason.TARGET),
        (FillReason.SL, None, {}, ExitReason.STOP),
        (FillReason.MANUAL, None, {}, ExitReason.BY_HAND),
        (FillReason.STOP_OUT, None, {}, ExitReason.STOP_OUT),
        (COMMAND, Action.CLOSE, {}, ExitReason.CLOSE),
        (COMMAND, Action.CLOSE, {"features": {"reason": "TIME_STOP"}}, ExitReason.TIME_STOP),
        (COMMAND, Action.CLOSE, {"features": {"reason": "STOP_PASSED"}}, ExitReason.STOP),
        (COMMAND, Action.CLOSE, {"features": {"reason": "TARGET_PASSED"}}, ExitReason.TARGET),
        (COMMAND, Action.CLOSE, {"features": {"reason": "SIGNAL_ENDED"}}, ExitReason.SIGNAL_END),
        (COMMAND, Action.CLOSE, {"features": {"reason": "HALT"}}, ExitReason.HALT),
        # Words of a strategy's own, and what is no word at all.
        (COMMAND, Action.CLOSE, {"features": {"reason": "rsi high"}}, ExitReason.CLOSE),
        (COMMAND, Action.CLOSE, {"features": {"reason": ["HALT"]}}, ExitReason.CLOSE),
        (COMMAND, Action.REVERSE, {"own_order": False}, ExitReason.REVERSE),
        (COMMAND, Action.OPEN, {"own_order": False}, ExitReason.NETTED),
        # An entry of the trade itself on the other side, or an order that is not known: nobody can tell.
        (COMMAND, Action.OPEN, {}, ExitReason.UNKNOWN),
        (COMMAND, None, {}, ExitReason.UNKNOWN),
    ],
)
def test_a_fill_tells_why(reason, action, told, wanted) -> None:
    assert part(reason, action, **told).reason is wanted


def test_who_asked_is_told_of_our_own_orders_alone() -> None:
    assert part(COMMAND, Action.CLOSE).asked_by == "api:me"
    assert part(FillReason.SL).asked_by == ""


def test_parts_that_left_for_different_reasons_are_said_to_be_several() -> None:
    target, stop = part(FillReason.TP), part(FillReason.SL)
    assert reason_of([target, target]) is ExitReason.TARGET
    assert reason_of([target, stop]) is ExitReason.SEVERAL
    assert reason_of([]) is ExitReason.UNKNOWN


def test_every_reason_has_a_meaning() -> None:
    assert all(reason.meaning for reason in ExitReason)
