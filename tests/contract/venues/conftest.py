"""Every venue under one suite: each kind of account at a real broker process of its own.

The kinds `package-...` are MetaTrader 5 through its Python package, for which a stand-in plays. `alpaca-api` is
Alpaca's own API alone, without the words that `alpaca` is told beside it.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from argos.core.errors import VenueUnreachable
from argos.core.execution import Execution
from argos.core.ids import client_order_id_of, magic_of
from argos.core.intent import OrderType, Side
from argos.core.position import Position
from argos.exchange.book import Character
from argos.paperbroker.settings import BrokerSettings
from argos.ports import (
    Venue,
    VenueAnswer,
    VenueClose,
    VenueIdentity,
    VenueOrder,
    VenueOrderReport,
    VenueScan,
)
from argos.venues.alpaca.settings import AlpacaSettings, stream_of
from argos.venues.alpaca.venue import AlpacaVenue
from argos.venues.mt5.settings import TerminalSettings
from argos.venues.mt5.standin.settings import StandInSettings
from argos.venues.mt5.standin.terminal import StandIn
from argos.venues.mt5.venue import Mt5Venue
from argos.venues.paper.alpaca_like import AlpacaLikeVenue
from argos.venues.paper.mt5_like import Mt5LikeVenue
from eventually import eventually
from paper_process import PaperProcess, exact_settings

SYMBOL = "AAPL"
ACCOUNTS = 60
TIMEOUT_S = 5.0
KINDS = ("mt5-hedging", "mt5-netting", "alpaca", "alpaca-api", "package-hedging", "package-netting")
STAND_IN_ANSWER_S = 0.6
"""Longer than what a test gives an answer, shorter than what it gives a slow broker."""
CLOCK_OFFSET_S = 3 * 3600


@dataclass
class Desk:
    """One fresh account at a broker, and a venue that holds it."""

    kind: str
    broker: PaperProcess
    account: str
    venue: Venue
    scans: list[VenueScan] = field(default_factory=list)

    @property
    def is_mt5(self) -> bool:
        return not self.kind.startswith("alpaca")

    @property
    def hedges(self) -> bool:
        return self.kind.endswith("hedging")

    def identity(self) -> VenueIdentity:
        return identity_of(uuid4())

    def is_ours(self, execution: Execution, identity: VenueIdentity) -> bool:
        if self.is_mt5:
            return execution.magic == identity.magic
        return execution.client_order_id == identity.client_order_id

    async def market(self, mid: str) -> None:
        """Sets the price, and waits until the venue has heard of it."""
        before = self.venue.quote(SYMBOL)
        await self.broker.feed(SYMBOL, mid)
        await eventually(lambda: self.venue.quote(SYMBOL) != before, what="quote heard")

    def order(self, side: Side = Side.BUY, qty: str = "10", **more: object) -> VenueOrder:
        terms: dict[str, object] = {
            "identity": self.identity(),
            "symbol": SYMBOL,
            "side": side,
            "order_type": OrderType.MARKET,
            "qty": Decimal(qty),
            "price": None,
            "stop_limit_price": None,
            "sl": None,
            "tp": None,
            "deviation_points": 0,
            "comment": "argos-test",
        }
        return VenueOrder(**(terms | more))

    async def submit(self, order: VenueOrder, *, timeout_s: float = TIMEOUT_S) -> VenueAnswer:
        return await self.venue.submit(order, timeout_s=timeout_s)

    async def opened(self, order: VenueOrder) -> Position:
        """Submits a market order and waits for its position."""
        await self.submit(order)
        return await self.position()

    async def position(self) -> Position:
        """The one position of the account, complete: no order of ours is still working on it."""

        async def there() -> bool:
            return len((await self.look()).positions) == 1 and not self.working()

        await eventually(there, what="a position")
        return self.scans[-1].positions[0]

    async def close(self, position: Position, qty: str | None = None) -> VenueAnswer:
        request = VenueClose(
            identity=self.identity(),
            symbol=position.symbol,
            side=position.side.opposite,
            qty=Decimal(qty) if qty else position.qty,
            position_id=position.position_id,
            comment="argos-exit",
        )
        return await self.venue.close(request, timeout_s=TIMEOUT_S)

    async def look(self, cursor: str = "") -> VenueScan:
        self.scans.append(await self.venue.scan(cursor=cursor))
        return self.scans[-1]

    def working(self) -> list[VenueOrderReport]:
        return [report for report in self.scans[-1].orders if report.state == "working"]

    async def executions(self, number: int) -> tuple[Execution, ...]:
        """All executions of the account, once there are `number` of them."""

        async def there() -> bool:
            # What could not be completed is no look: a history that lags behind the balance, say.
            with suppress(VenueUnreachable):
                return len((await self.look()).executions) >= number
            return False

        await eventually(there, what=f"{number} executions")
        found = self.scans[-1].executions
        assert len(found) == number
        return found

    async def report(self, identity: VenueIdentity, state: str) -> VenueOrderReport:
        """The report of an order, once it is in `state`."""

        kept = VenueIdentity(magic=identity.magic, client_order_id="")
        if not self.is_mt5:
            kept = VenueIdentity(magic=0, client_order_id=identity.client_order_id)

        def of_order() -> VenueOrderReport | None:
            return next((r for r in self.scans[-1].orders if r.identity == kept), None)

        async def there() -> bool:
            with suppress(VenueUnreachable):
                await self.look()
            found = of_order() if self.scans else None
            return found is not None and found.state == state

        await eventually(there, what=f"order {state}")
        found = of_order()
        assert found is not None
        return found

    async def fault(self, name: str, **more: object) -> None:
        await self.broker.fault(name, account=self.account, **more)


def identity_of(order: UUID) -> VenueIdentity:
    return VenueIdentity(magic=magic_of(order), client_order_id=client_order_id_of(order))


def venue_at(kind: str, broker: PaperProcess, account: str) -> Venue:
    if kind.startswith("package"):
        return package_venue(broker, account)
    if kind == "alpaca-api":
        return alpaca_venue(broker, account)
    venue = AlpacaLikeVenue if kind == "alpaca" else Mt5LikeVenue
    return venue(broker.url, f"key-{account}", account)


def alpaca_venue(broker: PaperProcess, account: str) -> Venue:
    settings = AlpacaSettings(
        key_id=account,
        secret_key=f"key-{account}",
        api_url=broker.url,
        stream_url=stream_of(broker.url),
        data_url=broker.url,
        requests_per_minute=0,
        quotes_ms=20,
    )
    return AlpacaVenue(settings, account=account)


def package_venue(broker: PaperProcess, account: str) -> Venue:
    stand_in = StandIn(
        StandInSettings(
            broker_url=broker.url,
            clock_offset_s=CLOCK_OFFSET_S,
            answer_timeout_s=STAND_IN_ANSWER_S,
        )
    )
    settings = TerminalSettings(login=7, password=f"key-{account}", poll_ms=20)
    return Mt5Venue(stand_in, settings, account=account)


def settings_for(kind: str, *, ledger: Path, accounts: int = 1) -> BrokerSettings:
    return exact_settings(
        Character.ALPACA if kind.startswith("alpaca") else Character.MT5,
        ledger=ledger,
        accounts=accounts,
        hedging=kind.endswith("hedging"),
    )


@pytest.fixture(scope="session", params=KINDS)
def shared_broker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, PaperProcess, Iterator[int]]]:
    """A broker that many tests share; each takes an account of its own."""
    kind: str = request.param
    ledger = tmp_path_factory.mktemp(kind) / "ledger.db"
    broker = PaperProcess(settings_for(kind, ledger=ledger, accounts=ACCOUNTS)).start()
    yield kind, broker, count()
    broker.stop()


@pytest.fixture
async def desk(
    shared_broker: tuple[str, PaperProcess, Iterator[int]],
) -> AsyncIterator[Desk]:
    kind, broker, numbers = shared_broker
    account = f"a{next(numbers)}"
    await broker.feed(SYMBOL, "100")
    venue = venue_at(kind, broker, account)
    await venue.connect()
    yield Desk(kind=kind, broker=broker, account=account, venue=venue)
    await venue.aclose()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
async def own_desk(
    kind: str, tmp_path: Path
) -> AsyncIterator[Callable[..., "AsyncIterator[Desk]"]]:
    """Makes a desk at a broker of its own, with settings changed as the test wants."""
    made: list[Desk] = []

    async def make(**changes: object) -> Desk:
        settings = replace(settings_for(kind, ledger=tmp_path / "ledger.db"), **changes)
        broker = PaperProcess(settings).start()
        await broker.feed(SYMBOL, "100")
        venue = venue_at(kind, broker, "a0")
        desk = Desk(kind=kind, broker=broker, account="a0", venue=venue)
        made.append(desk)
        await venue.connect()
        return desk

    yield make
    for desk in made:
        await desk.venue.aclose()
        if desk.broker.is_running:
            desk.broker.stop()
