"""The demo's second half: a trading week of Argo. Sources vote, signals are recorded, orders go to an exchange.

The same processes as in everyday use: fixture sources, the signal service with `auto_execute`, the worker's risk
checks, the node that trades at Alpaca, against the paper exchange at the very prices that the sources tell of.
"""

import asyncio
import json
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from argos.cli.frame.gateway_client import GatewayClient
from argos.cli.frame.printing import table
from argos.core.account import AccountLimits
from argos.core.risk_limits import RiskLimits
from argos.dsn import Dsn
from argos.plans import (
    EXCHANGE_ACCOUNT,
    SIGNALS_ROUTE,
    ExchangePlan,
    PaperPlan,
    broker_url,
    plan_signals,
)
from argos.rehearsal.argo_results import ArgoResult, SignalBook, read_signals, told_lines
from argos.rehearsal.argo_week import WeekRun, WeekSettings, WeekWatch, play_week
from argos.rehearsal.checking import check
from argos.rehearsal.compressed import ReplayedDays
from argos.rehearsal.evidence import read_books, read_stored
from argos.rehearsal.feed import BrokerAddress
from argos.rehearsal.journal_section import read_section, render_section
from argos.running import Stack
from argos.settings import load_config
from argos.signals.file import FILE, SignalFile
from argos.sources.settings import CONFIG
from argos.stack.home import Home, write_atomically
from argos.store.database import open_pool
from argos.store.equity import EquityReader
from argos.store.evidence import EvidenceStore
from argos.store.journal import JournalStore

FIRST_DAY: Final = date(2009, 2, 23)
"""The Monday after the days that the first half replays."""
DAYS: Final = 5
DAY_S: Final = 8.0
TICKS: Final = 80
AHEAD_S: Final = 3.0
"""From the choice of the week's begin to its first price: the sources and the service start meanwhile."""
LIMITS: Final = AccountLimits(
    risk=RiskLimits(
        flat_only=True,
        daily_loss_fraction_max=Decimal("0.05"),
        drawdown_fraction_max=Decimal("0.10"),
        symbol_fraction_max=Decimal("0.20"),
        buying_power_fraction_max=Decimal("0.95"),
    )
)
STRATEGY: Final = "consensus"
SETTINGS: Final = {
    "strategy": {
        "name": STRATEGY, "version": "1", "route": SIGNALS_ROUTE, "ttl_s": 3, "cooldown_s": 2,
    },
    "trading": {
        "auto_execute": True, "min_confidence": 75, "position_size_pct": 10, "max_drawdown_pct": 10,
        "stop_loss_pct": 1.5, "take_profit_pct": 2, "time_stop_s": 8, "cycle_s": 1, "intent_ttl_s": 5,
    },
}  # fmt: skip
"""The home's config.json: seconds are short because days are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgoDemo:
    """What the second half runs on: a stack that is up, with the exchange and its node."""

    home: Home
    console: Console
    seed: int
    stack: Stack
    exchange: ExchangePlan
    gateway: GatewayClient
    store: EvidenceStore


def write_config(home: Home) -> None:
    write_atomically(home.root / CONFIG, json.dumps(SETTINGS, indent=2) + "\n")


async def play_argo(demo: ArgoDemo, *, stop: asyncio.Event) -> WeekRun:
    """Start sources and signals, play the week, let entries end and exits finish."""
    days = ReplayedDays(
        day_s=DAY_S, ticks=TICKS, first_day=FIRST_DAY, seed=demo.seed, began_s=time.time() + AHEAD_S
    )
    sources = load_config(demo.home, {}).sources
    broker = demo.exchange.broker
    settings = WeekSettings(
        days=days,
        count=DAYS,
        exchange=BrokerAddress(url=broker_url(broker), feed_key=broker.feed_key),
    )
    progress = Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} trading days"),
        TextColumn("{task.fields[day]}"),
        TimeElapsedColumn(),
        console=demo.console,
    )
    with progress:
        task = progress.add_task("A week of Argo", total=DAYS, day="")

        def on_day(done: int, day: date) -> None:
            shown = day.isoformat() if done < DAYS else "closing what is open"
            progress.update(task, completed=min(done, DAYS), day=shown)

        watch = WeekWatch(
            on_day=on_day,
            on_end=lambda: _no_more_entries(demo.gateway),
            is_closed=lambda: _all_closed(demo),
        )
        playing = asyncio.create_task(play_week(settings, watch, stop=stop))
        try:
            await demo.stack.start_signals(plan_signals(demo.home, sources, days=days))
            return await playing
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)


async def read_argo(demo: ArgoDemo, *, run: WeekRun, plan: PaperPlan) -> ArgoResult:
    """What came of it: the chain verified and made again, journal and figures by the API, all books compared."""
    file = SignalFile.open(demo.home.root / FILE)
    try:
        book = await asyncio.to_thread(read_signals, file)
    finally:
        file.close()
    findings = check(
        await read_stored(demo.store),
        read_books(plan.brokers),
        acknowledged=book.handed_over.values(),
    )

    def asked() -> tuple[list[dict[str, Any]], Any]:
        journal = demo.gateway.pages("/api/journal", limit=500, account=EXCHANGE_ACCOUNT)
        figures = demo.gateway.get("/api/performance", account=EXCHANGE_ACCOUNT, by="source")
        return list(journal), figures

    journal, figures = await asyncio.to_thread(asked)
    return ArgoResult(run=run, book=book, journal=journal, performance=figures, findings=findings)


async def section_of(result: ArgoResult, reader: Dsn) -> str:
    """The week as a part of the report, in HTML."""
    pool = await open_pool(reader, name="report", size_max=1)
    try:
        now = datetime.now(tz=UTC)
        (equity,) = await EquityReader(pool).histories(
            account=EXCHANGE_ACCOUNT, since=None, until=None, zone=None, now=now
        )
        section = await read_section(JournalStore(pool), strategy=STRATEGY, equity=equity, now=now)
    finally:
        await pool.close()
    return render_section(section, told=told_lines(result))


def tell_argo(console: Console, result: ArgoResult) -> None:
    console.print(_signals_table(result.book))
    console.print(_journal_table(result))
    for line in told_lines(result):
        console.print(line)
    for text in result.book.faults[:5]:
        console.print(f"  [red]fault[/]: {text}")


def _signals_table(book: SignalBook) -> Any:
    rows = [
        (
            symbol,
            str(sum(counts.values())),
            str(counts.get("valid", 0)),
            str(counts.get("refused", 0)),
        )
        for symbol, counts in sorted(book.by_symbol.items())
    ]
    return table("Signals", ("symbol", ">recorded", ">valid", ">refused"), rows)


def _journal_table(result: ArgoResult) -> Any:
    rows = [
        (
            entry["symbol"],
            entry["side"],
            entry["qty"],
            entry["entry_price"],
            entry["exit_price"] or "-",
            entry["exit_reason"] or "open",
            entry["net_pnl"],
            entry["r_multiple"] or "-",
        )
        for entry in result.journal
    ]
    headings = ("symbol", "side", ">qty", ">entry", ">exit", "why it ended", ">net PnL", ">R")
    return table("Trades of the week, newest first", headings, rows)


async def _no_more_entries(gateway: GatewayClient) -> None:
    body = {
        "scope": "route",
        "key": SIGNALS_ROUTE,
        "mode": "reducing",
        "reason": "the demo's week is over",
    }
    await asyncio.to_thread(gateway.post, "/api/halt", body)


async def _all_closed(demo: ArgoDemo) -> bool:
    """Nothing held, nothing working, and no step waiting, so that every result is told."""
    if await demo.store.number("unsettled", EXCHANGE_ACCOUNT):
        return False
    return not await demo.store.number("underway")
