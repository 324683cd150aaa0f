"""Collect: append what a node reports, in any order, any number of times, and derive what follows.

Reports are taken from any epoch: a fact about the broker is true whoever brings it.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Protocol
from uuid import UUID

from argos.core.errors import InputError
from argos.core.order import (
    ALARMING,
    FINAL_STATUSES,
    CommandKind,
    FactKind,
    OrderFact,
    OrderStatus,
    event_of,
    filled_qty,
    is_legal,
    status,
)
from argos.flows.attributing import EXECUTION_KINDS, AttributingStore, find_owners, store_told
from argos.flows.unfinished_exits import follow_up_notice
from argos.protocol.facts import Report, ReportKind, decode_execution
from argos.protocol.snapshots import decode_position
from argos.protocol.values import decimal_text, moment_text, parse_decimal

VENUE_ID_CHARS_MAX: Final = 256
"""Longer than any venue's, and short enough for every index, in whatever script."""
_VENUE_IDS: Final = ("venue_exec_id", "venue_order_id", "position_id", "client_order_id")
_ORDER_KINDS: Final = frozenset(kind.value for kind in FactKind)
_REQUEST_ANSWERS: Final = frozenset(
    {FactKind.MODIFIED, FactKind.REJECTED, FactKind.CANCELED, FactKind.NOT_FOUND, FactKind.UNSENT}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who reports: the node, its account, and the epoch under which it spoke."""

    node: str
    account: str
    epoch: int


@dataclass(slots=True)
class Progress:
    """What new facts change in the projections."""

    states: list[dict[str, Any]] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)
    alarms: list[dict[str, Any]] = field(default_factory=list)
    reconcile: list[dict[str, Any]] = field(default_factory=list)
    follow_ups: list[dict[str, Any]] = field(default_factory=list)

    def rows(self) -> dict[str, Any]:
        names = ("states", "ended", "alarms", "reconcile", "follow_ups")
        return {name: getattr(self, name) for name in names}


class CollectStore(AttributingStore, Protocol):
    """What collecting needs of the database; one turn, a transaction, is one report call."""

    def turn(self, account: str) -> AbstractAsyncContextManager[Any]: ...

    async def order_facts(
        self,
        connection: Any,
        account: str,
        order_ids: Sequence[UUID],
        *,
        command_ids: Sequence[UUID],
    ) -> Sequence[Mapping[str, Any]]: ...

    async def save(self, connection: Any, rows: Mapping[str, Any]) -> None: ...

    async def save_flags(
        self, connection: Any, node: str, *, epoch: int, flags: Mapping[str, Any]
    ) -> None: ...

    async def save_positions(
        self, connection: Any, account: str, positions: Sequence[Any], *, at: datetime
    ) -> None: ...


async def collect(
    store: CollectStore,
    connection: Any,
    *,
    reporter: Reporter,
    reports: Sequence[Report],
    now: datetime,
) -> None:
    """Append `reports` inside the caller's `turn` of the account, and bring the projections up to date."""
    account = reporter.account
    told = await find_owners(store, connection, reports, account=account)
    new = [report for report in told.reports if report.fact_id not in told.known]
    if not new:
        return
    progress = Progress()
    found = await store_told(store, connection, new, owners=told.owners, account=account, now=now)
    progress.reconcile.extend(
        {"trade_id": trade_id, "account": account} for trade_id in sorted(found.trades)
    )
    touched = {report.order_id for report in new if report.order_id is not None}
    touched |= found.closed_entries
    if touched:
        commands = {report.command_id for report in new if report.command_id is not None}
        rows = await store.order_facts(
            connection, account, sorted(touched), command_ids=sorted(commands)
        )
        for row in rows:
            _advance(progress, _with_new_facts(row, new), new=new)
    await _save_positions(store, connection, reporter=reporter, reports=new)
    beats = [report for report in new if report.kind is ReportKind.HEARTBEAT]
    if beats:
        flags = max(beats, key=lambda report: report.at).body
        await store.save_flags(connection, reporter.node, epoch=reporter.epoch, flags=flags)
    # Last: the account's chain of facts is locked from here to the commit, and its leases wait for that.
    facts = [_fact_row(report, reporter) for report in new]
    await store.save(connection, {"facts": facts, **progress.rows()})


def _with_new_facts(row: Mapping[str, Any], new: Sequence[Report]) -> Mapping[str, Any]:
    """An order with the facts that are about to be appended behind those that are stored."""
    facts = [
        {
            "fact_id": str(report.fact_id),
            "kind": report.kind.value,
            "command_kind": row["command_kinds"].get(str(report.command_id)),
            "command_id": str(report.command_id) if report.command_id is not None else None,
            **{name: _text_of(report.body.get(name)) for name in ("qty", "venue_exec_id", "code")},
        }
        for report in new
        if report.order_id == row["order_id"]
    ]
    return {**row, "facts": [*row["facts"], *facts]}


def _text_of(value: object) -> str | None:
    return None if value is None else str(value)


def _fact_row(report: Report, reporter: Reporter) -> dict[str, Any]:
    return {
        "account": reporter.account,
        "fact_id": report.fact_id,
        "kind": report.kind.value,
        "order_id": report.order_id,
        "command_id": report.command_id,
        "at": moment_text(report.at),
        "node": reporter.node,
        "epoch": reporter.epoch,
        "body": report.body,
    }


def order_facts_of(rows: Sequence[Mapping[str, Any]]) -> list[OrderFact]:
    """Stored facts of one order in words of the core; kinds that say nothing about an order are left out."""
    return [
        OrderFact(
            kind=FactKind(row["kind"]),
            command_kind=CommandKind(row["command_kind"] or "submit"),
            command_id=UUID(row["command_id"]) if row["command_id"] else None,
            qty=Decimal(row["qty"] or 0),
            venue_exec_id=row["venue_exec_id"] or "",
        )
        for row in rows
        if row["kind"] in _ORDER_KINDS
    ]


def effective_qty(facts: Sequence[OrderFact], *, planned_qty: Decimal) -> Decimal:
    """What the order really is for: an exit's quantity is fixed when it is leased, or when the node finds less."""
    for kind in (FactKind.ACCEPTED, FactKind.LEASED):
        stated = [fact.qty for fact in facts if fact.kind is kind and fact.about_order and fact.qty]
        if stated:
            return min(stated)
    return planned_qty


def _advance(progress: Progress, row: Mapping[str, Any], *, new: Sequence[Report]) -> None:
    """One order's projection from all its facts; illegal and alarming steps are recorded, never dropped."""
    facts = order_facts_of(row["facts"])
    qty = effective_qty(facts, planned_qty=row["qty"])
    after = status(facts, qty=qty, denied=row["denied"])
    mine = [report for report in new if report.order_id == row["order_id"]]
    fresh = {str(report.fact_id) for report in mine}
    _raise_alarms(progress, row, fresh=fresh, qty=qty)
    progress.states.append(
        {
            "order_id": row["order_id"],
            "status": after.value,
            "effective_qty": decimal_text(qty),
            "filled_qty": decimal_text(filled_qty(facts)),
            "closed_qty": decimal_text(row["closed_qty"]),
        }
    )
    progress.ended.extend(
        {"command_id": command["command_id"]}
        for command in row["commands"]
        if _is_done(command, facts=facts, order_type=row["order_type"], after=after)
    )
    progress.reconcile.append({"trade_id": row["trade_id"], "account": row["account"]})
    notice = follow_up_notice(
        row,
        after=after,
        facts=facts,
        qty=qty,
        closed_qty=row["closed_qty"],
        newly_filled=any(report.kind is ReportKind.FILL for report in mine),
    )
    if notice is not None:
        progress.follow_ups.append(notice)


def _raise_alarms(
    progress: Progress, row: Mapping[str, Any], *, fresh: set[str], qty: Decimal
) -> None:
    """Walk the new facts one by one over what was known, and judge every step by the rule book."""
    known = order_facts_of([fact for fact in row["facts"] if fact["fact_id"] not in fresh])
    before = status(known, qty=qty, denied=row["denied"])
    alarms = []
    for fact in order_facts_of([fact for fact in row["facts"] if fact["fact_id"] in fresh]):
        is_repeat = fact.kind is FactKind.FILL and filled_qty([*known, fact]) == filled_qty(known)
        known.append(fact)
        if is_repeat:
            continue
        after, event = status(known, qty=qty, denied=row["denied"]), event_of(fact)
        if not is_legal(before, event, after):
            alarms.append(("ORDER_ILLEGAL_TRANSITION", f"{before} -> {after} by {event}"))
        elif (before, event) in ALARMING:
            alarms.append(("ORDER_MOVED_AFTER_END", f"{before} -> {after} by {event}"))
        before = after
    if filled_qty(known) > qty > 0:
        alarms.append(("ORDER_OVERFILLED", f"filled {filled_qty(known)} of {qty}"))
    progress.alarms.extend(
        {
            "code": code,
            "account": row["account"],
            "order_id": row["order_id"],
            "text": f"order={row['order_id']}, {text}",
        }
        for code, text in alarms
    )


def _is_done(
    command: Mapping[str, Any],
    *,
    facts: Sequence[OrderFact],
    order_type: str,
    after: OrderStatus,
) -> bool:
    """Whether the lane may go on: a resting order is done once accepted, all others when they have ended.

    A modify outlives its order where that has filled: it then speaks of the position.
    """
    command_id = UUID(command["command_id"])
    own = {fact.kind for fact in facts if fact.command_id == command_id}
    of_position = command["kind"] == CommandKind.MODIFY and filled_qty(facts) > 0
    if after in FINAL_STATUSES and not of_position:
        return True
    if command["kind"] in {CommandKind.MODIFY, CommandKind.CANCEL}:
        return bool(own & _REQUEST_ANSWERS)
    resting = order_type != "market" and command["kind"] == CommandKind.SUBMIT
    return resting and bool({FactKind.ACCEPTED, FactKind.FILL} & {fact.kind for fact in facts})


async def _save_positions(
    store: CollectStore, connection: Any, *, reporter: Reporter, reports: Sequence[Report]
) -> None:
    seen = [report for report in reports if report.kind is ReportKind.POSITION]
    if seen:
        newest = max(seen, key=lambda report: report.at)
        positions = newest.body.get("positions", [])
        await store.save_positions(connection, reporter.account, positions, at=newest.at)


def require_usable(report: Report) -> None:
    """Raise InputError with FACT_MALFORMED when the body of a fact cannot be used."""
    if report.kind in EXECUTION_KINDS:
        decode_execution(report.body)
        _require_short(report.body)
        for name in ("bid_at_send", "ask_at_send"):
            if report.body.get(name) is not None:
                parse_decimal(report.body[name], field=name)
    elif report.body.get("qty") is not None and parse_decimal(report.body["qty"], field="qty") <= 0:
        raise InputError("a quantity must be positive", code="FACT_MALFORMED", field="qty")
    if report.kind is ReportKind.POSITION:
        _require_positions(report.body)
    if report.kind is ReportKind.FILL and report.order_id is None:
        raise InputError("a fill names its order; others are deals", code="FACT_MALFORMED")


def _require_short(body: Mapping[str, Any]) -> None:
    """One that no index takes could never be stored, and its node would bring it for ever."""
    for name in _VENUE_IDS:
        if len(str(body[name])) > VENUE_ID_CHARS_MAX:
            raise InputError(
                f"{name} is longer than {VENUE_ID_CHARS_MAX} characters",
                code="FACT_MALFORMED",
                field=name,
            )


def _require_positions(body: Mapping[str, Any]) -> None:
    """Everybody who decides or sweeps reads them: one that cannot be read would stop them all."""
    try:
        for item in body["positions"]:
            decode_position(item)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"not positions: {error!r}", code="FACT_MALFORMED") from error
