"""From an intent to orders and commands, account by account. Pure: the same input gives the same plan."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from argos.core.account import Halt, Route, RouteLeg
from argos.core.decision import Assess, Denied
from argos.core.denial import DenialCode
from argos.core.intent import Action, Intent
from argos.core.money import ONE
from argos.routing.context import AccountContext, OpenEntry
from argos.routing.entries import plan_entry
from argos.routing.exits import cancel_pending, deny_close, unwind
from argos.routing.leg import LegTask, is_of_trade
from argos.routing.modifying import plan_modify
from argos.routing.planned import IntentPlan, LegPlan, LegRefusal

DEVIATION_POINTS: Final = 20
"""How far, in points, a market order may be filled from the price it was sent at, where a venue can hold to it."""


def plan_intent(
    intent: Intent,
    *,
    route: Route | None,
    contexts: Mapping[str, AccountContext],
    halts: Sequence[Halt],
    now: datetime,
    assess: Assess,
    deviation_points: int = DEVIATION_POINTS,
) -> IntentPlan:
    """What `intent` comes to at each account behind `route`.

    `contexts` are keyed by account: those of all legs, and those of accounts that have left the route and still
    hold something of the trade; such an account gets its exits and no entries. A `route` of None has been
    removed: its exits go as well. `assess` is `argos.risk.assess.assess`. Every leg gives at least one order,
    change or refusal.
    """
    known = route is not None
    route = route or _removed_route(intent.account_route)
    legs = _legs(intent, route=route, contexts=contexts)
    if not legs:
        return IntentPlan(intent_id=intent.intent_id, legs=(), denied=_no_legs(route, known=known))
    plans = []
    for leg in legs:
        context = contexts.get(leg.account)
        if context is None:
            plans.append(_unknown_account(leg))
            continue
        task = LegTask(
            intent=intent,
            route=route,
            leg=leg,
            context=context,
            halts=halts,
            now=now,
            deviation_points=deviation_points,
            assess=assess,
        )
        plans.append(plan_leg(task))
    return IntentPlan(intent_id=intent.intent_id, legs=tuple(plans))


def plan_leg(task: LegTask) -> LegPlan:
    match task.intent.action:
        case Action.OPEN:
            return LegPlan(account=task.account, orders=(plan_entry(task),))
        case Action.CLOSE:
            return _plan_close(task)
        case Action.REVERSE:
            return _plan_reverse(task)
        case Action.MODIFY:
            return plan_modify(task)
        case Action.CANCEL:
            return _plan_cancel(task)


def _plan_close(task: LegTask) -> LegPlan:
    entries = task.trade_entries
    if not entries:
        return LegPlan(account=task.account, orders=(deny_close(task),))
    unwinding = unwind(task, entries, fraction=task.intent.close_fraction)
    return LegPlan(
        account=task.account,
        changes=tuple(unwinding.cancels),
        orders=tuple(unwinding.exits),
        refusals=tuple(unwinding.refusals),
    )


def _plan_reverse(task: LegTask) -> LegPlan:
    """Close what stands on the other side, then open. Exits go even where the entry is denied.

    The lane is serial, so the entry runs after its exits; `depends_on` keeps it back for good if one fails.
    """
    opposite = tuple(entry for entry in task.context.open_entries if _is_reversed(task, entry))
    unwinding = unwind(task, opposite, fraction=ONE)
    entry = plan_entry(task, closing=opposite, depends_on=unwinding.exit_order_ids)
    return LegPlan(
        account=task.account,
        changes=tuple(unwinding.cancels),
        orders=(*unwinding.exits, entry),
        refusals=tuple(unwinding.refusals),
    )


def _is_reversed(task: LegTask, entry: OpenEntry) -> bool:
    order, side = entry.order, task.intent.side
    return (
        entry.is_open
        and order.route == task.route.route
        and order.symbol == task.symbol
        and order.side is not side
    )


def _plan_cancel(task: LegTask) -> LegPlan:
    cancelling = cancel_pending(task, task.trade_entries)
    refusals = cancelling.refusals
    if not cancelling.cancels and not refusals:
        text = f"no order of trade {task.intent.trade_id} is working at {task.account}"
        denied = Denied(code=DenialCode.CANCEL_NOTHING_WORKING, text=text)
        refusals = [LegRefusal(account=task.account, denied=denied)]
    return LegPlan(
        account=task.account, changes=tuple(cancelling.cancels), refusals=tuple(refusals)
    )


def _legs(
    intent: Intent, *, route: Route, contexts: Mapping[str, AccountContext]
) -> tuple[RouteLeg, ...]:
    """The route's legs, and for exits a disabled leg for each account that left the route with something open."""
    if intent.is_entry:
        return route.legs
    present = {leg.account for leg in route.legs}
    retired = tuple(
        _retired_leg(account)
        for account, context in sorted(contexts.items())
        if account not in present
        and any(entry.is_open and is_of_trade(entry, intent) for entry in context.open_entries)
    )
    return route.legs + retired


def _removed_route(name: str) -> Route:
    return Route(route=name, enabled=False, size=None, expiry_s=0, alert_age_s_max=0, legs=())


def _no_legs(route: Route, *, known: bool) -> Denied:
    if known:
        text = f"route {route.route} has no accounts"
        return Denied(code=DenialCode.ROUTE_WITHOUT_LEGS, text=text)
    return Denied(
        code=DenialCode.ROUTE_UNKNOWN, text=f"route {route.route} does not exist any more"
    )


def _retired_leg(account: str) -> RouteLeg:
    return RouteLeg(
        account=account, share=Decimal(0), size=None, symbol_map={}, hours=(), enabled=False
    )


def _unknown_account(leg: RouteLeg) -> LegPlan:
    denied = Denied(
        code=DenialCode.ACCOUNT_DISABLED, text=f"account {leg.account} is not known any more"
    )
    return LegPlan(account=leg.account, refusals=(LegRefusal(account=leg.account, denied=denied),))
