"""Whose are the executions that a report tells of? Their orders and trades, also when that is learned late."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from argos.core.execution import Entry, FillReason
from argos.core.order import OrderRole
from argos.flows.claiming import ClaimingStore, claim_executions
from argos.flows.sharing import (
    Attribution,
    SharingStore,
    ToldExecution,
    external_trade,
    store_executions,
)
from argos.protocol.facts import Report, ReportKind, claim_fact_id, decode_execution
from argos.protocol.values import decimal_text, moment_text

EXECUTION_KINDS: Final = frozenset({ReportKind.FILL, ReportKind.DEAL})
Owners = Mapping[str, Mapping[str, Any]]
"""The venue's id of each execution -> the orders and the trade it belongs to."""


class AttributingStore(SharingStore, ClaimingStore, Protocol):
    """What finding owners, and storing what is theirs, needs of the database."""

    async def known(self, connection: Any, account: str, fact_ids: Sequence[UUID]) -> set[UUID]: ...

    async def owners(
        self,
        connection: Any,
        account: str,
        executions: Sequence[Mapping[str, Any]],
        *,
        fact_ids: Sequence[UUID],
    ) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Reports, each once and deals that are fills of ours as such; `known` are the ids of those that are stored."""

    reports: Sequence[Report]
    owners: Owners
    known: Set[UUID]


async def find_owners(
    store: AttributingStore, connection: Any, reports: Sequence[Report], *, account: str
) -> Told:
    """Whose the executions among the reports are, and what of them all is known already."""
    told_once = _told_once(reports)
    fact_ids = [report.fact_id for report in told_once]
    executions = {_exec_id(report): report for report in told_once if _tells_execution(report)}
    if not executions:
        known = await store.known(connection, account, fact_ids)
        return Told(reports=told_once, owners={}, known=known)
    asked = [
        {
            "venue_exec_id": exec_id,
            "order_id": report.order_id,
            "opening_order_id": report.body.get("opening_order_id"),
            "magic": report.body["magic"],
            "client_order_id": report.body["client_order_id"],
            "position_id": report.body["position_id"],
        }
        for exec_id, report in executions.items()
    ]
    fact_ids += [_claim_id(exec_id, account=account) for exec_id in executions]
    rows = await store.owners(connection, account, asked, fact_ids=fact_ids)
    owners = {row["venue_exec_id"]: row for row in rows}
    owned = [
        _as_owned(report, owners[_exec_id(report)], account=account)
        if _tells_execution(report)
        else report
        for report in told_once
    ]
    return Told(reports=owned, owners=owners, known=set(rows[0]["known"]))


async def store_told(
    store: AttributingStore,
    connection: Any,
    reports: Sequence[Report],
    *,
    owners: Owners,
    account: str,
    now: datetime,
) -> Attribution:
    """Store what is new of executions: the fills themselves, or whose those that are stored turned out to be."""
    fresh: list[ToldExecution] = []
    claims: dict[str, ToldExecution] = {}
    for report in reports:
        if not _tells_execution(report):
            continue
        exec_id = _exec_id(report)
        told = _told_execution(report, owner=owners[exec_id], account=account, now=now)
        if _is_claim(report, owners[exec_id]):
            claims[exec_id] = told
        else:
            fresh.append(told)
    found = await store_executions(store, connection, fresh, account=account)
    if claims:
        late = await claim_executions(store, connection, list(claims.values()), account=account)
        found.trades |= late.trades
        found.closed_entries |= late.closed_entries
    return found


def _tells_execution(report: Report) -> bool:
    return report.kind in EXECUTION_KINDS


def _exec_id(report: Report) -> str:
    return str(report.body["venue_exec_id"])


def _told_once(reports: Sequence[Report]) -> list[Report]:
    """Without repeats, and without deals of which a fill of the same call says whose they are."""
    fills = {_exec_id(report) for report in reports if report.kind is ReportKind.FILL}
    distinct: dict[Any, Report] = {}
    for report in reports:
        if report.kind is not ReportKind.DEAL or _exec_id(report) not in fills:
            distinct.setdefault(report.fact_id, report)
    return list(distinct.values())


def _as_owned(report: Report, owner: Mapping[str, Any], *, account: str) -> Report:
    """A deal that bears one of our orders' identity is that order's fill, also when the node's log was lost.

    News of whose a stored execution is may come under the fact id it was told by: it gets one of its own.
    """
    if report.kind is ReportKind.DEAL and owner["order_id"] is not None:
        ours = owner["own_role"] == OrderRole.EXIT or report.body["entry"] == Entry.IN
        by_command = report.body["reason"] == FillReason.COMMAND
        if ours and by_command and not report.body.get("opening_order_id"):
            report = replace(report, kind=ReportKind.FILL, order_id=owner["order_id"])
    if _is_claim(report, owner):
        return replace(report, fact_id=_claim_id(_exec_id(report), account=account))
    return report


def _claim_id(exec_id: str, *, account: str) -> UUID:
    return claim_fact_id(account=account, venue_exec_id=exec_id)


def _is_claim(report: Report, owner: Mapping[str, Any]) -> bool:
    """It says whose an execution is that was told as nobody's."""
    of_order = report.kind is ReportKind.FILL and owner["order_id"] is not None
    return of_order and bool(owner["is_nobodys"])


def _told_execution(
    report: Report, *, owner: Mapping[str, Any], account: str, now: datetime
) -> ToldExecution:
    """Tie an execution to its trade: by the order that caused it, by the one it closes, else by its position."""
    execution = decode_execution(report.body)
    order_id = owner["order_id"] if report.kind is ReportKind.FILL else None
    opening = owner["opening_order_id"] or owner["own_closes"]
    if opening is None and execution.entry != "in":
        opening = owner["held_order_id"] if owner["own_role"] != "entry" else owner["order_id"]
    own_trade = owner["own_trade"] if order_id or execution.entry != "in" else None
    # What a person adds to a net position of ours is external all the same.
    adds = owner["nets"] and execution.entry is Entry.IN
    trade_id = owner["opening_trade"] or own_trade or (None if adds else owner["held_trade"])
    bid, ask = report.body.get("bid_at_send"), report.body.get("ask_at_send")
    row = {
        "account": account,
        "venue_exec_id": execution.venue_exec_id,
        "order_id": order_id,
        "opening_order_id": opening,
        "trade_id": trade_id or external_trade(execution),
        "venue_order_id": execution.venue_order_id,
        "position_id": execution.position_id,
        "symbol": execution.symbol,
        "side": execution.side.value,
        "entry": execution.entry.value,
        "fill_price": decimal_text(execution.price),
        "fill_qty": decimal_text(execution.qty),
        "commission": decimal_text(execution.commission),
        "swap": decimal_text(execution.swap),
        "fee": decimal_text(execution.fee),
        "profit": decimal_text(execution.profit),
        "reason": execution.reason.value,
        "magic": execution.magic,
        "client_order_id": execution.client_order_id,
        "comment": execution.comment,
        "bid_at_send": bid,
        "ask_at_send": ask,
        "timestamp_broker": moment_text(execution.occurred_at),
        "received_at": moment_text(now),
    }
    return ToldExecution(execution=execution, row=row, nets=owner["nets"])
