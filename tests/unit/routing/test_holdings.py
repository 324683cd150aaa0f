"""What risk is told of what else is held and on its way, and that nobody works it out where nothing asks."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from argos.core.account import AccountLimits
from argos.core.decision import Assessment, RiskRequest
from argos.core.intent import Action, OrderType, Side
from argos.core.order import OrderStatus
from argos.core.position import Position
from argos.core.risk_limits import RiskLimits
from argos.routing.context import AccountContext, Levels, OpenEntry
from argos.routing.exposure import held_after_closing, working_entries
from argos.routing.plan import plan_intent
from unit.core.builders import (
    HEDGE,
    NOW,
    make_account,
    make_intent,
    make_order,
    make_route,
    make_snapshot,
)

D = Decimal
RULED = AccountLimits(risk=RiskLimits(flat_only=False))


def entry(name: str, *, filled: int = 0, closed: int = 0, **changes: Any) -> OpenEntry:
    """10 AAPL, planned five minutes ago; `filled` of them."""
    status = changes.pop("status", OrderStatus.FILLED if filled == 10 else OrderStatus.ACCEPTED)
    modified = changes.pop("modified", None)
    return OpenEntry(
        order=make_order(name, **changes),
        status=status,
        filled_qty=D(filled),
        closed_qty=D(closed),
        position_id=f"p-{name}",
        modified=modified,
    )


def position(name: str, qty: int = 10, side: Side = Side.BUY) -> Position:
    return Position(
        symbol="AAPL", side=side, qty=D(qty), price_open=D(100), position_id=f"p-{name}"
    )


def context(
    *entries: OpenEntry, positions: tuple[Position, ...] = (), hedging: bool = True
) -> AccountContext:
    return AccountContext(
        account=make_account(hedging=hedging, limits=RULED),
        snapshot=make_snapshot(positions=positions, hedging=hedging),
        open_entries=entries,
    )


def test_what_a_position_shows_is_not_counted_again() -> None:
    here = context(entry("a", filled=10), positions=(position("a"),))
    assert working_entries(here) == ()
    assert [item.qty for item in held_after_closing(here)] == [10]


def test_the_rest_of_an_entry_that_filled_in_part_is_on_its_way() -> None:
    part = entry("a", filled=4, status=OrderStatus.PARTIALLY_FILLED)
    [rest] = working_entries(context(part, positions=(position("a", 4),)))
    assert rest.qty == 6


def test_what_filled_after_the_snapshot_is_on_its_way_less_what_closed() -> None:
    [unseen] = working_entries(context(entry("a", filled=10, closed=3)))
    assert unseen.qty == 7


def test_the_levels_of_the_latest_modification_count() -> None:
    moved = entry(
        "a",
        order_type=OrderType.LIMIT,
        price=D(98),
        modified=Levels(price=D(97), sl=None, tp=None),
    )
    [waiting] = working_entries(context(moved))
    assert (waiting.price, waiting.sl) == (97, None)


def test_the_venue_holds_the_money_of_what_it_has_had_for_a_minute() -> None:
    def reserved(age_s: float, status: OrderStatus = OrderStatus.ACCEPTED) -> bool:
        taken_at = make_snapshot().taken_at
        planned = entry("a", planned_at=taken_at - timedelta(seconds=age_s), status=status)
        [waiting] = working_entries(context(planned))
        return waiting.reserved

    assert reserved(60)
    assert not reserved(59.9)
    assert not reserved(600, OrderStatus.SUBMITTED)


def test_what_closes_first_is_left_out() -> None:
    a, b = entry("a", filled=10), entry("b", filled=10)
    hedged = context(a, b, positions=(position("a"), position("b")))
    assert [item.position_id for item in held_after_closing(hedged, closing=(a,))] == ["p-b"]
    assert working_entries(context(a, b), closing=(a,)) == working_entries(context(b))
    shared = replace(a, position_id="net")
    net = context(
        shared, positions=(replace(position("net", 25), position_id="net"),), hedging=False
    )
    assert [item.qty for item in held_after_closing(net, closing=(shared,))] == [15]
    whole = replace(position("net", 10), position_id="net")
    assert (
        held_after_closing(context(shared, positions=(whole,), hedging=False), closing=(shared,))
        == ()
    )


def _asked(limits: AccountLimits, **intent: Any) -> RiskRequest:
    """What planning an intent asks of risk at an account that holds one position."""
    asked: list[RiskRequest] = []

    def assess(request: RiskRequest) -> Assessment:
        asked.append(request)
        return Assessment(checks=(), qty=D(1))

    here = context(entry("b", filled=0), positions=(position("a"),))
    here = replace(here, account=make_account(limits=limits))
    plan_intent(
        make_intent(**intent),
        route=make_route(),
        contexts={HEDGE: here},
        halts=(),
        now=NOW,
        assess=assess,
    )
    return asked[-1]


def test_holdings_are_told_where_a_limit_asks_for_them_and_else_not() -> None:
    ruled, plain = _asked(RULED), _asked(AccountLimits())
    assert [item.position_id for item in ruled.held] == ["p-a"]
    assert [item.qty for item in ruled.working] == [10]
    assert (plain.held, plain.working) == ((), ())


def test_an_exit_is_told_of_no_holdings() -> None:
    closing = _asked(RULED, action=Action.CLOSE, side=None, size=None)
    assert (closing.held, closing.working) == ((), ())
