"""One pass over an order's facts: the first moments, the quotes, the words at its end.

Only the earliest, the latest or the set of something is kept, so order of arrival and repeats cannot matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from argos.core.intent import OrderType
from argos.core.money import ZERO
from argos.core.order import (
    FINAL_STATUSES,
    CommandKind,
    FactKind,
    Order,
    OrderRole,
    OrderStatus,
    status,
)
from argos.reconcile.story import FactRecord, OrderRecord

_LIMITED: Final = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
# Looked up at each fact, members of an enumeration take longer than all that is done with them.
_ENTRY: Final = OrderRole.ENTRY
_LEASED, _SEND_STARTED, _ACCEPTED = FactKind.LEASED, FactKind.SEND_STARTED, FactKind.ACCEPTED
_FILL, _MODIFIED, _IN_DOUBT = FactKind.FILL, FactKind.MODIFIED, FactKind.IN_DOUBT
_CANCELED, _EXPIRED = FactKind.CANCELED, FactKind.EXPIRED
_SUBMIT, _CLOSE = CommandKind.SUBMIT, CommandKind.CLOSE


@dataclass(slots=True)
class OrderTrace:
    """An order as its facts tell it, and what its executions add up to.

    `absorbed_qty` is what it filled against the position of another trade: filled, and not this trade's.
    """

    order: Order
    effective_qty: Decimal
    records: list[OrderRecord]
    leased_at: datetime | None = None
    sent: FactRecord | None = None
    ended_at: datetime | None = None
    doubted: bool = False
    venue_order_ids: set[str] = field(default_factory=set)
    fill_ids: set[str] = field(default_factory=set)
    endings: list[FactRecord] = field(default_factory=list)
    changes: list[FactRecord] = field(default_factory=list)
    bid: Decimal | None = None
    ask: Decimal | None = None
    entry_qty: Decimal = ZERO
    entry_notional: Decimal = ZERO
    filled_qty: Decimal = ZERO
    absorbed_qty: Decimal = ZERO
    first_fill_at: datetime | None = None

    @property
    def is_entry(self) -> bool:
        return self.order.role is _ENTRY

    @property
    def is_filled(self) -> bool:
        return self.filled_qty + self.absorbed_qty >= self.effective_qty

    def status(self) -> OrderStatus:
        facts = (item.fact for record in self.records for item in record.facts)
        return status(facts, qty=self.effective_qty, denied=self.order.denial_code is not None)

    def is_over(self) -> bool:
        """Whether nothing more is expected of this order."""
        return self.is_filled or self.status() in FINAL_STATUSES

    def is_in_doubt(self) -> bool:
        return self.doubted and not self.filled_qty and self.status() is OrderStatus.IN_DOUBT

    def limit_price(self) -> Decimal | None:
        """The worst price this order may have been filled at; None for orders without a limit.

        A changed limit widens it: when the change took effect at the venue is not known to the moment.
        """
        order = self.order
        if order.order_type not in _LIMITED:
            return None
        planned = order.price if order.order_type is OrderType.LIMIT else order.stop_limit_price
        if planned is None or not self.changes or order.order_type is OrderType.STOP_LIMIT:
            return planned
        changed = (price_in(change.body, "price") for change in self.changes)
        known = [planned, *(price for price in changed if price is not None)]
        return max(known) if order.side.sign > 0 else min(known)

    def named_price(self) -> Decimal | None:
        """The price a resting order waits for: its trigger or limit, after the latest change."""
        changed = [change for change in self.changes if price_in(change.body, "price") is not None]
        if not changed:
            return self.order.price
        return price_in(min(changed, key=_newest_first).body, "price")

    def expected_stop(self, name: str) -> Decimal | None:
        """The stop (`sl`) or target (`tp`) that its position shall have, after the latest change."""
        planned = self.order.sl if name == "sl" else self.order.tp
        changes = [change for change in self.changes if name in change.body]
        if not changes:
            return planned
        return price_in(min(changes, key=_newest_first).body, name)


def _newest_first(record: FactRecord) -> tuple[float, float, str]:
    return (
        -record.at.timestamp(),
        -record.recorded_at.timestamp(),
        repr(sorted(record.body.items())),
    )


def _seniority(record: FactRecord) -> tuple[datetime, datetime, str]:
    return (record.at, record.recorded_at, repr(sorted(record.body.items())))


def trace_orders(records: Iterable[OrderRecord]) -> dict[UUID, OrderTrace]:
    """A trace per order, earliest planned first."""
    traces: dict[UUID, OrderTrace] = {}
    for record in sorted(records, key=_planned):
        order = record.order
        trace = traces.get(order.order_id)
        if trace is None:
            trace = OrderTrace(order=order, effective_qty=record.effective_qty, records=[record])
            traces[order.order_id] = trace
        else:
            # Two tellings of one order: the larger quantity expects more, so nothing is called over too soon.
            trace.effective_qty = max(trace.effective_qty, record.effective_qty)
            trace.records.append(record)
        for item in record.facts:
            _read(trace, item)
    return traces


def _planned(record: OrderRecord) -> tuple[datetime, UUID]:
    return (record.order.planned_at, record.order.order_id)


def _read(trace: OrderTrace, item: FactRecord) -> None:
    kind = item.kind
    if kind is _FILL:
        trace.fill_ids.add(item.venue_exec_id)
    elif kind is _CANCELED or kind is _EXPIRED:
        _end(trace, item)
    elif kind is _MODIFIED:
        trace.changes.append(item)
    else:
        command = item.command_kind
        if command is _SUBMIT or command is _CLOSE:
            _read_sending(trace, item)


def _read_sending(trace: OrderTrace, item: FactRecord) -> None:
    """Facts about the order's own sending; those of a request to change it tell nothing here."""
    kind = item.kind
    if kind is _LEASED:
        if trace.leased_at is None or item.at < trace.leased_at:
            trace.leased_at = item.at
    elif kind is _SEND_STARTED:
        if trace.sent is None or _is_senior(item, trace.sent):
            trace.sent = item
    elif kind is _ACCEPTED:
        venue_order_id = item.body.get("venue_order_id")
        if venue_order_id:
            trace.venue_order_ids.add(str(venue_order_id))
    elif kind is _IN_DOUBT:
        trace.doubted = True
    else:
        _end(trace, item)


def _end(trace: OrderTrace, item: FactRecord) -> None:
    trace.endings.append(item)
    # UNSENT speaks of one attempt only; an earlier one may well be at the venue.
    unsent = item.kind is FactKind.UNSENT
    if not unsent and (trace.ended_at is None or item.at < trace.ended_at):
        trace.ended_at = item.at


def _is_senior(item: FactRecord, other: FactRecord) -> bool:
    if item.at != other.at:
        return item.at < other.at
    return _seniority(item) < _seniority(other)


def price_in(body: Mapping[str, Any], name: str) -> Decimal | None:
    """A price from a fact's body; None when it is missing, unreadable or not positive.

    Bodies are kept as they were reported: a quote that cannot be read is a quote that is not known.
    """
    value = body.get(name)
    if value is None:
        return None
    try:
        price = Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return None
    return price if price.is_finite() and price > 0 else None


_WORDS_OF: Final[Mapping[OrderStatus, frozenset[FactKind]]] = {
    OrderStatus.REJECTED: frozenset({FactKind.REJECTED}),
    OrderStatus.CANCELED: frozenset({FactKind.CANCELED}),
    OrderStatus.EXPIRED: frozenset({FactKind.EXPIRED}),
    OrderStatus.EXPIRED_UNSENT: frozenset({FactKind.UNSENT, FactKind.NOT_FOUND}),
}


def words_at_end(trace: OrderTrace, state: OrderStatus) -> tuple[str | None, str | None]:
    """Code and text with which the order ended in `state`: ours when denied, else as reported."""
    if state is OrderStatus.DENIED:
        return trace.order.denial_code, trace.order.denial_text
    kinds = _WORDS_OF.get(state, frozenset())
    spoken = [ending for ending in trace.endings if ending.kind in kinds]
    if not spoken:
        return None, None
    body = min(spoken, key=_seniority).body
    code, text = body.get("code"), body.get("text")
    return (str(code) if code else None, str(text) if text else None)
