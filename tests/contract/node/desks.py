"""A desk: one node process of one kind, between a gateway's stub and an account at a real paper broker."""

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import orjson
from pydantic import TypeAdapter

from argos.core.intent import OrderType
from argos.core.order import CommandKind
from argos.exchange.book import Character
from argos.exchange.orders import BrokerOrder
from argos.exchange.positions import BrokerPosition, Deal
from argos.node.clock import SystemClock
from argos.paperbroker.ledger import DEAL, ORDER, POSITION, read_bodies
from argos.protocol.commands import Command
from argos.protocol.facts import Report
from contract.node.broker_link import BrokerLink, Mishap, Rule
from contract.node.brokers import MIDS, Brokers, SharedBroker
from contract.node.gateway_stub import KEY, NODE, GatewayStub
from contract.node.node_process import ExpertNode, Node, PythonNode, logged_state
from eventually import eventually
from expert_process import Expert, built_host
from unit.node.rig import change_of, entry, exit_of

_Row = TypeVar("_Row")
ACCOUNT = "prop-1"
LOGIN = 1001
BRIEFLY = timedelta(seconds=3)
WITHIN_S = 60.0
"""Far more than anything takes: it only bounds how long a card that fails goes on."""
BROKER_OFFSET_S = 3 * 3600
"""How far the clock of the MT5 nodes' broker is ahead of UTC."""
TUNED = {"scan_ms": 100, "poll_wait_ms": 300, "doubt_looks_min": 2, "doubt_window_ms": 150}
TIMINGS = {
    "poll_wait_ms": 300,
    "scan_ms": 100,
    "scan_gap_ms": 20,
    "scan_gap_awaited_ms": 10,
    "snapshot_gap_ms": 50,
    "report_gap_ms": 5,
    "retry_ms_min": 5,
    "retry_ms_max": 50,
    "flush_ms_max": 2_000,
}


class VenueKind(StrEnum):
    """The four nodes that one table of cards holds to one behaviour."""

    PAPER_MT5 = "paper-mt5"
    PAPER_ALPACA = "paper-alpaca"
    MT5_PYTHON = "mt5-python"
    MT5_EA = "mt5-ea"

    @property
    def character(self) -> Character:
        return Character.ALPACA if self is VenueKind.PAPER_ALPACA else Character.MT5

    @property
    def is_mt5(self) -> bool:
        return self.character is Character.MT5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a card wants of its desk besides the usual: all of it is the same for every kind of node.

    `linked`: with a broker link between. `limits`: the node's own. `answer_ms`: how long a call waits for the
    broker. `manners`: settings of the broker. `own_broker`: one that the card may kill. `symbol`: a special one of MT5.
    """

    linked: bool = False
    started: bool = True
    symbol: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    answer_ms: int = 20_000
    tuned: Mapping[str, int] = field(default_factory=dict)
    manners: Mapping[str, Any] = field(default_factory=dict)
    own_broker: bool = False
    enrolled: bool = True


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


class Desks:
    """Makes desks, each with its own folder, account, symbol and gateway."""

    def __init__(self, folder: Path) -> None:
        self.brokers = Brokers(folder)
        self._folder = folder
        self._made = 0

    @asynccontextmanager
    async def desk(self, kind: VenueKind, *, hedging: bool, wishes: Wishes) -> AsyncIterator[Desk]:
        """A desk whose node is at work, unless the card wants to start it itself."""
        self._made += 1
        folder = self._folder / f"desk-{self._made}"
        folder.mkdir()
        shared = await self._broker(kind, hedging=hedging, wishes=wishes)
        async with AsyncExitStack() as cleanup:
            gateway = await cleanup.enter_async_context(GatewayStub(SystemClock()))
            gateway.settings = {**TUNED, "send_timeout_ms": wishes.answer_ms, **wishes.tuned}
            link, url = None, shared.process.url
            if wishes.linked:
                link = await cleanup.enter_async_context(BrokerLink(url))
                url = link.url
            wished = wishes.symbol if kind.is_mt5 else ""
            symbol = wished or await shared.symbols.get()
            taken = [] if wished else [symbol]
            account = shared.account()
            maker = _expert if kind is VenueKind.MT5_EA else _python_node
            place = Place(kind, folder, account, url, gateway.url, symbol)
            desk = Desk(
                kind=kind,
                gateway=gateway,
                shared=shared,
                account=account,
                symbol=symbol,
                node=maker(place, wishes),
                hedging=hedging,
                link=link,
                taken=taken,
            )
            cleanup.callback(desk.node.kill)
            await shared.process.feed(symbol, MIDS.get(symbol, "100"))
            try:
                if wishes.started:
                    await desk.start()
                yield desk
            finally:
                for name in desk.taken:
                    shared.symbols.put_nowait(name)

    async def _broker(self, kind: VenueKind, *, hedging: bool, wishes: Wishes) -> SharedBroker:
        hedging = hedging and kind.is_mt5
        if wishes.own_broker:
            return await self.brokers.own(kind.character, hedging=hedging)
        return await self.brokers.take(kind.character, hedging=hedging, **wishes.manners)


@dataclass(frozen=True, slots=True)
class Place:
    kind: VenueKind
    folder: Path
    account: str
    broker_url: str
    gateway_url: str
    symbol: str


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _key_text() -> str:
    return json.dumps({"node": NODE, "key": KEY.hex()})


def _python_node(place: Place, wishes: Wishes) -> PythonNode:
    body: dict[str, Any] = {
        "name": NODE,
        "account": ACCOUNT,
        "gateway_url": place.gateway_url,
        "timings": TIMINGS,
        "limits": dict(wishes.limits),
    }
    if place.kind is VenueKind.MT5_PYTHON:
        plays = {
            "broker_url": place.broker_url,
            "clock_offset_s": BROKER_OFFSET_S,
            "answer_timeout_s": wishes.answer_ms / 1000,
        }
        _private(place.folder / "password", f"key-{place.account}")
        body |= {
            "venue": "mt5",
            "mt5": {
                "login": LOGIN,
                "password_file": "password",
                "poll_ms": 50,
                "symbols": [place.symbol],
                "standin": plays,
            },
        }
    else:
        body |= {
            "venue": place.kind.value,
            "broker_url": place.broker_url,
            "api_key": f"key-{place.account}",
        }
    file = place.folder / "node.json"
    _private(file, json.dumps(body))
    if wishes.enrolled:
        _private(file.with_suffix(".key"), _key_text())
    return PythonNode(file)


def _expert(place: Place, wishes: Wishes) -> ExpertNode:
    expert = Expert(program=built_host(), directory=place.folder / "terminal")
    limits = wishes.limits
    expert.arguments = [
        *("--broker", place.broker_url, "--key", f"key-{place.account}"),
        *("--allow", place.gateway_url, "--offset", str(BROKER_OFFSET_S)),
        *("--broker-timeout", str(wishes.answer_ms)),
        f"InpGatewayUrl={place.gateway_url}",
        f"InpAccount={ACCOUNT}",
        *("InpTurnMs=5", "InpSettleMs=0", "InpPollWaitMs=300"),
        f"InpLotsMax={limits.get('qty_max', '100000')}",
        f"InpOrdersPerMinuteMax={limits.get('orders_per_minute_max', 0)}",
        f"InpSymbols={','.join(limits.get('symbols', ()))}",
    ]
    if wishes.enrolled:
        expert.key_file.write_bytes(orjson.dumps({"node": NODE, "key": KEY.hex()}))
    return ExpertNode(expert)
