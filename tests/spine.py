"""The spine, one step at a time, on a real database and by the real stores: tests say when each step happens.

Two accounts stand behind the route `main`: meridian-hedge and alder-net, each with AAPL quoted 99.98 / 100.02.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import asyncpg

from argos.core.account import Account, AccountLimits, AccountSnapshot, Route, RouteLeg
from argos.core.execution import Entry, Execution, FillReason
from argos.core.instrument import Instrument, Quote
from argos.core.intent import Side
from argos.core.position import Position
from argos.dsn import Access
from argos.flows.accept_alert import secret_hash
from argos.flows.collect import Reporter, collect
from argos.flows.decide import decide_next
from argos.flows.lease import NodeSession
from argos.flows.reconcile import reconcile_next
from argos.gateway.leasing import LeaseTurns
from argos.protocol.commands import Command
from argos.protocol.facts import (
    Report,
    ReportKind,
    command_fact_id,
    encode_execution,
    execution_fact_id,
)
from argos.protocol.snapshots import encode_position
from argos.store.collecting import CollectingStore
from argos.store.control import ControlStore
from argos.store.database import open_pool
from argos.store.decisions import DecisionStore
from argos.store.discrepancies import DiscrepancyBook
from argos.store.lanes import LaneStore
from argos.store.legs import LegStore
from fresh_database import FreshDatabase

HEDGE, NET = "meridian-hedge", "alder-net"
ACCOUNTS = (HEDGE, NET)
API_KEY, REPORTS_KEY, HOOK_KEY, HOOK_SECRET = "operator-key", "reports-key", "hook-key", "s3cret"
BID, ASK = Decimal("99.98"), Decimal("100.02")
AAPL = Instrument(
    symbol="AAPL",
    contract_size=Decimal(1),
    tick_size=Decimal("0.01"),
    qty_min=Decimal(1),
    qty_max=Decimal(10_000),
    qty_step=Decimal(1),
    stops_distance_min=Decimal("0.10"),
    unit_value=Decimal(1),
    quote_currency="USD",
)


def access_of(database: FreshDatabase) -> Access:
    return Access(dsn=database.superuser, passwords=database.passwords)


def now() -> datetime:
    return datetime.now(UTC)


def intent_body(trade_id: str, **changes: Any) -> dict[str, Any]:
    """A market buy of 10 AAPL, seen at 100, fired just now."""
    body = {
        "event_id": str(uuid4()),
        "trade_id": trade_id,
        "bot_version": "ema-cross@3.2",
        "account_route": "main",
        "symbol": "AAPL",
        "side": "buy",
        "entry_price": "100",
        "sl": "95",
        "tp": "110",
        "size": {"mode": "units", "value": "10"},
        "timestamp_tv": now().isoformat(),
    }
    return {**body, **changes}


async def configure(control: ControlStore) -> None:
    """Accounts, nodes, the route, a hook, and keys: one for everything, one without any scope but reports."""
    for account in ACCOUNTS:
        await control.put_account(
            Account(
                account=account,
                venue="paper",
                currency="USD",
                enabled=True,
                hedging=account == HEDGE,
                limits=AccountLimits(),
            )
        )
        await control.put_node(f"node-{account}", account=account, venue="paper")
    legs = [
        RouteLeg(
            account=account, share=Decimal(1), size=None, symbol_map={}, hours=(), enabled=True
        )
        for account in ACCOUNTS
    ]
    await control.put_route(
        Route(
            route="main", enabled=True, size=None, expiry_s=60, alert_age_s_max=30, legs=tuple(legs)
        )
    )
    await control.put_api_key("operator", key=API_KEY, scopes=["read", "trade", "control"])
    await control.put_api_key("reports", key=REPORTS_KEY, scopes=["reports"])
    await control.put_hook("tradingview", key=HOOK_KEY, routes=["main"])
    await control.put_secret("tradingview", HOOK_SECRET)


@dataclass(slots=True)
class Spine:
    """Worker and nodes, moved by hand. Facts of a node come in through `report`."""

    control: ControlStore
    lanes: LaneStore
    collecting: CollectingStore
    decisions: DecisionStore
    legs: LegStore
    sessions: dict[str, NodeSession]

    async def enrol_nodes(self) -> None:
        for account in ACCOUNTS:
            node = f"node-{account}"
            code, _ = await self.control.make_enrolment_code(node)
            await self.lanes.enrol(secret_hash(code), account=account, venue="paper", key=bytes(32))
            log_id = uuid4()
            async with self.lanes.transaction() as connection:
                await self.lanes.touch_node(connection, node, counter=1)
                epoch = await self.lanes.hello(
                    connection, node, log_id=log_id, version="0.1.0", terminal={}
                )
            self.sessions[account] = NodeSession(
                node=node, account=account, epoch=epoch, log_id=log_id
            )

    async def show_accounts(self, *, quote: Quote | None = None) -> None:
        """Every account sends a fresh snapshot, with AAPL at the usual prices or at these."""
        quote = quote or Quote(symbol="AAPL", bid=BID, ask=ASK, at=now())
        for account in ACCOUNTS:
            snapshot = AccountSnapshot(
                account=account,
                currency="USD",
                balance=Decimal(100_000),
                equity=Decimal(100_000),
                margin_free=Decimal(100_000),
                hedging=account == HEDGE,
                taken_at=now(),
                quotes={"AAPL": quote},
                instruments={"AAPL": AAPL},
            )
            async with self.lanes.transaction() as connection:
                await self.lanes.save_state(connection, snapshot, received_at=now())

    async def decide(self) -> None:
        while await decide_next(self.decisions, clock=now):
            pass

    async def reconcile(self) -> None:
        while await reconcile_next(self.legs, DiscrepancyBook(), clock=now):
            pass

    async def lease(self, account: str) -> Sequence[Command]:
        session = self.sessions[account]
        glanced = await self.lanes.glance(session, in_flight=[])
        turns = LeaseTurns(self.lanes, clock=now)
        return await turns.lease(session, in_flight=[], glanced=glanced)

    async def report(self, account: str, *reports: Report) -> None:
        session = self.sessions[account]
        reporter = Reporter(node=session.node, account=account, epoch=session.epoch)
        async with self.collecting.turn(account) as connection:
            await collect(
                self.collecting, connection, reporter=reporter, reports=reports, now=now()
            )

    async def fill(self, command: Command, *, account: str, price: Decimal) -> None:
        """The node sends the command; the venue takes it and fills it at once."""
        await self.report(
            account,
            about(command, ReportKind.SEND_STARTED, account=account, bid=str(BID), ask=str(ASK)),
            about(command, ReportKind.ACCEPTED, account=account, venue_order_id="50012"),
            fill_of(command, account=account, price=price),
        )


def about(command: Command, kind: ReportKind, *, account: str, **body: Any) -> Report:
    return Report(
        fact_id=command_fact_id(account=account, kind=kind, command_id=command.command_id),
        kind=kind,
        order_id=command.order_id,
        command_id=command.command_id,
        at=now(),
        body=body,
    )


def fill_of(command: Command, *, account: str, price: Decimal) -> Report:
    execution = Execution(
        venue_exec_id=f"{account}-{command.seq}",
        venue_order_id="50012",
        position_id=command.position_id or f"P{command.seq}",
        symbol=command.symbol,
        side=command.side,
        entry=Entry.OUT if command.is_exit else Entry.IN,
        price=price,
        qty=command.qty,
        commission=Decimal("0.350"),
        swap=Decimal(0),
        fee=Decimal(0),
        profit=Decimal(0),
        reason=FillReason.COMMAND,
        occurred_at=now(),
        magic=command.magic,
        client_order_id=command.client_order_id,
    )
    return Report(
        fact_id=execution_fact_id(account=account, venue_exec_id=execution.venue_exec_id),
        kind=ReportKind.FILL,
        order_id=command.order_id,
        command_id=command.command_id,
        at=now(),
        body={
            **encode_execution(execution),
            "bid_at_send": str(BID),
            "ask_at_send": str(ASK),
        },
    )


def deal_by_hand(position_id: str, *, account: str) -> Report:
    """A person bought 10 AAPL in the terminal."""
    execution = Execution(
        venue_exec_id=f"hand-{position_id}",
        venue_order_id="60001",
        position_id=position_id,
        symbol="AAPL",
        side=Side.BUY,
        entry=Entry.IN,
        price=ASK,
        qty=Decimal(10),
        commission=Decimal(0),
        swap=Decimal(0),
        fee=Decimal(0),
        profit=Decimal(0),
        reason=FillReason.MANUAL,
        occurred_at=now(),
    )
    return Report(
        fact_id=execution_fact_id(account=account, venue_exec_id=execution.venue_exec_id),
        kind=ReportKind.DEAL,
        order_id=None,
        command_id=None,
        at=now(),
        body={**encode_execution(execution), "opening_order_id": None},
    )


def positions_of(*position_ids: str) -> Report:
    """A scan that found these positions, 10 AAPL bought each."""
    positions = [
        Position(
            symbol="AAPL", side=Side.BUY, qty=Decimal(10), price_open=ASK, position_id=position_id
        )
        for position_id in position_ids
    ]
    return Report(
        fact_id=uuid4(),
        kind=ReportKind.POSITION,
        order_id=None,
        command_id=None,
        at=now(),
        body={"positions": [encode_position(position) for position in positions]},
    )


@contextlib.asynccontextmanager
async def open_spine(database: FreshDatabase) -> AsyncIterator[Spine]:
    """A configured spine: accounts, route, keys, enrolled nodes with fresh snapshots."""
    async with contextlib.AsyncExitStack() as stack:
        pools: dict[str, asyncpg.Pool] = {}
        for role in ("argos_control", "argos_dispatch", "argos_worker"):
            pools[role] = await open_pool(database.dsn(role), name="test", size_max=2)
            stack.push_async_callback(pools[role].close)
        spine = Spine(
            control=ControlStore(pools["argos_control"]),
            lanes=LaneStore(pools["argos_dispatch"]),
            collecting=CollectingStore(pools["argos_dispatch"]),
            decisions=DecisionStore(pools["argos_worker"]),
            legs=LegStore(pools["argos_worker"]),
            sessions={},
        )
        await configure(spine.control)
        await spine.enrol_nodes()
        await spine.show_accounts()
        yield spine
