"""Follow-ups: what comes after an exit that ended with its work undone."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.ids import order_uuid
from argos.core.intent import Action, Side
from argos.core.order import FINAL_STATUSES, CommandKind, OrderRole, OrderStatus
from argos.routing.follow_ups import FOLLOW_UPS_MAX, EndedExit, plan_follow_up
from argos.routing.planned import LegPlan
from unit.core.builders import HEDGE, NOW, make_intent, make_order

D = Decimal
ENTRY = make_order("entry")
INTENT = make_intent(action=Action.CLOSE, side=None, size=None, sl=None, tp=None)
EXIT = make_order(
    "exit",
    intent_id=INTENT.intent_id,
    role=OrderRole.EXIT,
    side=Side.SELL,
    sl=None,
    tp=None,
    valid_until=None,
    closes_order_id=ENTRY.order_id,
)


def ended(**changes: Any) -> EndedExit:
    """A close of all 10 that was canceled when 4 had filled."""
    plain = EndedExit(
        order=EXIT,
        intent=INTENT,
        status=OrderStatus.CANCELED,
        effective_qty=D(10),
        filled_qty=D(4),
        close_fraction=D(1),
        deviation_points=20,
        held_qty=D(6),
        closing_qty=D(0),
        full_close_on_its_way=False,
        exits_planned=1,
    )
    return replace(plain, **changes)


def follow_up(**changes: Any) -> LegPlan:
    leg = plan_follow_up(ended(**changes), now=NOW)
    assert leg is not None
    return leg


def test_an_exit_that_ended_short_is_followed_by_one_for_what_is_left() -> None:
    [planned] = follow_up().orders
    order, command = planned.order, planned.command
    role = f"exit:{ENTRY.order_id}:after:{EXIT.order_id}"
    assert order.order_id == order_uuid(intent=INTENT.intent_id, account=HEDGE, role=role)
    assert (order.qty, order.side, order.closes_order_id) == (10 - 4, Side.SELL, ENTRY.order_id)
    assert (order.intent_id, order.trade_id, order.planned_at) == (
        INTENT.intent_id, EXIT.trade_id, NOW,
    )  # fmt: skip
    assert order.magic != EXIT.magic
    assert command is not None
    assert (command.kind, command.is_exit, command.close_fraction, command.order_id) == (
        CommandKind.CLOSE, True, 1, order.order_id,
    )  # fmt: skip
    assert command.valid_until is None
    assert [check.as_row()["note"] for check in planned.checks] == [
        f"{EXIT.order_id} ended canceled with 4 of 10"
    ]


def test_the_same_exit_has_one_follow_up_for_ever() -> None:
    assert (
        follow_up().orders[0].order.order_id == follow_up(exits_planned=2).orders[0].order.order_id
    )


def test_an_exit_of_a_part_is_followed_for_the_rest_of_its_part() -> None:
    [planned] = follow_up(
        close_fraction=D("0.5"), effective_qty=D(5), filled_qty=D(2), held_qty=D(8)
    ).orders
    assert planned.order.qty == 5 - 2
    assert planned.command is not None
    assert planned.command.close_fraction == D("0.5")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"held_qty": D(0)}, id="closed meanwhile"),
        pytest.param({"filled_qty": D(10)}, id="filled after all"),
        pytest.param({"status": OrderStatus.PARTIALLY_FILLED}, id="alive again"),
        pytest.param({"full_close_on_its_way": True, "closing_qty": D(6)}, id="another takes all"),
        pytest.param({"exits_planned": FOLLOW_UPS_MAX + 1}, id="tried often enough"),
        pytest.param(
            {
                "close_fraction": D("0.5"),
                "effective_qty": D(5),
                "filled_qty": D(2),
                "held_qty": D(3),
                "closing_qty": D(3),
            },
            id="others close what its part would be",
        ),
    ],
)
def test_nothing_follows(changes: dict[str, Any]) -> None:
    assert plan_follow_up(ended(**changes), now=NOW) is None


def test_the_last_follow_up_is_the_fifth() -> None:
    assert follow_up(exits_planned=FOLLOW_UPS_MAX).orders
    assert FOLLOW_UPS_MAX == 5


def test_an_exit_of_all_goes_though_a_part_is_on_its_way_for_it_is_sized_when_it_is_leased() -> (
    None
):
    [planned] = follow_up(closing_qty=D(2)).orders
    assert planned.order.qty == 6


def test_a_fill_of_the_entry_after_a_close_that_had_done_its_work_is_closed_too() -> None:
    done = {"status": OrderStatus.FILLED, "filled_qty": D(10), "held_qty": D(3)}
    assert plan_follow_up(ended(**done), now=NOW) is None
    [planned] = follow_up(**done, late_fill=True).orders
    assert planned.order.qty == 3


quantities = st.integers(0, 100).map(D)


@given(
    asked=quantities,
    filled=quantities,
    held=quantities,
    closing=quantities,
    fraction=st.sampled_from([D(1), D("0.5")]),
    status=st.sampled_from(OrderStatus),
    planned=st.integers(1, 10),
    late_fill=st.booleans(),
)
def test_a_follow_up_never_asks_for_more_than_is_open(
    asked: Decimal,
    filled: Decimal,
    held: Decimal,
    closing: Decimal,
    fraction: Decimal,
    status: OrderStatus,
    planned: int,
    late_fill: bool,
) -> None:
    leg = plan_follow_up(
        ended(
            effective_qty=asked,
            filled_qty=filled,
            held_qty=held,
            closing_qty=closing,
            close_fraction=fraction,
            status=status,
            exits_planned=planned,
            late_fill=late_fill,
        ),
        now=NOW,
    )
    if leg is not None:
        [made] = leg.orders
        assert 0 < made.order.qty <= held
        assert status in FINAL_STATUSES
        assert planned <= FOLLOW_UPS_MAX
