"""Modifications: new stop, target or price for entries that are open."""

from dataclasses import replace
from decimal import Decimal

from argos.core.decision import Denied, Purpose
from argos.core.denial import DenialCode
from argos.core.order import CommandKind
from argos.routing.context import Levels, OpenEntry
from argos.routing.leg import LegTask, assess_change
from argos.routing.planned import LegPlan, LegRefusal, PlannedCommand
from argos.routing.ticks import price_on_tick, stop_on_tick, target_on_tick


def plan_modify(task: LegTask) -> LegPlan:
    """One modify per open entry of the trade. A level that the intent leaves out keeps its present value.

    A present stop is therefore never removed by a strategy that only moves its target.
    """
    changes: list[PlannedCommand] = []
    refusals: list[LegRefusal] = []
    for entry in task.trade_entries:
        outcome = _modify(task, entry)
        if isinstance(outcome, LegRefusal):
            refusals.append(outcome)
        else:
            changes.append(outcome)
    if not task.trade_entries:
        text = f"nothing of trade {task.intent.trade_id} is open at {task.account}"
        refusals.append(_refusal(task, DenialCode.MODIFY_NOTHING_OPEN, text))
    return LegPlan(account=task.account, changes=tuple(changes), refusals=tuple(refusals))


def _modify(task: LegTask, entry: OpenEntry) -> PlannedCommand | LegRefusal:
    intent = task.intent
    moves_price = entry.is_pending and intent.entry_price is not None
    if intent.sl is None and intent.tp is None and not moves_price:
        text = f"neither sl nor tp was sent for {entry.order.symbol} at {task.account}"
        return _refusal(task, DenialCode.MODIFY_NOTHING_GIVEN, text)
    levels = _new_levels(task, entry)
    assessment = assess_change(task, entry, purpose=Purpose.MODIFY, levels=levels)
    if assessment.denied:
        return LegRefusal(account=task.account, denied=assessment.denied, checks=assessment.checks)
    command = task.command(entry, kind=CommandKind.MODIFY)
    return replace(command, price=levels.price, sl=levels.sl, tp=levels.tp)


def _new_levels(task: LegTask, entry: OpenEntry) -> Levels:
    intent, side = task.intent, entry.order.side
    instrument = task.instrument(entry.order.symbol)
    present = _present_levels(task, entry)
    price = price_on_tick(
        intent.entry_price, instrument=instrument, side=side, order_type=entry.order.order_type
    )
    sl = stop_on_tick(intent.sl, instrument=instrument, side=side)
    tp = target_on_tick(intent.tp, instrument=instrument)
    return Levels(
        price=_first(price, present.price) if entry.is_pending else None,
        sl=_first(sl, present.sl),
        tp=_first(tp, present.tp),
    )


def _present_levels(task: LegTask, entry: OpenEntry) -> Levels:
    """What was asked for last; else what the account shows of the position; else the entry's own levels."""
    if entry.modified is not None:
        return entry.modified
    snapshot = task.context.snapshot
    for position in snapshot.positions if snapshot else ():
        if entry.is_in(position):
            return Levels(price=entry.order.price, sl=position.sl, tp=position.tp)
    return Levels(price=entry.order.price, sl=entry.order.sl, tp=entry.order.tp)


def _first(new: Decimal | None, present: Decimal | None) -> Decimal | None:
    return present if new is None else new


def _refusal(task: LegTask, code: DenialCode, text: str) -> LegRefusal:
    return LegRefusal(account=task.account, denied=Denied(code=code, text=text))
