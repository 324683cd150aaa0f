"""Judges a run: the checks against ledgers and the sender's log, and what only a torture run can know. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

from argos.core.ids import event_uuid, intent_uuid
from argos.core.order import CommandKind, OrderRole
from argos.exchange.orders import OrderState
from argos.rehearsal.alerts import AlertKind
from argos.rehearsal.checking import (
    BrokerBook,
    Findings,
    HeldUp,
    Stored,
    broker_orders_of,
    check,
    held_up_between,
    orders_at_brokers,
)
from argos.rehearsal.sender import Delivery
from argos.rehearsal.torture.halts import HaltRecord

WIRE_GRACE: Final = timedelta(seconds=1)
"""The machine is busy with kills: from the last look at the clock to the broker's door may take longer."""
HALT_GRACE: Final = timedelta(milliseconds=300)
_ACCEPTED: Final = 202
_TRY_AGAIN: Final = 503
"""The only server error that the contract knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneStep:
    """A command's place in its lane. `closes_order_id` names the entry that a close closes."""

    command_id: UUID
    order_id: UUID
    account: str
    symbol: str
    seq: int
    kind: CommandKind
    closes_order_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything a verdict rests on. `unreconciled` are (trade, account) with fills and without a leg."""

    stored: Stored
    steps: Sequence[LaneStep]
    books: Sequence[BrokerBook]
    deliveries: Sequence[Delivery]
    acknowledged: Iterable[UUID]
    source: str
    halts: Sequence[HaltRecord] = ()
    held_up: Sequence[HeldUp] = ()
    unreconciled: Sequence[tuple[str, str]] = ()


@dataclass(slots=True)
class Verdict:
    """`findings` are those of every rehearsal; the others are a torture run's own. All empty: it held."""

    findings: Findings
    promises_broken: list[str] = field(default_factory=list)
    sent_under_halt: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    unreconciled: list[str] = field(default_factory=list)
    audit_broken: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return self.findings.clean and not any(self.by_name().values())

    @property
    def hopeless(self) -> bool:
        """Whether something was found that waiting cannot mend."""
        own = (self.promises_broken, self.sent_under_halt, self.out_of_order)
        return any((self.findings.doubled, self.findings.sent_late, *own))

    def by_name(self) -> Mapping[str, Sequence[str]]:
        """Every kind of finding with its lines."""
        found = self.findings
        illegal = [f"{found.illegal_transitions} illegal transitions"]
        return {
            "lost": found.lost,
            "doubled": found.doubled,
            "contradicted": found.contradicted,
            "fills_unknown": found.fills_unknown,
            "positions_differ": found.positions_differ,
            "illegal_transitions": illegal if found.illegal_transitions else [],
            "sent_late": found.sent_late,
            "in_doubt": found.in_doubt,
            "promises_broken": self.promises_broken,
            "sent_under_halt": self.sent_under_halt,
            "out_of_order": self.out_of_order,
            "unreconciled": self.unreconciled,
            "audit_broken": self.audit_broken,
        }

    def counts(self) -> dict[str, int]:
        return {
            name: self.findings.illegal_transitions if name == "illegal_transitions" else len(lines)
            for name, lines in self.by_name().items()
        }


def judge(evidence: Evidence) -> Verdict:
    verdict = Verdict(
        findings=check(
            evidence.stored,
            evidence.books,
            acknowledged=evidence.acknowledged,
            held_up=evidence.held_up,
            wire_grace=WIRE_GRACE,
        ),
        unreconciled=[f"{trade} at {account}" for trade, account in evidence.unreconciled],
    )
    _check_promises(verdict, evidence)
    _check_halts(verdict, evidence)
    _check_lanes(verdict, evidence)
    return verdict


def _check_promises(verdict: Verdict, evidence: Evidence) -> None:
    """One event is one intent, accepted once; what was refused left none."""
    accepted: dict[str, int] = defaultdict(int)
    named: dict[str, set[str]] = defaultdict(set)
    sent: set[UUID] = set()
    for delivery in evidence.deliveries:
        if delivery.kind != AlertKind.FORGED:
            sent.add(_intent_of(delivery.event_id, source=evidence.source))
        accepted[delivery.event_id] += delivery.status == _ACCEPTED
        if (delivery.status or 0) >= 500 and delivery.status != _TRY_AGAIN:
            verdict.promises_broken.append(f"{delivery.event_id} was answered {delivery.status}")
        if delivery.was_taken and isinstance(delivery.answer, dict):
            named[delivery.event_id].add(str(delivery.answer["intent_id"]))
            if delivery.kind == AlertKind.FORGED:
                verdict.promises_broken.append(f"forged {delivery.event_id} was taken")
    for event_id, times in accepted.items():
        if times > 1:
            verdict.promises_broken.append(f"event {event_id} was accepted {times} times")
    for event_id, intents in named.items():
        if len(intents) > 1:
            verdict.promises_broken.append(f"event {event_id} became {len(intents)} intents")
    for intent_id in evidence.stored.intents.keys() - sent:
        verdict.promises_broken.append(f"intent {intent_id} stands for no event that was sent")


def _intent_of(event_id: str, *, source: str) -> UUID:
    return intent_uuid(source=source, event=event_uuid(source=source, event_id=event_id))


def _check_halts(verdict: Verdict, evidence: Evidence) -> None:
    """Between the answer to a halt and the resume no entry may begin its way to a broker.

    One whose sending had begun before the answer is on its way and nobody's to stop, as are the commands that the
    answer itself excepted.
    """
    held = orders_at_brokers(evidence.books)
    commands = {step.order_id: step.command_id for step in evidence.steps}
    for halt in evidence.halts:
        for order in evidence.stored.orders:
            excepted = commands.get(order.order_id) in halt.unconfirmed
            if order.role is not OrderRole.ENTRY or excepted:
                continue
            for item in broker_orders_of(order, held):
                begun_at = order.send_started_at or item.received_at
                if (
                    not _is_under(halt, item.received_at)
                    or begun_at < halt.answered_at + HALT_GRACE
                ):
                    continue
                verdict.sent_under_halt.append(
                    f"order {order.order_id} reached {order.account} at {item.received_at},"
                    f" halted from {halt.answered_at} to {halt.resumed_at}"
                )


def _is_under(halt: HaltRecord, moment: datetime) -> bool:
    return halt.answered_at + HALT_GRACE < moment < halt.resumed_at


def _check_lanes(verdict: Verdict, evidence: Evidence) -> None:
    """Orders of one lane reach the broker in the order in which they were planned.

    A close may wait for its entry, which rests at the broker, while others go past it.
    """
    held = orders_at_brokers(evidence.books)
    orders = {order.order_id: order for order in evidence.stored.orders}
    entries = {
        step.order_id: orders[step.closes_order_id]
        for step in evidence.steps
        if step.closes_order_id is not None
    }
    lanes: dict[tuple[str, str], list[tuple[int, datetime, UUID]]] = defaultdict(list)
    for step in evidence.steps:
        if step.kind not in {CommandKind.SUBMIT, CommandKind.CLOSE}:
            continue
        taken = [
            item.received_at
            for item in broker_orders_of(orders[step.order_id], held)
            if item.state is not OrderState.REJECTED
        ]
        if taken:
            lanes[step.account, step.symbol].append((step.seq, min(taken), step.order_id))
    for (account, symbol), passed in lanes.items():
        delays = [item for item in evidence.held_up if item.account == account]
        passed.sort()
        for (_, before, earlier), (_, after, later) in pairwise(passed):
            excused = held_up_between(delays, after - timedelta(seconds=1), before)
            entry = entries.get(earlier)
            waited = entry is not None and any(
                item.updated_at > after for item in broker_orders_of(entry, held)
            )
            if after + excused < before and not waited:
                verdict.out_of_order.append(
                    f"{symbol} at {account}: {later} came at {after}, {earlier} before it at {before}"
                )
