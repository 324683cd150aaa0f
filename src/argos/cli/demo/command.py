"""`argos demo`: real prices, simulated brokers, real processes; a table, a report, one JSON line.

Two halves on one stack: alerts to three accounts for a year of days, then a week of Argo's own signals.
"""

import asyncio
import json
import shutil
import signal
import sys
import time
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Final

import aiohttp
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from argos.cli.demo.argo import (
    LIMITS,
    ArgoDemo,
    play_argo,
    read_argo,
    section_of,
    tell_argo,
    write_config,
)
from argos.cli.demo.shown import tell_demo
from argos.cli.frame.gateway_client import GatewayClient
from argos.core.errors import InputError
from argos.doors import HOOK_KEY, HOOK_SECRET
from argos.entries.logs import set_up_logs
from argos.home_database import embedded_server, open_access, prepare_database
from argos.plans import PAPER_ROUTE, PaperPlan, broker_url, plan_exchange, plan_paper, with_exchange
from argos.provisioning import configure_exchange, configure_paper
from argos.rehearsal.argo_results import ArgoResult, argo_json
from argos.rehearsal.checking import check
from argos.rehearsal.evidence import acknowledged, read_books, read_stored
from argos.rehearsal.feed import BrokerAddress
from argos.rehearsal.play import Played, PlaySettings, play
from argos.rehearsal.report import (
    ReportData,
    render_report,
)
from argos.rehearsal.results import DemoResult, as_json, read_result, report_data
from argos.rehearsal.sender import AlertSender, DeliveryLog
from argos.running import RunningStack, Stack
from argos.settings import load_settings
from argos.stack.free_ports import ports
from argos.stack.home import API_KEY, Home
from argos.store.evidence import EvidenceStore

MARK: Final = ".argos-demo-home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """One run: where it lives, what it prints to, and whether it stays up afterwards."""

    home: Home
    console: Console
    seed: int
    keep: bool
    report: Path
    as_line: bool
    signals: bool


def register(app: typer.Typer) -> None:
    app.command("demo", epilog="Example: argos demo --seed 7 --keep")(demo)


def demo(
    seed: Annotated[int, typer.Option(help="Seed of paths, fills and spoiled alerts.")] = 1,
    home: Annotated[
        Path, typer.Option(help="Where the demo keeps its data; made anew each time.")
    ] = Path(".argos-demo"),
    report: Annotated[Path, typer.Option(help="Where the HTML report goes.")] = Path(
        ".argos-demo/report.html"
    ),
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything up afterwards.")] = False,
    open_report: Annotated[
        bool, typer.Option("--open", help="Show the report in a browser.")
    ] = False,
    signals: Annotated[
        bool, typer.Option("--signals/--no-signals", help="Play the week of Argo afterwards.")
    ] = True,
    as_line: Annotated[bool, typer.Option("--json", help="End with one JSON line.")] = False,
) -> None:
    """Replay real prices through real processes: alerts become orders at simulated brokers, and are reconciled.

    Then a week of Argo: sources vote, signals are recorded in a chain, checked, and traded as at Alpaca.
    Exit code 0 when nothing was lost, doubled or left in doubt, else 1.
    """
    console = Console(stderr=as_line)
    _make_way(home)
    run = Demo(
        home=Home.at(home),
        console=console,
        seed=seed,
        keep=keep,
        report=report,
        as_line=as_line,
        signals=signals,
    )
    run.home.logs.mkdir(parents=True, exist_ok=True)
    with (run.home.logs / "demo.log").open("a", encoding="utf-8") as log:
        set_up_logs("demo", stream=log)
        is_clean = asyncio.run(_run(run))
    if open_report:
        webbrowser.open(report.absolute().as_uri())
    if not is_clean:
        raise typer.Exit(1)


def _make_way(home: Path) -> None:
    """Clear away an earlier demo; anything else that stands there is left alone. InputError DEMO_HOME_TAKEN."""
    if home.exists() and any(home.iterdir()):
        if not (home / MARK).exists():
            raise InputError(
                f"{home} is not an earlier demo's home",
                code="DEMO_HOME_TAKEN",
                field="--home",
                fix="name a directory that is empty or not there yet",
            )
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).touch()


async def _run(run: Demo) -> bool:
    """Whether nothing was found to be wrong."""
    settings = load_settings(run.home, {})
    started_s = time.monotonic()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    port = ports(run.home).port("gateway", preferred=8000)
    url = f"http://127.0.0.1:{port}"
    plan = plan_paper(run.home, gateway_url=url, seed=run.seed)
    exchange = plan_exchange(run.home, gateway_url=url, seed=run.seed) if run.signals else None
    with run.console.status("Starting PostgreSQL, gateway, worker, two brokers, three nodes ..."):
        server = embedded_server(run.home, settings)
        await prepare_database(await server.start(), run.home)
        access = open_access(run.home, settings)
        await configure_paper(access, run.home, plan)
        if exchange is not None:
            await configure_exchange(access, exchange, limits=LIMITS)
            plan = with_exchange(plan, exchange)
            write_config(run.home)
        await server.stop()
        stack = Stack(
            run.home,
            settings,
            paper=plan,
            gateway_port=port,
            everyday_market=False,
            environ={"ARGOS_GATEWAY_EQUITY_S": "1"},
        )
        running = await stack.__aenter__()
    try:
        store = await EvidenceStore.open(open_access(run.home, settings).as_role("argos_reader"))
        try:
            result, data = await _play_and_tell(run, plan, running, store, started_s, stop)
            argo = None
            if exchange is not None and not stop.is_set():
                argo_demo = ArgoDemo(
                    home=run.home,
                    console=run.console,
                    seed=run.seed,
                    stack=stack,
                    exchange=exchange,
                    gateway=GatewayClient(
                        url=running.gateway_url, api_key=run.home.secret(API_KEY)
                    ),
                    store=store,
                )
                argo = await _play_argo_and_tell(argo_demo, plan, stop=stop)
                reader = open_access(run.home, settings).as_role("argos_reader")
                _write_report(run, replace(data, argo=await section_of(argo, reader)))
        finally:
            await store.aclose()
        if run.as_line:
            line = as_json(result) | ({"argo": argo_json(argo)} if argo is not None else {})
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
        if run.keep:
            await _stay(run, running, stop)
    finally:
        await stack.__aexit__(None, None, None)
    return result.findings.clean and (argo is None or argo.clean)


async def _play_and_tell(
    run: Demo,
    plan: PaperPlan,
    running: RunningStack,
    store: EvidenceStore,
    started_s: float,
    stop: asyncio.Event,
) -> tuple[DemoResult, ReportData]:
    version = f"demo.{int(datetime.now(UTC).timestamp())}"
    settings = PlaySettings(
        gateway_url=running.gateway_url,
        hook_key=run.home.secret(HOOK_KEY),
        secret=run.home.secret(HOOK_SECRET),
        route=PAPER_ROUTE,
        brokers=[BrokerAddress(url=broker_url(b), feed_key=b.feed_key) for b in plan.brokers],
        seed=run.seed,
        version=version,
    )
    played = await _watched(run, settings, store, stop)
    findings = check(
        await read_stored(store),
        read_books(plan.brokers),
        acknowledged=acknowledged(played.deliveries),
    )
    result = await read_result(
        store, played=played, findings=findings, seconds=time.monotonic() - started_s
    )
    data = await report_data(
        store,
        result,
        played=played,
        seed=run.seed,
        version=metadata.version("argos"),
        characters={node.account: node.venue for node in plan.nodes},
        story=await _story(run.home, running, result),
    )
    _write_report(run, data)
    tell_demo(run.console, result, report=run.report)
    return result, data


def _write_report(run: Demo, data: ReportData) -> None:
    run.report.parent.mkdir(parents=True, exist_ok=True)
    run.report.write_text(render_report(data), encoding="utf-8")


async def _play_argo_and_tell(
    demo: ArgoDemo, plan: PaperPlan, *, stop: asyncio.Event
) -> ArgoResult:
    run = await play_argo(demo, stop=stop)
    result = await read_argo(demo, run=run, plan=plan)
    tell_argo(demo.console, result)
    return result


async def _watched(
    run: Demo, settings: PlaySettings, store: EvidenceStore, stop: asyncio.Event
) -> Played:
    progress = Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} trading days"),
        TextColumn("{task.fields[alerts]} alerts"),
        TimeElapsedColumn(),
        console=run.console,
    )
    with progress, DeliveryLog(run.home.logs / "sender.jsonl") as log:
        task = progress.add_task("Replaying 2008-2009", total=1, alerts=0)

        def sender_of(session: aiohttp.ClientSession) -> AlertSender:
            return AlertSender(
                session=session,
                gateway_url=settings.gateway_url,
                hook_key=settings.hook_key,
                log=log,
            )

        def on_day(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total, alerts=log.count)

        return await play(settings, store=store, sender_of=sender_of, on_day=on_day, stop=stop)


async def _story(home: Home, running: RunningStack, result: DemoResult) -> Mapping[str, Any] | None:
    """The story of the first trade that was filled everywhere, as the API tells it."""
    filled: dict[str, int] = {}
    for leg in result.legs:
        filled[leg.trade_id] = filled.get(leg.trade_id, 0) + (leg.filled_qty > 0)
    trade_id = max(filled, key=lambda trade: filled[trade], default=None)
    if trade_id is None:
        return None
    headers = {"Authorization": f"Bearer {home.secret(API_KEY)}"}
    url = f"{running.gateway_url}/api/trades/{trade_id}"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        story: Mapping[str, Any] | None = await response.json() if response.ok else None
        return story


async def _stay(run: Demo, running: RunningStack, stop: asyncio.Event) -> None:
    """Leave it up, with a line that works: the market stands at its last prices."""
    url = f"{running.gateway_url}/hooks/tradingview/{run.home.secret(HOOK_KEY)}"
    body = {
        "trade_id": "by-hand-1",
        "bot_version": "by-hand@1",
        "account_route": PAPER_ROUTE,
        "symbol": "AAPL",
        "side": "buy",
        "timestamp_tv": "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'",
        "secret": run.home.secret(HOOK_SECRET),
    }
    run.console.print("Still up. Ctrl-C stops it. Try:")
    run.console.print(f"curl -s {url} -d '{json.dumps(body)}'", soft_wrap=True, markup=False)
    run.console.print(
        f"curl -s -H 'Authorization: Bearer {run.home.secret(API_KEY)}' "
        f"{running.gateway_url}/api/trades/by-hand-1",
        soft_wrap=True,
        markup=False,
    )
    await stop.wait()
