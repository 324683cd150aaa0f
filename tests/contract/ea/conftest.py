"""The expert advisor's own source, compiled for Linux, between a stub of the gateway and a real paper broker."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest

from argos.exchange.book import Character
from argos.node.clock import SystemClock
from argos.protocol.commands import Command
from argos.protocol.facts import Report
from contract.node.gateway_stub import KEY, NODE, GatewayStub
from eventually import eventually
from expert_process import Expert, built_host
from paper_process import PaperProcess, exact_settings
from unit.node.rig import entry

SYMBOL = "AAPL"
ACCOUNT = "prop-1"
ACCOUNTS = 60
BROKER_OFFSET_S = 3 * 3600


@dataclass
class Desk:
    """The gateway's stub, the broker, and what a test wants to know of them."""

    gateway: GatewayStub
    broker: PaperProcess
    broker_account: str
    expert: Expert

    async def working(self) -> None:
        """Until the node has asked for work."""
        before = len(self.gateway.bodies("poll"))
        await eventually(lambda: len(self.gateway.bodies("poll")) > before, what="a poll")

    async def quoted(self, ask: str) -> None:
        """Until the node has told of this price."""

        def is_told() -> bool:
            told = [body["snapshot"] for body in self.gateway.bodies("poll") if body["snapshot"]]
            quotes = {quote["symbol"]: quote["ask"] for quote in told[-1]["quotes"]} if told else {}
            return quotes.get(SYMBOL) == ask

        await eventually(is_told, what=f"{SYMBOL} at {ask}, not {self.gateway.bodies('poll')[-1]}")

    def facts(self, command: Command) -> dict[str, Report]:
        told = self.gateway.facts.values()
        return {fact.kind.value: fact for fact in told if fact.command_id == command.command_id}

    async def told(
        self, command: Command, *kinds: str, within_s: float = 15.0
    ) -> dict[str, Report]:
        """The facts about a command, once all these kinds are among them."""

        def there() -> bool:
            return set(kinds) <= self.facts(command).keys()

        try:
            await eventually(there, within_s=within_s, what=f"{kinds}")
        except AssertionError:
            raise AssertionError(
                f"{kinds} not told, but {[*self.facts(command)]}\n{self.expert.log}"
            ) from None
        return self.facts(command)

    async def do(self, command: Command, *kinds: str) -> dict[str, Report]:
        self.gateway.lease(command)
        return await self.told(command, *kinds)

    async def broker_rows(self, name: str) -> list[dict[str, Any]]:
        _, rows = await self.broker.call("GET", f"/mt5/{name}", key=f"key-{self.broker_account}")
        return list(rows)

    async def deals(self) -> list[dict[str, Any]]:
        return await self.broker_rows("history_deals")

    async def fault(self, name: str, **more: object) -> None:
        await self.broker.fault(name, account=self.broker_account, **more)


def order(**changes: Any) -> Command:
    """An entry of 10 AAPL that may be sent for half a minute, of an identity of its own."""
    now = datetime.now(tz=UTC)
    terms = {
        "symbol": SYMBOL,
        "valid_until": now + timedelta(seconds=30),
        "alert_received_at": now,
    }
    return entry(str(uuid4()), **(terms | changes))


@pytest.fixture(scope="session")
def host_program() -> Path:
    return built_host()


Brokers = Callable[..., tuple[PaperProcess, str]]


@pytest.fixture(scope="session")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brokers]:
    """A fresh account at a broker of these manners; the processes are shared."""
    running: dict[str, tuple[PaperProcess, Iterator[int]]] = {}

    def take(*, hedging: bool, **manners: Any) -> tuple[PaperProcess, str]:
        name = f"{hedging} {manners}"
        if name not in running:
            ledger = tmp_path_factory.mktemp("broker") / "ledger.db"
            settings = exact_settings(
                Character.MT5, ledger=ledger, accounts=ACCOUNTS, hedging=hedging
            )
            running[name] = PaperProcess(replace(settings, **manners)).start(), count()
        broker, numbers = running[name]
        return broker, f"a{next(numbers)}"

    yield take
    for broker, _ in running.values():
        broker.stop()


@pytest.fixture
async def gateway() -> AsyncIterator[GatewayStub]:
    async with GatewayStub(SystemClock()) as stub:
        yield stub


MakeDesk = Callable[..., Any]


@pytest.fixture
async def make_desk(
    host_program: Path, brokers: Brokers, gateway: GatewayStub, tmp_path: Path
) -> AsyncIterator[MakeDesk]:
    """Makes a desk whose expert is not started yet."""
    made: list[Desk] = []

    async def make(*, hedging: bool = True, **manners: Any) -> Desk:
        broker, account = brokers(hedging=hedging, **manners)
        await broker.feed(SYMBOL, "100")
        directory = tmp_path / f"terminal-{len(made)}"
        expert = Expert(program=host_program, directory=directory)
        expert.arguments = [
            *("--broker", broker.url, "--key", f"key-{account}"),
            *("--allow", gateway.url, "--offset", str(BROKER_OFFSET_S)),
            f"InpGatewayUrl={gateway.url}",
            f"InpAccount={ACCOUNT}",
            *("InpTurnMs=5", "InpSettleMs=0", "InpPollWaitMs=200", "InpLotsMax=100"),
        ]
        expert.key_file.write_bytes(orjson.dumps({"node": NODE, "key": KEY.hex()}))
        desk = Desk(gateway=gateway, broker=broker, broker_account=account, expert=expert)
        made.append(desk)
        return desk

    yield make
    for desk in made:
        desk.expert.kill()


@pytest.fixture
async def desk(make_desk: MakeDesk) -> Desk:
    """A desk at a hedging account, with its expert at work."""
    made: Desk = await make_desk()
    made.expert.start()
    await made.working()
    return made
