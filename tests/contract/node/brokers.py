"""The paper brokers that cards share: real processes, an account of its own for each card, and symbols to take."""

import asyncio
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from argos.exchange.book import Character
from argos.paperbroker.settings import BrokerSettings, InstrumentSettings
from paper_process import PaperProcess, exact_settings

SYMBOLS = (
    "AAPL",
    "MSFT",
    "IBM",
    "GOOG",
    "AMZN",
    "META",
    "NVDA",
    "TSLA",
    "ORCL",
    "INTC",
    "AMD",
    "CSCO",
)
PAIR, STIFF = "EURUSD", "STIFF"
"""Of the mt5 character: a currency pair in lots of 100,000, and a symbol that freezes within half a unit."""
MIDS = {PAIR: "1.10000"}
ACCOUNTS = 400


@dataclass
class SharedBroker:
    """One broker process. A symbol belongs to one card at a time, since its price is everybody's."""

    process: PaperProcess
    numbers: Any
    symbols: asyncio.Queue[str]

    def account(self) -> str:
        return f"a{next(self.numbers)}"


class Brokers:
    """Started when first asked for, by the manners that a card needs; all ended together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, SharedBroker] = {}
        self._turn = asyncio.Lock()

    async def take(self, character: Character, *, hedging: bool, **manners: Any) -> SharedBroker:
        async with self._turn:
            name = f"{character.value} {hedging} {sorted(manners.items())}"
            if name not in self._running:
                self._running[name] = await self._start(character, hedging, manners)
            return self._running[name]

    async def own(self, character: Character, *, hedging: bool) -> SharedBroker:
        """One for a single card, which may kill it."""
        async with self._turn:
            broker = await self._start(character, hedging, {})
            self._running[f"own {len(self._running)}"] = broker
            return broker

    def end(self) -> None:
        for broker in self._running.values():
            if broker.process.is_running:
                broker.process.kill()

    async def _start(
        self, character: Character, hedging: bool, manners: dict[str, Any]
    ) -> SharedBroker:
        folder = self._folder / f"broker-{len(self._running)}"
        folder.mkdir()
        settings = exact_settings(
            character, ledger=folder / "ledger.db", accounts=ACCOUNTS, hedging=hedging
        )
        settings = replace(settings, instruments=_instruments(settings), **manners)
        process = await asyncio.to_thread(PaperProcess(settings).start)
        symbols: asyncio.Queue[str] = asyncio.Queue()
        for symbol in SYMBOLS:
            symbols.put_nowait(symbol)
        return SharedBroker(process=process, numbers=count(), symbols=symbols)


def _instruments(settings: BrokerSettings) -> tuple[InstrumentSettings, ...]:
    usual = settings.instruments[0]
    shares = tuple(replace(usual, symbol=symbol) for symbol in SYMBOLS)
    if settings.character is not Character.MT5:
        return shares
    pair = replace(
        usual,
        symbol=PAIR,
        contract_size=Decimal(100_000),
        tick_size=Decimal("0.00001"),
        lots_min=Decimal("0.01"),
        lots_max=Decimal(50),
        lots_step=Decimal("0.01"),
        base_currency="EUR",
    )
    return (*shares, pair, replace(usual, symbol=STIFF, freeze_level_points=50))
