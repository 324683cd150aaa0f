"""`argos torture`: real processes, real faults, and a verdict against the brokers' own ledgers."""

import asyncio
import contextlib
import json
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from argos.cli.torture.stage import open_arena
from argos.core.errors import InputError
from argos.rehearsal.expert import build_host, has_sources
from argos.rehearsal.sabotage.bugs import BUGS, NO_BUG, Bug
from argos.rehearsal.torture.kinds import ALL_KINDS, NodeKind, read_kinds, without
from argos.rehearsal.torture.plan import TortureMix, TorturePlan, Trouble, make_plan
from argos.rehearsal.torture.run import TortureResult, Watch, torture
from argos.stack.home import Home

ALERTS: Final = 300
LINES_SHOWN: Final = 20
EXAMPLE: Final = (
    "Examples: `argos torture`; `argos torture --alerts 1000 --seed 7 --json`;"
    " `argos torture --nodes paper,mt5-python`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TortureRun:
    """One run: what is planned, with which planted bug if any, and where it prints."""

    plan: TorturePlan
    bug: Bug | None
    console: Console
    expert_host: Path | None = None
    left_out: tuple[NodeKind, ...] = ()
    """Kinds that nobody asked to leave out, and that are not here all the same."""


def register(app: typer.Typer) -> None:
    app.command("torture", epilog=EXAMPLE)(torture_command)


def torture_command(
    alerts: Annotated[
        int, typer.Option(min=1, help="How many alerts; time grows with them.")
    ] = ALERTS,
    seed: Annotated[
        int | None, typer.Option(help="Seed of everything that is planned; drawn if not given.")
    ] = None,
    mutant: Annotated[
        str | None, typer.Option(help="Plant this bug, and see it caught.", metavar="NAME")
    ] = None,
    nodes: Annotated[
        str | None,
        typer.Option(
            help=f"Only nodes of these kinds, by commas: {', '.join(ALL_KINDS)}. All, if not given.",
            metavar="KINDS",
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the run's home, with logs and ledgers.")
    ] = False,
    as_line: Annotated[bool, typer.Option("--json", help="Print exactly one JSON line.")] = False,
) -> None:
    """Kill, stop, cut and confuse the whole stack while alerts pour in, then hold it against the brokers' ledgers.

    Exit code 0 if nothing was lost, doubled, unknown, late or left in doubt; 1 on any finding.
    """
    bug = _bug(mutant) if mutant else None
    chosen = secrets.randbelow(1_000_000) if seed is None else seed
    mix = bug.mix if bug else TortureMix()
    kinds, left_out = _kinds(nodes, usual=mix.kinds)
    run = TortureRun(
        plan=make_plan(alerts=alerts, seed=chosen, mix=replace(mix, kinds=kinds)),
        bug=bug,
        console=Console(stderr=as_line, quiet=as_line),
        expert_host=build_host() if NodeKind.MT5_EA in kinds else None,
        left_out=left_out,
    )
    root = Path(tempfile.mkdtemp(prefix="argos-torture-"))
    root.chmod(0o711)  # whoever runs as root runs the database as somebody else, who must get in
    try:
        result = asyncio.run(run_torture(run, root))
    finally:
        if not keep:
            shutil.rmtree(root, ignore_errors=True)
    if as_line:
        told = result.as_json() | ({"left_out": list(left_out)} if left_out else {})
        sys.stdout.write(json.dumps(told) + "\n")
    if not result.clean:
        raise typer.Exit(1)


def _kinds(
    asked: str | None, *, usual: tuple[NodeKind, ...]
) -> tuple[tuple[NodeKind, ...], tuple[NodeKind, ...]]:
    """The kinds of nodes to run, and those of the usual ones that an installed package cannot have."""
    if asked is not None:
        return read_kinds(asked), ()
    if NodeKind.MT5_EA in usual and not has_sources():
        return without(usual, NodeKind.MT5_EA), (NodeKind.MT5_EA,)
    return usual, ()


def _bug(name: str) -> Bug:
    if name == NO_BUG.name:
        return NO_BUG
    if name not in BUGS:
        raise InputError(
            f"no planted bug {name}",
            code="BUG_UNKNOWN",
            field="mutant",
            fix=f"use one of {', '.join(sorted(BUGS))}",
        )
    return BUGS[name]


async def run_torture(run: TortureRun, root: Path) -> TortureResult:
    """The whole run, with everything it keeps below `root`."""
    current = asyncio.current_task()
    assert current is not None, "asyncio.run makes one"
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, current.cancel)
    _tell_plan(run, root)
    watch = Watch(stage="starting")
    with _shown(run, watch):
        home = Home.at(root / "home")
        async with open_arena(home, run.plan, bug=run.bug, expert_host=run.expert_host) as arena:
            watch.stage = "torture"
            result = await torture(arena, run.plan, watch=watch)
    _tell(run, result)
    return result


def _tell_plan(run: TortureRun, root: Path) -> None:
    plan = run.plan
    counts = {trouble: plan.count(trouble) for trouble in Trouble}
    troubles = ", ".join(f"{count} {trouble}" for trouble, count in counts.items() if count)
    run.console.print(
        f"[bold]seed {plan.seed}[/]  {plan.alerts} alerts in about {plan.span_s:.0f} s; home {root}"
    )
    run.console.print(f"planned: {troubles}")
    run.console.print(f"nodes: {', '.join(plan.mix.kinds)}")
    for kind in run.left_out:
        run.console.print(f"[yellow]{kind} is left out[/]: its sources are in a checkout only")
    if run.bug is not None:
        run.console.print(f"[yellow]planted bug {run.bug.name}[/]: {run.bug.what}")


@contextlib.contextmanager
def _shown(run: TortureRun, watch: Watch) -> Iterator[None]:
    if not run.console.is_terminal:
        yield
        return
    with Live(get_renderable=lambda: _progress(watch), console=run.console, refresh_per_second=4):
        yield


def _progress(watch: Watch) -> str:
    done = watch.done
    return (
        f"{watch.stage:9} {watch.seconds:4.0f} s   answers {sum(watch.answers.values()):5}   kills {done.kills:3}"
        f"   cuts {done.cuts:3}   database {done.db_restarts:2}"
    )


def _tell(run: TortureRun, result: TortureResult) -> None:
    table = Table(header_style="bold")
    table.add_column("held against the brokers' ledgers")
    table.add_column("findings", justify="right")
    for name, count in result.verdict.counts().items():
        table.add_row(name, f"[red]{count}[/]" if count else "0")
    run.console.print(table)
    for name, lines in result.verdict.by_name().items():
        for line in lines[:LINES_SHOWN]:
            run.console.print(f"[red]{name}[/] {line}", soft_wrap=True)
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(result.answers.items()))
    run.console.print(
        f"seed {run.plan.seed}: {run.plan.alerts} alerts in {result.deliveries} deliveries ({answers});"
        f" {result.orders} orders, {result.fills} fills; {result.done.kills} kills, {result.done.cuts} cuts,"
        f" {result.done.db_restarts} database restarts; {result.seconds:.0f} s",
        soft_wrap=True,
    )
    verdict = "[green]it held[/]" if result.clean else "[red]IT DID NOT HOLD[/]"
    run.console.print(verdict if result.settled else f"{verdict} (and did not come to rest)")
