"""The CPU time of the Python MT5 node's look at an account with 10,000 deals in the window of its history.

The stand-in answers over a real paper broker, as in the node. What its calls take is not counted: it asks over HTTP,
reads JSON and makes the package's named tuples, where the real package reads a pipe. Counted is what the node does with
them, on its terminal thread: the whole of `TerminalScanner.scan`, from the first question to the look that it gives.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import aiohttp

from argos.paperbroker.presets import BrokerKeys, meridian, without_chance
from argos.paperbroker.settings import AccountSettings, BrokerSettings, settings_json
from argos.stack.free_ports import PortBook
from argos.venues.mt5.clock import BrokerClock
from argos.venues.mt5.link import TerminalLink
from argos.venues.mt5.scan import TerminalScanner
from argos.venues.mt5.settings import TerminalSettings
from argos.venues.mt5.standin.settings import StandInSettings
from argos.venues.mt5.standin.terminal import StandIn
from rig import BenchError, Figures, median, running

ACCOUNT: Final = "scanned"
LOGIN: Final = 500_001
SYMBOL: Final = "AAPL"
SENDERS: Final = 16
PASSES: Final = 5
PRICE: Final = Decimal(100)
DEALS_A_PRICE: Final = 5


class Metered:
    """The package, and how much CPU its calls took."""

    def __init__(self, package: StandIn) -> None:
        self.spent_s = 0.0
        self._package = package

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._package, name)
        return self._metered(found) if callable(found) else found

    def _metered(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def metered(*given: Any, **named: Any) -> Any:
            began_s = time.thread_time()
            try:
                return call(*given, **named)
            finally:
                self.spent_s += time.thread_time() - began_s

        return metered


async def measure_deal_scan(*, deals: int) -> Figures:
    with tempfile.TemporaryDirectory(prefix="argos-bench-") as directory:
        port = PortBook(Path(directory) / "ports.json").port("broker")
        settings = _broker(Path(directory) / "ledger.sqlite", port=port)
        path = Path(directory) / "broker.json"
        path.touch(mode=0o600)
        path.write_bytes(settings_json(settings))
        url = f"http://{settings.host}:{settings.port}"
        argv = ["-m", "argos.paperbroker", str(path)]
        async with running(argv, health_url=f"{url}/health"):
            await _trade(url, settings, deals=deals)
            return await asyncio.to_thread(_scan, url, deals)


def _scan(url: str, deals: int) -> Figures:
    """Looks of a node that has just started, each followed by one that finds nothing new."""
    first_ms, again_ms = [], []
    for _ in range(PASSES):
        package = Metered(StandIn(StandInSettings(broker_url=url)))
        link = TerminalLink(package, TerminalSettings(login=LOGIN, password=_key(ACCOUNT)))
        scanner = TerminalScanner(
            link,
            account=ACCOUNT,
            clock=BrokerClock(),
            now=lambda: datetime.now(UTC),
            quotes=dict,
        )
        link.ensure_online()
        scanner.load_instruments()
        cpu_ms, look = _cpu_ms(package, lambda scanner=scanner: scanner.scan(""))
        if len(look.executions) != deals:
            raise BenchError(f"{len(look.executions)} of {deals} deals were seen")
        first_ms.append(cpu_ms)
        cursor = look.cursor
        cpu_ms, look = _cpu_ms(package, lambda scanner=scanner, cursor=cursor: scanner.scan(cursor))
        if look.executions:
            raise BenchError("a look tells again what was told")
        again_ms.append(cpu_ms)
    # The first look of a node's life shows everything as new; the ones every second show it again.
    return {
        "mt5_scan_deals": deals,
        "mt5_scan_10k_deals_cpu_ms": median(again_ms),
        "mt5_scan_10k_new_deals_cpu_ms": median(first_ms),
    }


def _cpu_ms(package: Metered, work: Callable[[], Any]) -> tuple[float, Any]:
    before_s, package.spent_s = time.thread_time(), 0.0
    found = work()
    return (time.thread_time() - before_s - package.spent_s) * 1000, found


async def _trade(url: str, settings: BrokerSettings, *, deals: int) -> None:
    """So many fills, half of them closing what the others opened."""
    headers = {"Authorization": f"Bearer {_key(ACCOUNT)}"}
    async with aiohttp.ClientSession() as session:
        feed = {"Authorization": f"Bearer {settings.feed_key}"}
        numbers = iter(range(1, deals + 1))

        async def quote(mid: Decimal) -> None:
            tick = {"ticks": [{"symbol": SYMBOL, "mid": str(mid)}]}
            async with session.post(f"{url}/feed", json=tick, headers=feed) as answer:
                answer.raise_for_status()

        async def send() -> None:
            for number in numbers:
                if number % DEALS_A_PRICE == 0:
                    await quote(PRICE + Decimal(number) / 100)
                request = {
                    "action": 1,
                    "symbol": SYMBOL,
                    "type": number % 2,
                    "volume": "1",
                    "price": str(PRICE),
                    "deviation": 1_000_000,
                    "magic": str(number),
                }
                async with session.post(
                    f"{url}/mt5/order_send", json=request, headers=headers
                ) as answer:
                    result = await answer.json()
                if result["retcode"] != 10009:
                    raise BenchError(f"a deal was refused: {result}")

        await quote(PRICE)
        await asyncio.gather(*(send() for _ in range(SENDERS)))


def _key(account: str) -> str:
    return f"key-{account}"


def _broker(ledger: Path, *, port: int) -> BrokerSettings:
    unused = dict.fromkeys(("meridian-hedge", "meridian-net"), "")
    keys = BrokerKeys(feed="feed-key", control="control-key", accounts=unused)
    exact = without_chance(meridian(ledger=ledger, keys=keys, seed=1, port=port))
    account = AccountSettings(
        account=ACCOUNT, api_key=_key(ACCOUNT), deposit=Decimal(1_000_000), leverage=Decimal(5)
    )
    return replace(exact, accounts=(account,))
