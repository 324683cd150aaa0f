"""The spine with its first step and a look into the database: what tests of the flows act on.

A node here is whoever reports: nothing speaks HTTP, every step is one call of a flow on real stores.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from argos.core.intent import Intent
from argos.flows.accept_alert import ApiKey, Delivery, Doors, judge_api_delivery
from argos.flows.follow_up import follow_up_next
from argos.flows.lease import NodeSession
from argos.flows.sweep import Sweep
from argos.gateway.leasing import LeaseTurns
from argos.protocol.commands import Command
from argos.protocol.facts import Report, ReportKind, execution_fact_id
from argos.reconcile.discrepancies import SweepThresholds
from argos.store.alerts import AlertWriter, NewAlert
from argos.store.brakes import BrakeStore
from argos.store.database import open_connection, open_pool
from argos.store.discrepancies import DiscrepancyBook
from argos.store.follow_ups import FollowUpStore
from argos.store.sweeping import SweepStore
from fresh_database import FreshDatabase
from spine import HEDGE, Spine, about, fill_of, intent_body, now, open_spine

_STRATEGY = ApiKey(name="strategy", key_hash=bytes(32), scopes=frozenset({"trade"}))


@dataclass(slots=True)
class Stage:
    """`spine` moves by hand; `look` reads what is stored. Sums of money and quantity come as Decimal."""

    spine: Spine
    writer: AlertWriter
    follow_ups: FollowUpStore
    sweeps: SweepStore
    brakes: BrakeStore
    turns: LeaseTurns
    looking: asyncpg.Connection

    async def accept(self, trade_id: str = "T-1", **changes: Any) -> Intent:
        """Store an intent (`spine.intent_body`, with `changes`) as the gateway would."""
        delivery = Delivery(
            raw=json.dumps(intent_body(trade_id, **changes)).encode(),
            content_type="application/json",
            remote="127.0.0.1",
            received_at=now(),
        )
        routes = await self.look("SELECT route FROM routes")
        doors = Doors(hooks={}, api_keys={}, routes=frozenset(row["route"] for row in routes))
        judged = judge_api_delivery(delivery, key=_STRATEGY, doors=doors)
        assert judged.intent is not None, judged.refusal
        await self.writer.store(
            NewAlert(
                alert_id=uuid4(),
                received_at=delivery.received_at,
                source=judged.source,
                remote=delivery.remote,
                content_type=delivery.content_type,
                raw=judged.raw,
                checks=judged.checks,
                refusal_code=None,
                record=judged.record,
            )
        )
        return judged.intent

    async def decide(self, trade_id: str = "T-1", **changes: Any) -> Intent:
        """Accept an intent and decide it."""
        intent = await self.accept(trade_id, **changes)
        await self.spine.decide()
        return intent

    async def close(self, trade_id: str = "T-1", **changes: Any) -> Intent:
        plain = {"action": "close", "side": None, "size": None, "sl": None, "tp": None}
        return await self.decide(trade_id, **{**plain, **changes})

    async def lease(self, account: str = HEDGE, *holding: Command) -> Sequence[Command]:
        """What the account's node is given, which still holds these."""
        return await self.lease_to(self.spine.sessions[account], *holding)

    async def lease_to(self, session: NodeSession, *holding: Command) -> Sequence[Command]:
        """What a poll of this session is given, looked up as the gateway does."""
        lanes, in_flight = self.spine.lanes, [command.command_id for command in holding]
        glanced = await lanes.glance(session, in_flight=in_flight)
        return await self.turns.lease(session, in_flight=in_flight, glanced=glanced)

    async def lease_one(self, account: str = HEDGE) -> Command:
        """The one command that the account's node is given now."""
        [command] = await self.lease(account)
        return command

    async def open_position(self, trade_id: str = "T-1", *, account: str = HEDGE) -> Command:
        """A market entry of 10, decided, leased and filled at once; its command."""
        await self.decide(trade_id)
        command = await self.lease_one(account)
        await self.spine.fill(command, account=account, price=Decimal("100.02"))
        return command

    async def brake(self, mode: str, *, scope: str = "account", key: str = HEDGE) -> None:
        await self.brakes.set_halt(scope=scope, key=key, mode=mode, reason="look first", by="test")

    async def release(self, *, scope: str = "account", key: str = HEDGE) -> None:
        await self.brakes.resume(scope=scope, key=key, by="test")

    async def follow_up(self) -> int:
        """Make due and work off all follow-ups that wait; how many."""
        await self.execute("UPDATE outbox SET available_at = now() WHERE topic = 'follow_up'")
        worked = 0
        while await follow_up_next(self.follow_ups, clock=now):
            worked += 1
        return worked

    def sweep(self, *, thresholds: SweepThresholds | None = None) -> Sweep:
        return Sweep(
            store=self.sweeps,
            book=DiscrepancyBook(),
            thresholds=thresholds or SweepThresholds(),
            clock=now,
        )

    async def look(self, query: str, *values: Any) -> Sequence[Mapping[str, Any]]:
        rows: Sequence[Mapping[str, Any]] = await self.looking.fetch(query, *values)
        return rows

    async def value(self, query: str, *values: Any) -> Any:
        return await self.looking.fetchval(query, *values)

    async def execute(self, statement: str, *values: Any) -> None:
        """What no process may do: let time pass by hand."""
        await self.looking.execute(statement, *values)

    async def orders(self, role: str, account: str = HEDGE) -> Sequence[Mapping[str, Any]]:
        """Orders of that role with their states, first planned first."""
        return await self.look(
            "SELECT o.*, s.status, s.effective_qty, s.filled_qty, s.closed_qty, s.live"
            " FROM orders o JOIN order_states s USING (order_id)"
            " WHERE o.role = $1 AND o.account = $2 ORDER BY o.planned_at, o.order_id",
            role,
            account,
        )

    async def state(self, order_id: UUID) -> Mapping[str, Any]:
        [row] = await self.look("SELECT * FROM order_states WHERE order_id = $1", order_id)
        return row

    async def leg(self, trade_id: str = "T-1", account: str = HEDGE) -> Mapping[str, Any]:
        """The newest revision of the leg, reconciled now."""
        await self.spine.reconcile()
        body: Mapping[str, Any] = await self.value(
            "SELECT body FROM reconciled_legs WHERE trade_id = $1 AND account = $2"
            " ORDER BY revision DESC LIMIT 1",
            trade_id,
            account,
        )
        return body

    async def open_discrepancies(self, *accounts: str) -> set[str]:
        """Codes of those not resolved, at these accounts or everywhere."""
        rows = await self.look(
            "SELECT code FROM discrepancies d WHERE NOT EXISTS"
            " (SELECT FROM discrepancy_resolutions r WHERE r.discrepancy_id = d.discrepancy_id)"
            " AND (account = ANY($1) OR $1 = '{}'::text[])",
            list(accounts),
        )
        return {row["code"] for row in rows}

    async def alarms(self) -> set[str]:
        return {row["code"] for row in await self.look("SELECT code FROM alarms")}


def filled(command: Command, *, account: str = HEDGE, **changes: Any) -> Report:
    """A fill of `command`, in full at 100.02 unless `changes` to the execution's body say otherwise."""
    report = fill_of(command, account=account, price=Decimal("100.02"))
    body = {**report.body, **changes}
    fact_id = execution_fact_id(account=account, venue_exec_id=body["venue_exec_id"])
    return replace(report, body=body, fact_id=fact_id)


def in_part(
    command: Command, qty: str, *, number: int = 1, account: str = HEDGE, **changes: Any
) -> Report:
    """One of several fills of `command`."""
    exec_id = f"{account}-{command.seq}-{number}"
    return filled(command, account=account, qty=qty, venue_exec_id=exec_id, **changes)


def deal(*, account: str = HEDGE, like: Report, **changes: Any) -> Report:
    """What a scan found: an execution shaped like that of `like`, which names no command of ours."""
    body = {**like.body, "bid_at_send": None, "ask_at_send": None, **changes}
    return Report(
        fact_id=execution_fact_id(account=account, venue_exec_id=body["venue_exec_id"]),
        kind=ReportKind.DEAL,
        order_id=None,
        command_id=None,
        at=now(),
        body=body,
    )


def said(command: Command, kind: ReportKind, *, account: str = HEDGE, **body: Any) -> Report:
    return about(command, kind, account=account, **body)


@contextlib.asynccontextmanager
async def open_stage(database: FreshDatabase) -> AsyncIterator[Stage]:
    async with contextlib.AsyncExitStack() as stack:
        spine = await stack.enter_async_context(open_spine(database))
        gateway = await open_pool(database.dsn("argos_gateway"), name="test", size_max=1)
        stack.push_async_callback(gateway.close)
        writer = AlertWriter(gateway)
        stack.push_async_callback(writer.aclose)
        worker = await open_pool(database.dsn("argos_worker"), name="test", size_max=2)
        stack.push_async_callback(worker.close)
        control = await open_pool(database.dsn("argos_control"), name="test", size_max=1)
        stack.push_async_callback(control.close)
        looking = await open_connection(database.superuser, name="test")
        stack.push_async_callback(looking.close)
        yield Stage(
            spine=spine,
            writer=writer,
            follow_ups=FollowUpStore(worker),
            sweeps=SweepStore(worker),
            brakes=BrakeStore(control, reader=control),
            turns=LeaseTurns(spine.lanes, clock=now),
            looking=looking,
        )
