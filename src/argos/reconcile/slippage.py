"""What the entry cost against three named prices: the strategy's, the mid at receipt, the quote at send.

An order that rests is no taker: the quote at its sending says nothing of how well the broker filled it, perhaps
days later. Its broker reference is the price that it named, and it has no arrival price.

Averages are by quantity: slippage in money over the value at the reference price, so for one fill it is
`core.money.slippage_bps`. A measure stands only when its reference is known for every entry fill: a part
would pass for the whole.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from argos.core.intent import Intent, OrderType, Side
from argos.core.money import BPS, ZERO
from argos.reconcile.result import BPS_STEP, SlippageReference
from argos.reconcile.traces import OrderTrace, price_in


class Measure(NamedTuple):
    """Entry fills against one reference; `adverse` and `value` are in price times quantity."""

    adverse: Decimal
    value: Decimal
    bps: Decimal


class EntrySlippage(NamedTuple):
    signal: Measure | None
    arrival: Measure | None
    broker: Measure | None

    def named(self) -> tuple[SlippageReference, Measure] | None:
        """The first reference that is known, in the order in which a strategy would ask for them."""
        if self.signal is not None:
            return SlippageReference.SIGNAL, self.signal
        if self.arrival is not None:
            return SlippageReference.ARRIVAL, self.arrival
        if self.broker is not None:
            return SlippageReference.BROKER, self.broker
        return None


def entry_slippage(
    entries: Iterable[OrderTrace], *, intents: Mapping[UUID, Intent], complete: bool
) -> EntrySlippage:
    """All three measures; `complete` says that the orders explain every entry fill of the leg."""
    if not complete:
        return EntrySlippage(None, None, None)
    filled = [trace for trace in entries if trace.entry_qty]
    quotes = [_quotes(trace) for trace in filled]
    return EntrySlippage(
        signal=_measure(filled, [_signal_price(trace, intents) for trace in filled]),
        arrival=_measure(filled, [arrival for arrival, _ in quotes]),
        broker=_measure(filled, [broker for _, broker in quotes]),
    )


def _measure(filled: list[OrderTrace], references: list[Decimal | None]) -> Measure | None:
    adverse = value = ZERO
    for trace, reference in zip(filled, references, strict=True):
        if reference is None:
            return None
        at_reference = trace.entry_qty * reference
        worse = trace.entry_notional - at_reference
        adverse += worse if trace.order.side is Side.BUY else -worse
        value += at_reference
    if value <= 0:
        return None
    return Measure(adverse, value, (adverse / value * BPS).quantize(BPS_STEP))


def _signal_price(trace: OrderTrace, intents: Mapping[UUID, Intent]) -> Decimal | None:
    intent = intents.get(trace.order.intent_id)
    return None if intent is None else intent.entry_price


def _quotes(trace: OrderTrace) -> tuple[Decimal | None, Decimal | None]:
    """Mid at receipt, and the far side at send: what a market order had to pay. A resting order: its own price."""
    if trace.order.order_type is not OrderType.MARKET:
        return None, trace.named_price()
    buys = trace.order.side is Side.BUY
    kept = trace.ask if buys else trace.bid
    if trace.sent is None:
        return None, kept
    body = trace.sent.body
    far = price_in(body, "ask" if buys else "bid")
    bid, ask = price_in(body, "arrival_bid"), price_in(body, "arrival_ask")
    mid = None if bid is None or ask is None else (bid + ask) / 2
    return mid, kept if far is None else far
