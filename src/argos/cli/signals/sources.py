"""`argos sources`: what the signal sources last said, how old it is, and what is left of their budgets."""

import os
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from argos.cli.frame.apart import become
from argos.cli.frame.entrance import chosen_home
from argos.cli.frame.groups import group
from argos.cli.frame.printing import AsJson, clock_time, print_json, screen, table
from argos.core.errors import InputError
from argos.plans import FIXTURE_PORT
from argos.settings import load_config
from argos.sources.board import VoteStore
from argos.sources.ledger import FILE, CallLedger, SourceFile
from argos.sources.state import SIMULATED_NOTE, state_document
from argos.stack.free_ports import is_free


def register(app: typer.Typer) -> None:
    noun = group(
        app,
        "sources",
        listing=list_sources,
        text="Signal sources: last votes, their age, what is left of the budgets.",
    )
    noun.command("run", epilog="Examples: `argos sources run`; `argos sources run --seconds 60`.")(
        run
    )
    noun.command(
        "fixture",
        epilog="Examples: `argos sources fixture`; `argos sources fixture --port 8090 --day-s 60`; "
        "`argos sources fixture --fault-rate 0.1 --seed 7`.",
    )(fixture)


def list_sources(context: typer.Context, as_json: AsJson = False) -> None:
    """Every source: its last votes, their age, calls and dollars of this UTC day and what is left of them."""
    home = chosen_home(context)
    settings = load_config(home, os.environ).sources
    path = home.root / FILE
    file = SourceFile.open(path) if path.exists() else SourceFile.empty()
    try:
        document = state_document(
            settings,
            ledger=CallLedger(file, settings.budgets, simulated=settings.simulated),
            votes=VoteStore(file).read(),
            now=datetime.now(tz=UTC),
        )
    finally:
        file.close()
    if as_json:
        print_json(document)
        return
    _show(document)


def run(
    context: typer.Context,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="End after so long; else run until stopped.")
    ] = None,
) -> None:
    """Refresh the votes of all sources, each on its own clock, into the home. Log lines are JSON, on stderr.

    A source without a key asks the fixture server (`argos sources fixture`), and its votes say SIMULATED.
    """
    home = chosen_home(context)
    load_config(home, os.environ)
    become(home, "argos.entries.sources", [str(seconds)] if seconds is not None else [])


def fixture(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one.")] = FIXTURE_PORT,
    seed: Annotated[int, typer.Option(help="Of the paths inside the days and the faults.")] = 1,
    day_s: Annotated[
        float, typer.Option(min=1, help="Seconds that one real trading day lasts.")
    ] = 23_400,
    first_day: Annotated[
        str, typer.Option(help="The first real day that is played.", metavar="DATE")
    ] = "2010-03-01",
    fault_rate: Annotated[
        float, typer.Option(min=0, max=1, help="Share of requests that go wrong.")
    ] = 0.0,
    hurried: Annotated[
        bool,
        typer.Option("--hurried", help="For short days: no rate limits, and posts as much faster."),
    ] = False,
) -> None:
    """Stand in for all four providers on this machine: their shapes, errors and limits over real prices.

    Daily prices are real (2000 to 2013), the path inside a day is synthetic, posts and news are made from it. Its
    address is printed as JSON. POST /control/fault, /control/clock and /control/limit make it fail.
    """
    if port and not is_free(port):
        raise InputError(
            f"port {port} is taken",
            code="PORT_TAKEN",
            field="--port",
            fix="choose another and say so in the settings (sources, fixture_url); one may be running already",
        )
    try:
        date.fromisoformat(first_day)
    except ValueError:
        raise InputError(
            f"{first_day} is no date",
            code="FIXTURE_FIRST_DAY",
            field="--first-day",
            fix="such as 2010-03-01",
        ) from None
    words = {"--port": port, "--seed": seed, "--day-s": day_s, "--first-day": first_day}
    given = [f"{name}={value}" for name, value in (words | {"--fault-rate": fault_rate}).items()]
    given += ["--hurried"] if hurried else []
    become(chosen_home(context), "argos.sources.fixture", given)


def _show(document: dict[str, Any]) -> None:
    out = screen()
    for source in document["sources"]:
        mark = " [bold yellow]simulated source[/]" if source["simulated"] else ""
        out.print(f"[bold]{escape(source['source'])}[/]{mark}  {_spent(source)}")
        if source["paused_until"]:
            out.print(f"  asked to wait until {clock_time(source['paused_until'])} UTC")
        rows = [
            (
                vote["symbol"],
                vote["direction"],
                vote["p_up"],
                vote["status"],
                vote["reason"],
                vote["age_s"],
                clock_time(vote["fetched_at"]),
            )
            for vote in source["votes"]
        ]
        columns = ("symbol", "vote", ">p_up", "status", "reason", ">age s", "fetched UTC")
        out.print(table("", columns, rows, empty="no vote yet; `argos sources run` asks"))
    if any(source["simulated"] for source in document["sources"]):
        out.print(f"[dim]{SIMULATED_NOTE}[/dim]")


def _spent(source: dict[str, Any]) -> str:
    """Of a fixture server no budget is told: nobody is paid, and who began it may have lifted the limits."""
    calls, dollars = source["calls_left_today"], source["usd_left_today"]
    if source["simulated"]:
        return f"today {source['calls_today']} calls, nothing paid (${source['usd_today']} at the provider's prices)"
    left = f"{_left(calls, 'calls')}, {_left(None if dollars is None else f'${dollars}', '')}"
    return f"today {source['calls_today']} calls, ${source['usd_today']}; left {left}"


def _left(amount: object, unit: str) -> str:
    return f"no limit on {unit or 'dollars'}" if amount is None else f"{amount} {unit}".strip()
