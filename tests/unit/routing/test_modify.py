"""Modifications: new levels for what is open; what is left out stays."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from argos.core.denial import DenialCode
from argos.core.intent import Action, Intent, OrderType, Side
from argos.core.order import CommandKind, OrderStatus
from argos.core.position import Position
from argos.routing.context import AccountContext, Levels, OpenEntry
from argos.routing.planned import IntentPlan, PlannedCommand
from unit.core.builders import HEDGE, make_intent, make_snapshot

Plan = Callable[..., IntentPlan]
MakeContext = Callable[..., AccountContext]
MakeEntry = Callable[..., OpenEntry]
D = Decimal
WORKING = {
    "status": OrderStatus.ACCEPTED,
    "filled_qty": D(0),
    "order_type": OrderType.LIMIT,
    "price": D(98),
}


def modify(**changes: Any) -> Intent:
    base = {"sl": None, "tp": None, "entry_price": None, "side": None, "size": None}
    return make_intent(action=Action.MODIFY, **{**base, **changes})


def levels(command: PlannedCommand) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    return command.price, command.sl, command.tp


def test_a_new_stop_keeps_the_target_that_stands(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    opened = entry()
    made = plan(modify(sl=D(97)), context(HEDGE, opened))
    [command] = made.commands
    assert (command.kind, command.order_id) == (CommandKind.MODIFY, opened.order.order_id)
    assert (command.is_exit, command.valid_until) == (True, None)
    assert levels(command) == (None, 97, opened.order.tp)
    assert made.orders == ()


def test_a_new_target_keeps_the_stop_that_was_moved_before(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    moved = entry(modified=Levels(price=None, sl=D(99), tp=D(110)))
    [command] = plan(modify(tp=D(120)), context(HEDGE, moved)).commands
    assert levels(command) == (None, 99, 120)


def test_a_new_target_keeps_the_stop_that_a_person_moved_at_the_broker(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    opened = entry(position_id="77")
    position = Position(
        symbol="AAPL", side=Side.BUY, qty=D(10), price_open=D(100), position_id="77", sl=D("99.5"),
    )  # fmt: skip
    account = context(HEDGE, opened, snapshot=make_snapshot(positions=(position,)))
    [command] = plan(modify(tp=D(120)), account).commands
    assert levels(command) == (None, D("99.5"), 120)


def test_every_open_entry_of_the_trade_is_modified(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    account = context(
        HEDGE,
        entry("one"),
        entry("two"),
        entry("else", trade_id="T-9"),
        entry("gone", closed_qty=D(10)),
    )
    made = plan(modify(sl=D(97)), account)
    assert len({command.order_id for command in made.commands}) == len(made.commands) == 2


def test_the_price_of_a_working_order_moves_and_that_of_a_position_cannot(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    [command] = plan(modify(entry_price=D("97.505")), context(HEDGE, entry(**WORKING))).commands
    assert levels(command) == (D("97.50"), 95, 110)
    made = plan(modify(entry_price=D("97.50")), context(HEDGE, entry()))
    assert made.commands == ()
    assert [refusal.denied.code for refusal in made.refusals] == [DenialCode.MODIFY_NOTHING_GIVEN]


def test_a_new_stop_leaves_the_price_of_a_working_order(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    [command] = plan(modify(sl=D(96)), context(HEDGE, entry(**WORKING))).commands
    assert levels(command) == (98, 96, 110)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sl": D(101)}, DenialCode.STOP_WRONG_SIDE),
        ({"tp": D(99)}, DenialCode.TARGET_WRONG_SIDE),
    ],
)
def test_a_level_on_the_wrong_side_is_refused_with_its_checks(
    changes: dict[str, Decimal],
    code: DenialCode,
    plan: Plan,
    context: MakeContext,
    entry: MakeEntry,
) -> None:
    made = plan(modify(**changes), context(HEDGE, entry()))
    assert made.commands == ()
    [refusal] = made.refusals
    assert refusal.denied.code is code
    assert any(not check.ok for check in refusal.checks)


def test_a_price_moved_beyond_the_stop_is_refused(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    made = plan(modify(entry_price=D(94)), context(HEDGE, entry(**WORKING)))
    assert [refusal.denied.code for refusal in made.refusals] == [DenialCode.STOP_WRONG_SIDE]


def test_a_modification_of_nothing_is_refused_by_name(plan: Plan) -> None:
    [refusal] = plan(modify(sl=D(97))).refusals
    assert refusal.denied.code is DenialCode.MODIFY_NOTHING_OPEN
    assert refusal.denied.text == f"nothing of trade T-1 is open at {HEDGE}"


def test_a_stop_is_rounded_towards_the_entry(
    plan: Plan, context: MakeContext, entry: MakeEntry
) -> None:
    [command] = plan(modify(sl=D("97.001")), context(HEDGE, entry())).commands
    assert command.sl == D("97.01")
