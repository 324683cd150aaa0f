"""Reconciliation of one leg: a pure function from its story to what it came to.

Conventions: the entry's slippage is measured against `slippage_reference`; exits cost slippage only against the
price that their own intent named. Latencies are those of the entry that filled first. Costs are sums over
all executions. `gross_pnl` of a flat leg is its cash, exactly; before that it is at average cost.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from argos.core.intent import Intent, Side
from argos.core.money import ZERO
from argos.reconcile.divergence import find_divergence
from argos.reconcile.fills import FillTally, tally_fills
from argos.reconcile.latency import latencies_ms
from argos.reconcile.outcome import Verdict, judge_outcome
from argos.reconcile.result import MONEY_STEP, PRICE_STEP, RATIO_STEP, Outcome, ReconciledLeg
from argos.reconcile.slippage import Measure, entry_slippage
from argos.reconcile.story import LegExecution, LegStory
from argos.reconcile.traces import OrderTrace, trace_orders

EXTERNAL_PREFIX = "external:"
"""Trades that no intent explains are named by this and the venue's position id."""


def reconcile_leg(story: LegStory, *, now: datetime) -> ReconciledLeg:
    """What the leg came to, as revision 1; `now` becomes `reconciled_at` and decides nothing."""
    intents = {intent.intent_id: intent for intent in story.intents}
    traces = trace_orders(story.orders)
    entries = [trace for trace in traces.values() if trace.is_entry]
    tally = tally_fills(
        story.executions, side=_side(story, entries, traces), traces=traces, intents=intents
    )
    return _assemble(story, tally, entries=entries, now=now)


def reconcile_external(
    executions: Sequence[LegExecution],
    *,
    account: str,
    currency: str,
    unit_value: Decimal,
    now: datetime,
) -> ReconciledLeg:
    """The leg of one position that no order of ours explains. `executions` must not be empty."""
    first = min(executions, key=lambda item: item.execution.venue_exec_id).execution
    story = LegStory(
        trade_id=f"{EXTERNAL_PREFIX}{first.position_id or first.symbol}",
        account=account,
        currency=currency,
        unit_value=unit_value,
        executions=tuple(executions),
    )
    tally = tally_fills(executions, side=None, traces={}, intents={}, external=True)
    return _assemble(story, tally, entries=[], now=now)


def _assemble(
    story: LegStory, tally: FillTally, *, entries: Sequence[OrderTrace], now: datetime
) -> ReconciledLeg:
    unit_value, intents = story.unit_value, tally.intents
    lead = tally.lead or next(iter(entries or tally.traces.values()), None)
    intent = _leading_intent(story, lead, intents)
    gross_pnl = (tally.realised() * unit_value).quantize(MONEY_STEP)
    commission, swap, fee = (
        amount.quantize(MONEY_STEP) for amount in (tally.commission, tally.swap, tally.fee)
    )
    costs = commission + swap + fee
    net_pnl = gross_pnl - costs
    slippage = entry_slippage(entries, intents=intents, complete=tally.all_traced)
    named = slippage.named()
    slippage_cost = _slippage_cost(tally, named[1] if named else None, unit_value=unit_value)
    intended_qty = sum((trace.order.qty for trace in entries), ZERO)
    verdict = (
        Verdict(Outcome.EXTERNAL)
        if tally.external
        else judge_outcome(story, tally, net_pnl=net_pnl)
    )
    is_flat = bool(tally.steps) and not tally.net_qty
    return ReconciledLeg(
        trade_id=story.trade_id,
        account=story.account,
        currency=story.currency,
        symbol=_symbol(tally, lead, intent),
        side=tally.side,
        bot_version=intent.bot_version if intent is not None else "",
        order_type=lead.order.order_type if lead is not None and lead.is_entry else None,
        outcome=verdict.outcome,
        reason_code=verdict.reason_code,
        reason_text=verdict.reason_text,
        intended_qty=intended_qty,
        filled_qty=tally.entry_qty,
        exit_qty=tally.exit_qty,
        fill_ratio=_fill_ratio(tally.entry_qty, intended_qty),
        entry_price_intended=_intended_price(slippage.signal, tally, intent),
        entry_price_filled=_average(tally.entry_notional, tally.entry_qty),
        exit_price_intended=_average(tally.referenced_exit_notional, tally.referenced_exit_qty),
        exit_price_filled=_average(tally.exit_notional, tally.exit_qty),
        slippage_reference=named[0] if named else None,
        slippage_price=_average(named[1].adverse, tally.entry_qty) if named else None,
        slippage_bps=named[1].bps if named else None,
        slippage_cost=slippage_cost,
        slippage_signal_bps=_bps(slippage.signal),
        slippage_arrival_bps=_bps(slippage.arrival),
        slippage_broker_bps=_bps(slippage.broker),
        latency_ms=latencies_ms(lead, intent),
        commission=commission,
        swap=swap,
        fee=fee,
        net_cost=costs if slippage_cost is None else costs + slippage_cost,
        gross_pnl=gross_pnl,
        net_pnl=net_pnl,
        venue_profit=tally.venue_profit.quantize(MONEY_STEP),
        r_multiple=_r_multiple(entries, tally, net_pnl, unit_value) if is_flat else None,
        divergence=find_divergence(tally, intents=intents, intended_qty=intended_qty),
        opened_at=tally.opened_at,
        closed_at=tally.closed_at if is_flat else None,
        revision=1,
        reconciled_at=now,
    )


def _side(
    story: LegStory, entries: Sequence[OrderTrace], traces: Mapping[UUID, OrderTrace]
) -> Side | None:
    """The entry's side: of the first entry order, else against the first exit, else as intended."""
    if entries:
        return entries[0].order.side
    for trace in traces.values():
        return trace.order.side.opposite
    wishes = [intent for intent in story.intents if intent.is_entry]
    return min(wishes, key=_acceptance).side if wishes else None


def _acceptance(intent: Intent) -> tuple[datetime, int, UUID]:
    return (intent.received_at, intent.sequence, intent.intent_id)


def _leading_intent(
    story: LegStory, lead: OrderTrace | None, intents: Mapping[UUID, Intent]
) -> Intent | None:
    """The intent behind the leading order, else the first that wanted to enter, else the first."""
    intent = intents.get(lead.order.intent_id) if lead is not None else None
    if intent is not None or not story.intents:
        return intent
    return min(story.intents, key=lambda wish: (not wish.is_entry, _acceptance(wish)))


def _symbol(tally: FillTally, lead: OrderTrace | None, intent: Intent | None) -> str:
    """The account's own name for it, where there is an order or a fill; else the strategy's."""
    if lead is not None:
        return lead.order.symbol
    if tally.symbol:
        return tally.symbol
    return intent.symbol if intent is not None else ""


def _average(notional: Decimal, qty: Decimal) -> Decimal | None:
    return (notional / qty).quantize(PRICE_STEP) if qty else None


def _bps(measure: Measure | None) -> Decimal | None:
    return None if measure is None else measure.bps


def _fill_ratio(filled: Decimal, intended: Decimal) -> Decimal | None:
    if intended:
        return (filled / intended).quantize(RATIO_STEP)
    return None if filled else ZERO


def _intended_price(
    signal: Measure | None, tally: FillTally, intent: Intent | None
) -> Decimal | None:
    """What the strategy saw, over all entry fills by quantity; before any fill, the leading intent's price."""
    if signal is not None:
        return _average(signal.value, tally.entry_qty)
    if tally.entry_qty or intent is None or intent.entry_price is None or not intent.is_entry:
        return None
    return intent.entry_price.quantize(PRICE_STEP)


def _slippage_cost(
    tally: FillTally, measure: Measure | None, *, unit_value: Decimal
) -> Decimal | None:
    if measure is None and not tally.referenced_exit_qty:
        return None
    adverse = tally.exit_slippage if measure is None else measure.adverse + tally.exit_slippage
    return (adverse * unit_value).quantize(MONEY_STEP)


def _r_multiple(
    entries: Sequence[OrderTrace], tally: FillTally, net_pnl: Decimal, unit_value: Decimal
) -> Decimal | None:
    """Net result over what the stops had put at risk when the entries were filled."""
    risk = ZERO
    for trace in entries:
        if not trace.entry_qty:
            continue
        if trace.order.sl is None:
            return None
        risk += abs(trace.entry_notional - trace.order.sl * trace.entry_qty)
    risk *= unit_value
    return (net_pnl / risk).quantize(RATIO_STEP) if risk and tally.all_traced else None
