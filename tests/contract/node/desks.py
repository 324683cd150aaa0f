"""A desk: one node process of one kind, between a gateway's stub and an account at a real paper broker."""

import sqlite3
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import TypeAdapter

from argos.core.intent import OrderType
from argos.core.order import CommandKind
from argos.exchange.orders import BrokerOrder
from argos.exchange.positions import BrokerPosition, Deal
from argos.paperbroker.ledger import DEAL, ORDER, POSITION, read_bodies
from argos.protocol.commands import Command
from argos.protocol.facts import Report
from contract.node.broker_link import BrokerLink, Mishap, Rule
from contract.node.brokers import SharedBroker
from contract.node.gateway_stub import GatewayStub
from contract.node.node_process import Node, logged_state
from contract.node.nodes import VenueKind
from eventually import eventually
from unit.node.rig import change_of, entry, exit_of

_Row = TypeVar("_Row")
BRIEFLY = timedelta(seconds=4)
WITHIN_S = 120.0
"""Far more than anything takes: it only bounds how long a card that fails goes on."""


@dataclass
class Desk:
    """What a card sees of its node: the facts the gateway got, and the truth in the broker's ledger."""

    kind: VenueKind
    gateway: GatewayStub
    shared: SharedBroker
    account: str
    symbol: str
    node: Node
    hedging: bool
    link: BrokerLink | None = None
    taken: list[str] = field(default_factory=list)

    # The node

    async def start(self) -> None:
        """Starts the process and waits until it asks for work."""
        before = len(self.gateway.bodies("poll"))
        self.node.start()
        await eventually(
            lambda: len(self.gateway.bodies("poll")) > before,
            within_s=WITHIN_S,
            what="the node asks for work",
        )

    async def restart(self) -> None:
        self.node.kill()
        await self.start()

    async def polled(self, times: int = 1) -> None:
        """Until the node has asked for work that many times more."""
        wanted = len(self.gateway.bodies("poll")) + times
        await self.until(lambda: len(self.gateway.bodies("poll")) >= wanted, "more polls")

    def logged(self, command: Command) -> str:
        return logged_state(self.node, command.command_id)

    # Commands

    def entry(self, **changes: Any) -> Command:
        """A market order for 10 that may be sent for two minutes, of an identity of its own."""
        now = datetime.now(tz=UTC)
        terms = {
            "symbol": self.symbol,
            "valid_until": now + timedelta(seconds=120),
            "lease_ms": 120_000,
            "alert_received_at": now,
        }
        return entry(str(uuid4()), **(terms | changes))

    def brief_entry(self, **changes: Any) -> Command:
        """One whose time is over soon, so that a doubt about it can end."""
        return self.entry(valid_until=datetime.now(tz=UTC) + BRIEFLY, **changes)

    def close(self, opening: Command, **changes: Any) -> Command:
        return exit_of(opening, str(uuid4()), **changes)

    def cancel(self, opening: Command) -> Command:
        return change_of(opening, CommandKind.CANCEL, str(uuid4()))

    def modify(self, opening: Command, **changes: Any) -> Command:
        return change_of(opening, CommandKind.MODIFY, str(uuid4()), **changes)

    def again(self, command: Command) -> Command:
        """The same command, as it is leased when it may have been leased to another log before."""
        return replace(command, attempt=command.attempt + 1)

    # What the gateway was told

    async def opened(self, **changes: Any) -> Command:
        """An entry that is filled, its position told."""
        command = self.entry(**changes)
        await self.do(command, "accepted", "fill")
        return command

    async def rested(self, price: str = "90", **changes: Any) -> Command:
        """A limit to buy that works at the broker."""
        command = self.entry(order_type=OrderType.LIMIT, price=Decimal(price), **changes)
        await self.do(command, "accepted")
        return command

    def told(self, command: Command) -> dict[str, Report]:
        """The newest fact of each kind about the command."""
        told = self.gateway.facts.values()
        return {fact.kind.value: fact for fact in told if fact.command_id == command.command_id}

    def fills(self, command: Command) -> list[Report]:
        return [fact for fact in self.of_kind("fill") if fact.command_id == command.command_id]

    def of_kind(self, kind: str) -> list[Report]:
        return [fact for fact in self.gateway.facts.values() if fact.kind.value == kind]

    async def do(self, command: Command, *kinds: str) -> dict[str, Report]:
        """Leases the command and waits until facts of these kinds are told."""
        self.gateway.lease(command)
        return await self.heard(command, *kinds)

    async def heard(self, command: Command, *kinds: str) -> dict[str, Report]:
        await self.until(
            lambda: set(kinds) <= self.told(command).keys(),
            lambda: f"{kinds} of {command.kind.value}; told are {[*self.told(command)]}",
        )
        return self.told(command)

    def reported(self, kind: str, command: Command) -> int:
        """How often a fact of this kind about the command was brought, repeats included."""
        items = [item for body in self.gateway.bodies("reports") for item in body["facts"]]
        wanted = (kind, str(command.command_id))
        return sum((item["kind"], item["command_id"]) == wanted for item in items)

    def positions_told(self) -> list[Any] | None:
        """The newest statement of what the account holds."""
        told = self.of_kind("position")
        return list(max(told, key=lambda fact: fact.at).body["positions"]) if told else None

    def snapshots(self) -> list[dict[str, Any]]:
        return [body["snapshot"] for body in self.gateway.bodies("poll") if body["snapshot"]]

    # The truth

    def deals(self) -> list[Deal]:
        return self._rows("deals", DEAL)

    def orders(self) -> list[BrokerOrder]:
        return self._rows("orders", ORDER)

    def working(self) -> list[BrokerOrder]:
        return [order for order in self.orders() if order.is_live]

    def positions(self) -> list[BrokerPosition]:
        return self._rows("positions", POSITION)

    def _rows(self, table: str, adapter: TypeAdapter[_Row]) -> list[_Row]:
        """This account's share of the ledger: a broker's whole ledger is that of hundreds of cards."""
        path = self.shared.process.settings.ledger
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return read_bodies(db, table, adapter, where="account = ?", values=(self.account,))
        finally:
            db.close()

    def orders_of(self, command: Command) -> list[BrokerOrder]:
        """The broker's orders that bear the command's identity, exits that it wrote itself left out."""
        return [order for order in self.orders() if self._is_of(order, command)]

    def _is_of(self, order: BrokerOrder, command: Command) -> bool:
        if self.kind.is_mt5:
            return order.magic == command.magic and order.reason.value == "command"
        return order.client_order_id == command.client_order_id

    async def fault(self, name: str, **more: Any) -> None:
        """Something goes wrong at the broker with this account's next request."""
        await self.shared.process.fault(name, account=self.account, **more)

    async def feed(self, mid: str) -> None:
        await self.shared.process.feed(self.symbol, mid)

    async def by_hand(self, side: str, qty: int, **more: Any) -> None:
        """A person trades at the broker."""
        body = {"account": self.account, "symbol": self.symbol, "side": side, "qty": str(qty)}
        await self.shared.process.control("/control/manual", body | more)

    async def another_symbol(self) -> str:
        symbol = await self.shared.symbols.get()
        self.taken.append(symbol)
        await self.shared.process.feed(symbol, "100")
        return symbol

    def position_id(self) -> str:
        """How the broker names the account's one position."""
        (position,) = self.positions()
        return str(position.position_id) if self.kind.is_mt5 else position.symbol

    def held(self) -> Decimal:
        """What the ledger says is held, signed, over all positions."""
        return sum((item.signed_qty for item in self.positions()), Decimal(0))

    def rule(self, kind: str, mishap: Mishap, **more: Any) -> Rule:
        assert self.link is not None, "the card wants a link"
        return self.link.rule(kind, mishap, **more)

    async def hit(self, rule: Rule) -> None:
        await self.until(rule.hit.is_set, f"a {rule.kind} on the line")

    async def definite_no(self, command: Command) -> Report:
        """The command's end, which must be one that is not done, with nothing at the broker."""
        self.gateway.lease(command)
        ends = {"rejected", "unsent"}
        await self.until(
            lambda: bool(ends & self.told(command).keys()),
            lambda: f"a definite no; told are {[*self.told(command)]}",
        )
        facts = self.told(command)
        assert not {"fill", "accepted", "in_doubt", "not_found"} & facts.keys()
        assert self.orders_of(command) == []
        return facts.get("rejected") or facts["unsent"]

    async def until(self, holds: Any, what: Any) -> None:
        try:
            await eventually(holds, within_s=WITHIN_S)
        except AssertionError:
            said = what() if callable(what) else what
            raise AssertionError(f"never came: {said}\n{self.node.output[-6000:]}") from None
