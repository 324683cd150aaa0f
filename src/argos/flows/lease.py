"""Lease: hand the heads of accounts' lanes to their nodes, checking validity and brakes once more."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Protocol
from uuid import UUID

from argos.core.account import Halt, TradingMode
from argos.core.decision import strictest_halt
from argos.core.errors import InputError
from argos.core.ids import comment_of, fact_uuid
from argos.core.intent import OrderType, Side
from argos.core.order import CommandKind, FactKind, OrderStatus
from argos.protocol.commands import Command
from argos.protocol.values import decimal_text, moment_text, optional_moment

LEASE_MS: Final = 10_000
"""A node may begin to send this long after it got the command; nobody else gets it sooner."""
LEASE_MARGIN_MS: Final = 5_000
ROUNDS_MAX: Final = 32
"""Lanes whose heads only end are looked at again at once, this often; what is left waits for the next poll."""
RECALL_AGE: Final = timedelta(seconds=30)
"""How long ago a recalled entry's validity ended, for the node: further than clocks may be apart."""
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSession:
    """The node that asks: its epoch decides whether it may send, its log what it has seen before.

    `asked_at`: when it asked, by the database's clock. Of what was leased since then it could not know.
    """

    node: str
    account: str
    epoch: int
    log_id: UUID
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A command that will never be sent, and why."""

    code: str
    text: str


@dataclass(slots=True)
class LeasePlan:
    """What one lease writes: commands out, commands ended, the facts that say so. Nothing if it was `fenced`."""

    fenced: InputError | None = None
    commands: list[Command] = field(default_factory=list)
    leased: list[dict[str, Any]] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)
    reconcile: list[dict[str, Any]] = field(default_factory=list)

    def rows(self) -> dict[str, Any]:
        names = ("leased", "ended", "facts", "states", "reconcile")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """A node that asks for work, and the commands that it holds already."""

    session: NodeSession
    in_flight: Sequence[UUID] = ()


class LeaseStore(Protocol):
    """What leasing needs of the database; one transaction is one turn."""

    def leasing(self, *, patient: bool) -> AbstractAsyncContextManager[Any]: ...

    async def head_of_lanes(
        self, connection: Any, askers: Sequence[Asker], *, lease_s: float
    ) -> Mapping[str, Mapping[str, Any]]: ...

    async def save_lease(self, connection: Any, rows: Mapping[str, Any]) -> None: ...


def mode_of(
    halts: Sequence[Halt], *, account: str, route: str, bot_version: str
) -> tuple[TradingMode, str]:
    """The strictest brake that holds this order, with its reason; ACTIVE when none does."""
    halt = strictest_halt(halts, account=account, route=route, bot_version=bot_version)
    if halt is None:
        return TradingMode.ACTIVE, ""
    return halt.mode, f"{halt.scope} {halt.key}".strip() + f": {halt.reason}"


async def lease_together(
    store: LeaseStore,
    askers: Sequence[Asker],
    *,
    clock: Callable[[], datetime],
    patient: bool = True,
) -> list[list[Command] | InputError]:
    """For each asker, in one transaction, the commands that it shall carry out now; none when nothing may leave.

    Each is of another account. In place of its commands an asker gets InputError with NODE_EPOCH_FENCED when its node
    has a newer session. `patient` is whether to wait for others' locks, or to raise StoreError soon.
    """
    found: dict[str, list[Command] | InputError] = {asker.session.account: [] for asker in askers}
    left = sorted(askers, key=lambda asker: asker.session.account)  # locks are taken in one order
    for _ in range(ROUNDS_MAX):
        plans = await _lease_once(store, left, clock=clock, patient=patient)
        found |= {account: plan.fenced or plan.commands for account, plan in plans.items()}
        only_ended = {
            account for account, plan in plans.items() if plan.ended and not plan.commands
        }
        left = [asker for asker in left if asker.session.account in only_ended]
        if not left:
            break
    return [found[asker.session.account] for asker in askers]


async def _lease_once(
    store: LeaseStore,
    askers: Sequence[Asker],
    *,
    clock: Callable[[], datetime],
    patient: bool,
) -> Mapping[str, LeasePlan]:
    """By account, what leaves or ends now."""
    async with store.leasing(patient=patient) as connection:
        heads = await store.head_of_lanes(
            connection, askers, lease_s=(LEASE_MS + LEASE_MARGIN_MS) / 1000
        )
        now = clock()  # not before the look: what was planned meanwhile is in it
        sessions = [asker.session for asker in askers]
        plans = {
            session.account: _plan_for(session, heads.get(session.account), now=now)
            for session in sessions
        }
        if any(plan.leased or plan.ended for plan in plans.values()):
            await store.save_lease(connection, _rows_of(plans.values()))
        return plans


def _plan_for(session: NodeSession, heads: Mapping[str, Any] | None, *, now: datetime) -> LeasePlan:
    if heads is None:
        return LeasePlan()
    try:
        require_newest(session, epoch=heads["epoch"])
    except InputError as error:
        return LeasePlan(fenced=error)
    return plan_lease(heads["commands"], session=session, halts=heads["halts"], now=now)


def _rows_of(plans: Iterable[LeasePlan]) -> Mapping[str, Any]:
    rows = [plan.rows() for plan in plans]
    return {name: [item for part in rows for item in part[name]] for name in rows[0]}


def require_newest(session: NodeSession, *, epoch: int) -> None:
    """Raises InputError with NODE_EPOCH_FENCED when `epoch`, the node's newest, is not the session's."""
    if epoch != session.epoch:
        raise InputError(
            f"epoch {session.epoch} of {session.node} was superseded by {epoch}",
            code="NODE_EPOCH_FENCED",
            fix="one node per account: stop this process, the newer one has taken over",
        )


def plan_lease(
    heads: Sequence[Mapping[str, Any]],
    *,
    session: NodeSession,
    halts: Sequence[Halt],
    now: datetime,
) -> LeasePlan:
    plan = LeasePlan()
    for head in heads:
        mode, reason = mode_of(
            halts, account=session.account, route=head["route"], bot_version=head["bot_version"]
        )
        if head["waits_for"]:
            continue
        ending = _ending_of(head, mode=mode, reason=reason, now=now)
        if ending is not None and not _may_be_out(head, session=session):
            _end(plan, head, session=session, ending=ending, now=now)
        elif mode is not TradingMode.HALTED or (ending is not None and not head["is_exit"]):
            _send(plan, head, session=session, ending=ending, now=now)
    return plan


def _may_be_out(head: Mapping[str, Any], *, session: NodeSession) -> bool:
    """Whether it may be at the venue for all we know: then its node has the word, and we end nothing.

    It was leased, and was heard of, or to a log that is not the asker's, or after the asker had asked: an
    old poll, long forgotten by its node, may still stand waiting here.
    """
    if head["state"] != "leased":
        return False
    since_asked = session.asked_at is not None and head["leased_at"] >= session.asked_at
    return bool(head["was_heard_of"] or head["log_id"] != session.log_id or since_asked)


def _ending_of(
    head: Mapping[str, Any], *, mode: TradingMode, reason: str, now: datetime
) -> Ending | None:
    """Why this command must not be sent any more, or None."""
    if head["failed_dependencies"]:
        return Ending(
            code="REVERSE_CLOSE_FAILED", text="the close that comes first did not succeed"
        )
    if not head["is_exit"]:
        valid_until = head["valid_until"]
        if valid_until is not None and now > valid_until:
            return Ending(code="EXPIRED_UNSENT", text=f"valid until {moment_text(valid_until)}")
        if mode is not TradingMode.ACTIVE:
            return Ending(code=mode.value.upper(), text=reason)
    if head["kind"] == CommandKind.CLOSE and _closing_qty(head) <= 0:
        if head["target_status"] in {OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED}:
            return None
        return Ending(code="CLOSE_NOTHING_OPEN", text="nothing of this position is open any more")
    return None


def _closing_qty(head: Mapping[str, Any]) -> Decimal:
    """Units to close: all that is left for a full close, else the planned part of it."""
    left: Decimal = max(_ZERO, head["target_filled"] - head["target_closed"])
    planned: Decimal = head["qty"]
    return left if head["close_fraction"] in {None, Decimal(1)} else min(left, planned)


def _end(
    plan: LeasePlan,
    head: Mapping[str, Any],
    *,
    session: NodeSession,
    ending: Ending,
    now: datetime,
) -> None:
    plan.ended.append({"command_id": head["command_id"]})
    body = {"code": ending.code, "text": ending.text}
    plan.facts.append(_fact(FactKind.UNSENT, head, session=session, now=now, key="", body=body))
    if head["kind"] in {CommandKind.SUBMIT, CommandKind.CLOSE}:
        plan.states.append(
            {
                "order_id": head["order_id"],
                "status": OrderStatus.EXPIRED_UNSENT.value,
                "effective_qty": decimal_text(head["qty"]),
            }
        )
    plan.reconcile.append({"trade_id": head["trade_id"], "account": session.account})


def _send(
    plan: LeasePlan,
    head: Mapping[str, Any],
    *,
    session: NodeSession,
    ending: Ending | None,
    now: datetime,
) -> None:
    """Hand the command out. With an `ending` it goes to be looked for, not to be sent: it comes expired."""
    qty = head["qty"]
    if head["kind"] == CommandKind.CLOSE and ending is None:
        qty = _closing_qty(head)
        if qty <= 0:
            return
    known_log = head["state"] == "leased" and head["log_id"] == session.log_id
    attempt = head["attempt"] if known_log else head["attempt"] + 1
    plan.leased.append(
        {
            "command_id": head["command_id"],
            "node": session.node,
            "epoch": session.epoch,
            "log_id": session.log_id,
            "attempt": attempt,
        }
    )
    body = {"qty": decimal_text(qty), "attempt": attempt}
    if ending is not None:
        body |= {"recalled": ending.code, "why": ending.text}
    plan.facts.append(
        _fact(FactKind.LEASED, head, session=session, now=now, key=str(attempt), body=body)
    )
    if head["kind"] in {CommandKind.SUBMIT, CommandKind.CLOSE} and head["state"] == "pending":
        plan.states.append(
            {
                "order_id": head["order_id"],
                "status": OrderStatus.LEASED.value,
                "effective_qty": decimal_text(qty),
            }
        )
    command = _command(head, qty=qty, attempt=attempt)
    if ending is not None and not command.is_exit:
        passed_at = now - RECALL_AGE
        command = replace(command, valid_until=min(command.valid_until or passed_at, passed_at))
    plan.commands.append(command)


def _fact(
    kind: FactKind,
    head: Mapping[str, Any],
    *,
    session: NodeSession,
    now: datetime,
    key: str,
    body: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "account": session.account,
        "fact_id": fact_uuid(
            account=session.account, kind=kind.value, key=f"{head['command_id']}:{key}"
        ),
        "kind": kind.value,
        "order_id": head["order_id"],
        "command_id": head["command_id"],
        "command_kind": head["kind"],
        "at": moment_text(now),
        "node": session.node,
        "epoch": session.epoch,
        "body": body,
    }


def _command(head: Mapping[str, Any], *, qty: Decimal, attempt: int) -> Command:
    kind = CommandKind(head["kind"])
    modify = kind is CommandKind.MODIFY
    closing = kind is CommandKind.CLOSE
    return Command(
        command_id=head["command_id"],
        order_id=head["order_id"],
        seq=head["seq"],
        kind=kind,
        symbol=head["symbol"],
        side=Side(head["side"]),
        order_type=OrderType(head["order_type"]),
        qty=qty,
        price=head["new_price"] if modify else head["price"],
        stop_limit_price=head["stop_limit_price"],
        sl=head["new_sl"] if modify else head["sl"],
        tp=head["new_tp"] if modify else head["tp"],
        deviation_points=head["deviation_points"],
        position_id=head["position_id"],
        magic=head["magic"],
        client_order_id=head["client_order_id"],
        target_magic=head["target_magic"] if closing else head["magic"],
        target_client_order_id=head["target_client_order_id"]
        if closing
        else head["client_order_id"],
        comment=comment_of(head["order_id"]),
        valid_until=head["valid_until"],
        is_exit=head["is_exit"],
        attempt=attempt,
        lease_ms=LEASE_MS,
        alert_received_at=head["alert_received_at"],
        working_until=_working_until(head),
    )


def _working_until(head: Mapping[str, Any]) -> datetime | None:
    """An expiry that the intent itself states is also a pending order's end; one of the route's is not."""
    pending = OrderType(head["order_type"]) is not OrderType.MARKET
    if head["kind"] != CommandKind.SUBMIT or not pending:
        return None
    return optional_moment(head.get("intent_expires_at"), field="expires_at")
