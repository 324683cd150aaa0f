"""A node without its network: the real log, executor, scanner and resolver around a broker in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson

from argos.core.account import TradingMode
from argos.core.ids import ARGOS_NAMESPACE, client_order_id_of, magic_of
from argos.core.intent import OrderType, Side
from argos.core.order import CommandKind
from argos.node.doubt import DoubtBook
from argos.node.executor import Executor, Surroundings
from argos.node.log import NodeLog
from argos.node.reporter import Reporter
from argos.node.resolver import Resolver
from argos.node.scanner import Scanner
from argos.node.session import Session
from argos.node.settings import NodeLimits, NodeTimings
from argos.node.work import Outcome, Work
from argos.protocol.commands import Command
from argos.protocol.facts import Report, decode_report
from unit.node.fake_venue import ACCOUNT, START, FakeClock, FakeVenue


def entry(name: str = "a", **changes: Any) -> Command:
    """An entry of 10 EURUSD that may be sent for 30 s."""
    order_id = uuid5(ARGOS_NAMESPACE, f"order {name}")
    command = Command(
        command_id=uuid5(ARGOS_NAMESPACE, f"command {name}"),
        order_id=order_id,
        seq=1,
        kind=CommandKind.SUBMIT,
        symbol="EURUSD",
        side=Side.BUY,
        order_type=OrderType.MARKET,
        qty=Decimal(10),
        price=None,
        stop_limit_price=None,
        sl=None,
        tp=None,
        deviation_points=0,
        position_id=None,
        magic=magic_of(order_id),
        client_order_id=client_order_id_of(order_id),
        target_magic=0,
        target_client_order_id="",
        comment="argos",
        valid_until=START + timedelta(seconds=30),
        is_exit=False,
        attempt=1,
        lease_ms=10_000,
        alert_received_at=START - timedelta(seconds=1),
    )
    return replace(command, **changes)


def limit_entry(name: str = "a", **changes: Any) -> Command:
    return entry(name, order_type=OrderType.LIMIT, price=Decimal(90), **changes)


def exit_of(opening: Command, name: str = "exit", **changes: Any) -> Command:
    """A close of all that `opening` opened; it has no end of validity."""
    terms: dict[str, Any] = {
        "seq": opening.seq + 1,
        "kind": CommandKind.CLOSE,
        "symbol": opening.symbol,
        "side": opening.side.opposite,
        "qty": opening.qty,
        "order_type": OrderType.MARKET,
        "price": None,
        "target_magic": opening.magic,
        "target_client_order_id": opening.client_order_id,
        "valid_until": None,
        "is_exit": True,
    }
    return entry(name, **{**terms, **changes})


def change_of(opening: Command, kind: CommandKind, name: str, **changes: Any) -> Command:
    """A cancel or modify of the order that `opening` made."""
    return replace(
        opening,
        command_id=uuid5(ARGOS_NAMESPACE, f"command {name}"),
        seq=opening.seq + 1,
        kind=kind,
        valid_until=None,
        is_exit=True,
        **changes,
    )


@dataclass
class Rig:
    """One node that can be killed and started again over the same log and the same broker."""

    path: Path
    clock: FakeClock
    venue: FakeVenue
    limits: NodeLimits = field(default_factory=NodeLimits)
    timings: NodeTimings = field(default_factory=NodeTimings)

    def __post_init__(self) -> None:
        self._open()

    def _open(self) -> None:
        self.log = NodeLog.open(
            self.path, account=ACCOUNT, now_ms=int(self.clock.now().timestamp() * 1000)
        )
        self.session = Session(clock=self.clock, timings=self.timings)
        self.doubts = DoubtBook()
        reporter = Reporter(account=ACCOUNT)
        node = Surroundings(
            venue=self.venue,
            log=self.log,
            session=self.session,
            reporter=reporter,
            doubts=self.doubts,
            limits=self.limits,
        )
        self.scanner = Scanner(
            venue=self.venue, log=self.log, session=self.session, reporter=reporter
        )
        self.executor = Executor(node, scanner=self.scanner)
        self.resolver = Resolver(
            venue=self.venue,
            log=self.log,
            session=self.session,
            reporter=reporter,
            doubts=self.doubts,
        )
        self.hear()

    def hear(self, mode: TradingMode = TradingMode.ACTIVE) -> None:
        """The gateway has just answered a poll."""
        self.session.heard(server_time=self.clock.now())
        self.session.mode = mode

    async def restart(self) -> None:
        """As after a kill: the log is all that is left, and the start-up sequence runs."""
        self.log.close()
        self._open()
        self.executor.settle()
        await self.scanner.everything()

    async def deliver(self, command: Command) -> Outcome:
        lease_until_ms = self.clock.monotonic_ms() + command.lease_ms
        return await self.executor.execute(Work(command=command, lease_until_ms=lease_until_ms))

    async def look(self) -> None:
        """One round of the scan loop."""
        for work in self.resolver.judge(await self.scanner.fresh()):
            await self.executor.execute(work)

    async def look_for(self, seconds: int) -> None:
        """A look a second, with the gateway in reach."""
        for _ in range(seconds):
            self.clock.advance(1_000)
            self.session.heard(server_time=self.clock.now())
            await self.look()

    def facts(self, command: Command | None = None) -> Sequence[Report]:
        """What stands in the outbox, oldest first; of one command, or all."""
        found = [
            decode_report(orjson.loads(f.body)) for f in self.log.read.pending_facts(limit=10**6)
        ]
        if command is None:
            return found
        return [fact for fact in found if fact.command_id == command.command_id]

    def kinds(self, command: Command) -> Sequence[str]:
        return [fact.kind.value for fact in self.facts(command)]

    def fact(self, command: Command, kind: str) -> Report:
        return next(fact for fact in self.facts(command) if fact.kind.value == kind)

    def state(self, command: Command) -> str:
        row = self.log.read.command(command.command_id)
        return row.state.value if row else "unknown"

    def fact_ids(self) -> set[UUID]:
        return {fact.fact_id for fact in self.facts()}
