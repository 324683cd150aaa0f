"""Holds Argos against the brokers' own ledgers and the sender's own log. Pure; the evidence is handed in.

Nothing here asks Argos whether it did well: what was acknowledged comes from the sender, what happened from
the ledgers, and the database is the one that is examined.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from argos.core.execution import FillReason
from argos.core.money import ZERO
from argos.core.order import FINAL_STATUSES, OrderRole, OrderStatus
from argos.exchange.book import Character
from argos.exchange.orders import BrokerOrder, OrderState
from argos.exchange.positions import Deal
from argos.paperbroker.alpaca_shapes import activity_id
from argos.paperbroker.ledger import LedgerView

WIRE_GRACE: Final = timedelta(milliseconds=500)
"""From the last look at the clock to the broker's door. A process that is stopped in between needs longer."""

_LEAD: Final = timedelta(seconds=1)

_NEVER_SENT: Final = frozenset(
    {OrderStatus.DENIED, OrderStatus.EXPIRED_UNSENT, OrderStatus.PLANNED}
)
_AT_VENUE: Final = frozenset(
    {OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED}
)
_RESTING: Final = frozenset({OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrder:
    """An order as the database has it at the end."""

    order_id: UUID
    intent_id: UUID
    account: str
    role: OrderRole
    order_type: str
    magic: int
    client_order_id: str
    status: OrderStatus
    filled_qty: Decimal
    valid_until: datetime | None
    send_started_at: datetime | None
    called_rejected: bool = False
    """Whether a fact says that the venue refused it, whatever came after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldUp:
    """A span in which an account's orders could be on their way without moving: a stopped process, a stalled link."""

    account: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the database holds. `outcomes` are the accounts at which an intent came to anything at all.

    `executions` are signed quantities by account and the venue's name of the fill, `prices` what was paid.
    """

    intents: Mapping[UUID, str]
    routes: Mapping[str, frozenset[str]]
    outcomes: frozenset[tuple[UUID, str]]
    orders: Sequence[StoredOrder]
    executions: Mapping[tuple[str, str], Decimal]
    prices: Mapping[tuple[str, str], Decimal]
    positions: Mapping[tuple[str, str], Decimal]
    illegal_transitions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerBook:
    """One broker's ledger, and its character, which decides how it names things."""

    character: Character
    ledger: LedgerView


@dataclass(slots=True)
class Findings:
    """What is wrong, one line each, in words that lead to the place. All empty: nothing is."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)
    fills_unknown: list[str] = field(default_factory=list)
    positions_differ: list[str] = field(default_factory=list)
    sent_late: list[str] = field(default_factory=list)
    in_doubt: list[str] = field(default_factory=list)
    illegal_transitions: int = 0

    @property
    def clean(self) -> bool:
        return not any(
            (
                self.lost, self.doubled, self.contradicted, self.fills_unknown,
                self.positions_differ, self.sent_late, self.in_doubt, self.illegal_transitions,
            )
        )  # fmt: skip


def check(
    stored: Stored,
    books: Sequence[BrokerBook],
    *,
    acknowledged: Iterable[UUID],
    held_up: Sequence[HeldUp] = (),
    wire_grace: timedelta = WIRE_GRACE,
) -> Findings:
    """Compare. `acknowledged` are the intents that a 2xx answer promised; `held_up` excuses late arrivals."""
    findings = Findings(illegal_transitions=stored.illegal_transitions)
    _check_lost(findings, stored, acknowledged=acknowledged)
    held = orders_at_brokers(books)
    _check_orders(findings, stored, held)
    for order in stored.orders:
        delays = [item for item in held_up if item.account == order.account]
        _check_late(findings, order, broker_orders_of(order, held), delays, grace=wire_grace)
    _check_doubled(findings, held)
    _check_fills(findings, stored, books)
    _check_positions(findings, stored, books)
    return findings


def _check_lost(findings: Findings, stored: Stored, *, acknowledged: Iterable[UUID]) -> None:
    for intent_id in set(acknowledged):
        if intent_id not in stored.intents:
            findings.lost.append(f"intent {intent_id} was acknowledged and is not stored")
    for intent_id, route in stored.intents.items():
        accounts = {account for found, account in stored.outcomes if found == intent_id}
        if "" in accounts:
            continue
        findings.lost.extend(
            f"intent {intent_id} came to nothing at {account}"
            for account in sorted(stored.routes.get(route, frozenset()) - accounts)
        )


Held = Mapping[tuple[str, str], Sequence[BrokerOrder]]


def _identity(order: BrokerOrder) -> str:
    return order.client_order_id or str(order.magic)


def orders_at_brokers(books: Sequence[BrokerBook]) -> Held:
    """(account, identity) -> the orders that a command of ours made there."""
    found: dict[tuple[str, str], list[BrokerOrder]] = defaultdict(list)
    for book in books:
        for order in book.ledger.orders:
            ours = order.magic > 0 or order.client_order_id
            if (
                ours
                and order.reason is FillReason.COMMAND
                and not order.parent
                and not order.replaces
            ):
                found[order.account, _identity(order)].append(order)
    return found


def broker_orders_of(order: StoredOrder, held: Held) -> list[BrokerOrder]:
    """What the order became at its broker, under whichever name the broker keeps it."""
    return [
        item
        for identity in (order.client_order_id, str(order.magic))
        for item in held.get((order.account, identity), ())
    ]


def _check_doubled(findings: Findings, held: Held) -> None:
    for (account, identity), orders in held.items():
        alive = [order for order in orders if order.state is not OrderState.REJECTED]
        if len(alive) > 1:
            tickets = ", ".join(str(order.ticket) for order in alive)
            findings.doubled.append(f"{account} holds {identity} {len(alive)} times: {tickets}")


def _check_orders(findings: Findings, stored: Stored, held: Held) -> None:
    for order in stored.orders:
        broker_orders = broker_orders_of(order, held)
        where = f"order {order.order_id} at {order.account}"
        if order.status is OrderStatus.IN_DOUBT:
            findings.in_doubt.append(f"{where} is in doubt")
        elif order.status not in FINAL_STATUSES and not _is_resting(order):
            findings.lost.append(f"{where} stands still at {order.status}")
        if order.status in _AT_VENUE and not broker_orders:
            findings.contradicted.append(f"{where} is {order.status}, and the broker knows nothing")
        taken = any(item.state is not OrderState.REJECTED for item in broker_orders)
        if order.status in _NEVER_SENT and taken:
            findings.contradicted.append(f"{where} is {order.status}, and the broker has it")
        if order.called_rejected and taken:
            findings.contradicted.append(f"{where} was called rejected, and the broker took it")


def _is_resting(order: StoredOrder) -> bool:
    return order.status in _RESTING and order.order_type != "market"


def _check_late(
    findings: Findings,
    order: StoredOrder,
    broker_orders: Sequence[BrokerOrder],
    delays: Sequence[HeldUp],
    *,
    grace: timedelta,
) -> None:
    if order.role is not OrderRole.ENTRY or order.valid_until is None:
        return
    started = order.send_started_at
    if started is not None and started > order.valid_until:
        findings.sent_late.append(f"order {order.order_id} was sent at {started}, too late")
    for item in broker_orders:
        excused = held_up_between(delays, order.valid_until - _LEAD, item.received_at)
        if item.received_at > order.valid_until + grace + excused:
            findings.sent_late.append(
                f"order {order.order_id} reached {order.account} at {item.received_at},"
                f" valid until {order.valid_until}"
            )


def held_up_between(delays: Iterable[HeldUp], since: datetime, until: datetime) -> timedelta:
    """How much of a span something stood still; overlapping delays count twice, which errs on mercy."""
    spans = (min(item.until, until) - max(item.since, since) for item in delays)
    return sum((span for span in spans if span > timedelta(0)), timedelta(0))


def _check_fills(findings: Findings, stored: Stored, books: Sequence[BrokerBook]) -> None:
    deals = {
        (deal.account, _fill_name(_exec_id(book, deal))): deal
        for book in books
        for deal in book.ledger.deals
    }
    truth = {key: deal.qty * deal.side.sign for key, deal in deals.items()}
    executions = {(name, _fill_name(fill)): qty for (name, fill), qty in stored.executions.items()}
    prices = {(name, _fill_name(fill)): price for (name, fill), price in stored.prices.items()}
    for key in truth.keys() - executions.keys():
        findings.fills_unknown.append(f"{key[0]} filled {key[1]}, and Argos does not know")
    for key in executions.keys() - truth.keys():
        findings.fills_unknown.append(f"Argos has fill {key[1]}, and {key[0]} does not")
    for key in truth.keys() & executions.keys():
        if truth[key] != executions[key]:
            findings.fills_unknown.append(
                f"fill {key[1]} at {key[0]}: {executions[key]} here, {truth[key]} there"
            )
        if deals[key].price != prices[key]:
            findings.fills_unknown.append(
                f"fill {key[1]} at {key[0]}: at {prices[key]} here, {deals[key].price} there"
            )


def _fill_name(venue_exec_id: str) -> str:
    """The last part of an activity's id is the execution's own, by which the stream tells of it as well."""
    return venue_exec_id.rpartition("::")[2]


def _exec_id(book: BrokerBook, deal: Deal) -> str:
    """The name under which the broker's API shows this deal, and so Argos knows it."""
    return activity_id(deal) if book.character is Character.ALPACA else str(deal.ticket)


def _check_positions(findings: Findings, stored: Stored, books: Sequence[BrokerBook]) -> None:
    truth: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for book in books:
        for position in book.ledger.positions:
            truth[position.account, position.symbol] += position.signed_qty
    for key in truth.keys() | stored.positions.keys():
        ours, theirs = stored.positions.get(key, ZERO), truth.get(key, ZERO)
        if ours != theirs:
            findings.positions_differ.append(f"{key[1]} at {key[0]}: {ours} here, {theirs} there")
