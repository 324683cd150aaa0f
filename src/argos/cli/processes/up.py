"""`argos up`: the everyday stack on this machine, until Ctrl-C."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import asyncpg
import typer
from rich.console import Console
from rich.markup import escape

from argos.cli.frame.entrance import chosen_home
from argos.cli.frame.gateway_client import GatewayClient
from argos.cli.frame.printing import AsJson, messages, print_json, screen
from argos.cli.home.init import hook_url
from argos.cli.home.setup import Choices, gateway_url, is_set_up, set_up
from argos.core.errors import ArgosError, InputError, StoreError
from argos.doors import API_KEY, HOOK_KEY, HOOK_SECRET
from argos.home_database import open_access
from argos.plans import PAPER_ROUTE, PaperPlan, broker_url, plan_signals, read_paper
from argos.running import OUR_VENUES, OnEvent, RunningStack, Stack
from argos.settings import Settings, load_config, load_settings
from argos.stack.children import ChildEvent, ChildEventKind
from argos.stack.home import Home, read_private, write_atomically
from argos.store.database import open_connection
from argos.store.migrate import applied_versions, known_migrations

EXAMPLE: Final = "Examples: `argos up`; `argos up --gateway-port 9000 --no-market`."
ACCOUNTS_READY_S: Final = 15.0
POLL_S: Final = 0.1


def register(app: typer.Typer) -> None:
    app.command("up", epilog=EXAMPLE)(up)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line asks of this run."""

    gateway_port: int | None
    paper: bool
    market: bool
    signals: bool
    as_json: bool


def up(
    context: typer.Context,
    gateway_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The gateway's port, from now on.")
    ] = None,
    paper: Annotated[
        bool, typer.Option("--paper/--no-paper", help="Run the paper brokers and their nodes.")
    ] = True,
    market: Annotated[
        bool, typer.Option("--market/--no-market", help="Replay real prices to the paper brokers.")
    ] = True,
    signals: Annotated[
        bool, typer.Option("--signals/--no-signals", help="Run the sources and the signal service.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Run everything on this machine until Ctrl-C: database, gateway, worker, paper brokers, nodes, market, signals.

    A source without a key asks a fixture server that tells of the replayed prices: what is made of it says simulated.

    Sets the home up first if that was never done. A process that dies is started again. The next
    start finds all data. With --json: one line once everything is ready.
    """
    home = Home.at(chosen_home(context).root)
    wishes = Wishes(
        gateway_port=gateway_port, paper=paper, market=market, signals=signals, as_json=as_json
    )
    asyncio.run(_until_stopped(home, wishes))


async def _until_stopped(home: Home, wishes: Wishes) -> None:
    """Run the stack; the first SIGINT or SIGTERM, at whatever moment, stops it in order, and later ones wait."""
    running = asyncio.current_task()
    assert running is not None, "asyncio.run makes one"
    stopping = asyncio.Event()

    def stop() -> None:
        if not stopping.is_set():
            stopping.set()
            running.cancel()

    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop)
    try:
        await _run(home, wishes, stopping)
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise
        if not wishes.as_json:
            messages().print("stopped; all data is kept")


async def _run(home: Home, wishes: Wishes, stopping: asyncio.Event) -> None:
    out = messages()
    if not is_set_up(home):
        if not wishes.as_json:
            out.print(f"setting up {home.root}")
        await set_up(home, Choices(paper=wishes.paper, gateway_port=wishes.gateway_port))
    settings = load_settings(home, os.environ)
    if settings.database.url:
        await _require_migrated(home, settings)
    with home.lock():
        # held for a moment only, to choose the port alone; the stack takes it for good
        url = gateway_url(home, settings, port=wishes.gateway_port)
    paper = _paper(home, url) if wishes.paper else None
    signals = plan_signals(home, load_config(home, os.environ).sources) if wishes.signals else None
    stack = Stack(
        home,
        settings,
        paper=paper,
        gateway_port=int(url.rpartition(":")[2]),
        everyday_market=wishes.market,
        on_event=None if wishes.as_json else _teller(out, stopping),
    )
    if not wishes.as_json:
        out.print("starting")
    async with stack as running:
        if signals is not None:
            await stack.start_signals(signals)
        seen = await _accounts_seen(home, running, paper)
        if wishes.as_json:
            print_json(state(home, running, paper))
        else:
            _show(screen(), state(home, running, paper), seen=seen)
        try:
            await asyncio.Event().wait()
        finally:
            if not wishes.as_json:
                out.print("stopping")


def _paper(home: Home, url: str) -> PaperPlan | None:
    """The paper brokers of this home, with nodes that look for the gateway where it will be."""
    for path in home.nodes.glob("*.json"):
        body = json.loads(read_private(path))
        if body.get("gateway_url") != url and body.get("venue", "").startswith("paper"):
            write_atomically(path, json.dumps(body | {"gateway_url": url}, indent=2))
    return read_paper(home)


async def _require_migrated(home: Home, settings: Settings) -> None:
    access = open_access(home, settings)
    connection = await open_connection(access.as_role("argos_reader"), name="up")
    try:
        missing = {item.version for item in known_migrations()} - (
            await applied_versions(connection)
        ).keys()
    except asyncpg.PostgresError as error:
        raise StoreError(f"cannot read the database: {error}") from error
    finally:
        await connection.close()
    if missing:
        raise InputError(
            f"the database lacks {len(missing)} migrations",
            code="MIGRATIONS_MISSING",
            fix="run `argos db upgrade`",
        )


def _teller(out: Console, stopping: asyncio.Event) -> OnEvent:
    """Says what happens to the processes, until we stop them ourselves."""

    def tell(event: ChildEvent) -> None:
        if stopping.is_set():
            return
        if event.kind is ChildEventKind.EXITED:
            out.print(f"[yellow]{event.name} ended[/] ({_exit_words(event.returncode)})")
        elif event.kind is ChildEventKind.RESTARTING:
            out.print(f"[yellow]{event.name} starts again[/] in {event.delay_s:.1f} s")
        elif event.kind is ChildEventKind.STAYS_DOWN:
            out.print(
                f"[red]{event.name} stays down[/]: another start would end the same way;"
                " its log says why"
            )
        elif event.kind is ChildEventKind.READY:
            out.print(f"[green]{event.name}[/] is up, process {event.pid}")

    return tell


def _exit_words(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return f"signal {-returncode}"
    return f"exit code {returncode}"


async def _accounts_seen(home: Home, running: RunningStack, paper: PaperPlan | None) -> bool:
    """Wait until every paper account has shown itself once, so that the first alert finds them all."""
    if paper is None:
        return True
    client = GatewayClient(url=running.gateway_url, api_key=home.secret(API_KEY))
    wanted = {node.account for node in paper.nodes if node.venue in OUR_VENUES}
    deadline_s = time.monotonic() + ACCOUNTS_READY_S
    while time.monotonic() < deadline_s:
        with contextlib.suppress(ArgosError):
            page = await asyncio.to_thread(client.get, "/api/accounts", limit=500)
            if wanted <= {item["account"] for item in page["items"] if item["snapshot"]}:
                return True
        await asyncio.sleep(POLL_S)
    return False


def state(home: Home, running: RunningStack, paper: PaperPlan | None) -> dict[str, Any]:
    """Where everything is, for people and programs."""
    brokers = paper.brokers if paper else ()
    return {
        "status": "ready",
        "home": str(home.root),
        "gateway_url": running.gateway_url,
        "docs_url": f"{running.gateway_url}/docs",
        "hook_url": hook_url(running.gateway_url, home.secret(HOOK_KEY)),
        "logs": str(home.logs),
        "accounts": [node.account for node in paper.nodes] if paper else [],
        "route": PAPER_ROUTE if paper else None,
        "brokers": {broker.name: broker_url(broker) for broker in brokers},
        "database": _address(running),
        "processes": running.children.pids,
        "curl": first_alert(running.gateway_url, home) if paper else None,
    }


def _address(running: RunningStack) -> str:
    if running.postgres is None:
        return "your own"
    dsn = running.postgres.superuser_dsn
    return f"{dsn.host}:{dsn.port}"


def first_alert(gateway: str, home: Home) -> str:
    """A line for a shell that posts a paper alert as TradingView would, each time a new one."""
    body = (
        '{"trade_id":"first-\'$(date +%s)\'","bot_version":"curl@1","account_route":"paper","symbol":"AAPL",'
        '"side":"buy","size":{"mode":"units","value":"10"},"timestamp_tv":\'$(date +%s)000\','
        f'"secret":"{home.secret(HOOK_SECRET)}"}}'
    )
    return f"curl -s {hook_url(gateway, home.secret(HOOK_KEY))} -d '{body}'"


def _show(out: Console, shown: Mapping[str, Any], *, seen: bool) -> None:
    out.print("\n[bold green]ready[/]  Ctrl-C stops it, all data is kept")
    brokers = ", ".join(f"{name} {url}" for name, url in shown["brokers"].items())
    lines = {
        "gateway": shown["gateway_url"],
        "API, with docs": shown["docs_url"],
        "database": shown["database"],
        "paper brokers": brokers or "none",
        "accounts": ", ".join(shown["accounts"]) or "none",
        "logs": shown["logs"],
    }
    for name, value in lines.items():
        out.print(f"  {name:<16}{escape(str(value))}", soft_wrap=True)
    if not seen:
        out.print("[yellow]not every account has shown itself yet; `argos doctor` says why[/]")
    if shown["curl"]:
        out.print("\na first paper alert, from another terminal:\n")
        out.print(escape(shown["curl"]), soft_wrap=True)
        out.print("\nor: [bold]argos send --route paper --symbol AAPL --side buy --wait[/]\n")
