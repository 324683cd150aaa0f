"""`argos doctor`: what is wrong, and how to mend it."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import typer

from argos.cli.doctor.finding import Finding, State, fail, skipped
from argos.cli.doctor.machine import examine_machine
from argos.cli.doctor.places import examine_home
from argos.cli.doctor.running import examine_brokers, judge_gateway, judge_nodes, judge_open
from argos.cli.doctor.signal_store import examine_signal_store
from argos.cli.doctor.signals import examine_signals
from argos.cli.doctor.sources import examine_sources
from argos.cli.doctor.stored import Stored, gather, judge_database, judge_setup
from argos.cli.frame.database import database_access
from argos.cli.frame.entrance import EXIT_ERROR, chosen_home
from argos.cli.frame.gateway_client import GatewayAway, GatewayClient, Reply, gateway_address
from argos.cli.frame.printing import AsJson, cell, print_json, screen, table
from argos.core.errors import ArgosError
from argos.plans import PaperPlan, read_paper
from argos.settings import Settings, load_settings
from argos.stack.home import Home

COLOURS: Final = {
    State.OK: "green",
    State.WARN: "yellow",
    State.FAIL: "bold red",
    State.SKIPPED: "dim",
}
NO_DATABASE: Final = (
    "database roles", "migrations", "clock and database", "durability", "connections", "audit heads", "outbox",
    "hooks", "routes", "accounts", "node keys", "heartbeats", "orders in doubt", "discrepancies",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    app.command("doctor", epilog="Examples: `argos doctor`; `argos doctor --json`.")(doctor)


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Look at everything: machine, home, database, configuration, processes, open questions.

    Each failure names its fix. Exit code 1 when something fails; a warning alone is no failure.
    """
    findings = asyncio.run(examine(chosen_home(context)))
    counts = Counter(finding.state for finding in findings)
    if as_json:
        print_json(_document(findings, counts))
    else:
        _show(findings, counts)
    if counts[State.FAIL]:
        raise typer.Exit(EXIT_ERROR)


async def examine(home: Home) -> list[Finding]:
    """All findings, in the order in which things depend on each other."""
    settings, problem = _settings(home)
    reply = _ask_gateway(home, settings)
    running = isinstance(reply, Reply)
    findings = list(examine_machine(root=home.root, settings=settings))
    findings += examine_home(home, settings=settings, problem=problem, running=running)
    findings += examine_sources(home, running=running)
    findings += examine_signals(home, running=running)
    findings += examine_signal_store(home)
    if settings is None or not home.secrets_path.exists():
        return [*findings, *_unseen("the home is not set up")]
    try:
        async with database_access(home) as access:
            stored = await gather(access)
    except ArgosError as error:
        away = fail(
            "database",
            error.message,
            fix=error.fix or "read logs/postgres.log, then argos db status",
        )
        return [*findings, away, *_unseen("the database cannot be asked")]
    return [*findings, *_of_database(stored, reply, _paper(home))]


def _settings(home: Home) -> tuple[Settings | None, ArgosError | None]:
    try:
        return load_settings(home, os.environ), None
    except ArgosError as error:
        return None, error


def _ask_gateway(home: Home, settings: Settings | None) -> Reply | GatewayAway:
    if settings is None:
        return GatewayAway("the settings cannot be read")
    try:
        return GatewayClient(url=gateway_address(home), api_key="").call("GET", "/health/ready")
    except GatewayAway as error:
        return error


def _paper(home: Home) -> PaperPlan | None:
    try:
        return read_paper(home)
    except ArgosError:
        return None


def _of_database(
    stored: Stored, reply: Reply | GatewayAway, paper: PaperPlan | None
) -> Iterator[Finding]:
    running = isinstance(reply, Reply)
    yield from judge_database(stored)
    yield from judge_setup(stored)
    yield judge_gateway(reply)
    yield from judge_nodes(stored, running=running)
    yield examine_brokers(paper, running=running)
    yield from judge_open(stored)


def _unseen(why: str) -> Iterator[Finding]:
    return (skipped(check, why) for check in NO_DATABASE)


def _document(findings: Sequence[Finding], counts: Counter[State]) -> dict[str, Any]:
    return {
        "healthy": not counts[State.FAIL],
        **{state.value: counts[state] for state in State},
        "checks": [
            {
                "check": item.check,
                "state": item.state.value,
                "detail": item.detail,
                "fix": item.fix or None,
            }
            for item in findings
        ],
    }


def _show(findings: Sequence[Finding], counts: Counter[State]) -> None:
    out = screen()
    shown = table("", ("check", "state", "what was found", "fix"), ())
    shown.title = shown.caption = None
    for item in findings:
        colour = COLOURS[item.state]
        fix = cell(item.fix) if item.fix else ""
        shown.add_row(item.check, f"[{colour}]{item.state}[/]", cell(item.detail), fix)
    out.print(shown)
    out.print(", ".join(f"{counts[state]} {state}" for state in State if counts[state]))
