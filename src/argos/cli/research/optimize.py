"""`argos optimize`: many parameter sets of one strategy, and how far to believe the best of them."""

import hashlib
import json
import math
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape

from argos.backtest.pace import Progress
from argos.backtest.plateaus import neighbourhood_scores
from argos.backtest.points import grid_count
from argos.backtest.provenance import Provenance
from argos.backtest.searching import Search
from argos.backtest.space_text import parse_space, space_lines
from argos.cli.frame.entrance import EXIT_INTERRUPTED
from argos.cli.frame.printing import AsJson, print_json, screen, table
from argos.cli.research import market, output
from argos.cli.research.consensus import page_warnings
from argos.cli.research.market import MarketChoice
from argos.cli.research.request import Request, requested
from argos.cli.research.shown import number, percent, show_facts, show_notes
from argos.cli.research.underway import bar, interruptible, made_ready
from argos.core.errors import InputError
from argos.studies.run_folder import provenance_document
from argos.studies.search_folder import search_document, search_study
from argos.studies.searching import search
from argos.studies.settings_text import settings_document
from argos.tearsheet.search_page import search_sheet

SHOWN: Final = 8
TRIALS: Final = 200
"""Of random and optuna, unless said otherwise."""


class Method(StrEnum):
    GRID = "grid"
    RANDOM = "random"
    OPTUNA = "optuna"


class Workers(StrEnum):
    THREADS = "threads"
    RAY = "ray"


def register(app: typer.Typer) -> None:
    app.command(
        "optimize",
        epilog="Examples: `argos optimize ema-cross --data demo --space fast=5..50:5 --space slow=20..200:20 "
        "--space 'fast<slow'`; "
        "`argos optimize breakout --data prices.parquet --method optuna --trials 500 --space span=10..200 "
        "--space atr_multiple=1.0..6.0 --space exits.stop_fraction=0.01,0.02`.",
    )(optimize)


def optimize(
    context: typer.Context,
    strategy: market.StrategyName,
    data: market.Data,
    space: market.Space,
    symbols: market.Symbols = "",
    since: market.Since = None,
    until: market.Until = None,
    zone: market.Zone = None,
    every: market.Every = None,
    finer: market.Finer = None,
    assign: market.Assign = [],  # noqa: B006 - typer makes a new list each time
    costs: market.Costs = "stocks",
    session: market.Session = None,
    flat_at_session_end: market.FlatAtEnd = False,
    rollover: market.Rollover = "00:00",
    method: Annotated[
        Method,
        typer.Option(help="Every point of the grid, points by chance, or optuna's next guess."),
    ] = Method.GRID,
    trials: Annotated[
        int | None,
        typer.Option(min=1, help=f"How many for random and optuna; else {TRIALS}.", metavar="N"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of random and optuna.")] = 0,
    objective: market.ObjectiveName = "sharpe",
    threads: market.Threads = None,
    workers: Annotated[
        Workers, typer.Option(help="Threads of this machine, or a Ray cluster (extra: ray).")
    ] = Workers.THREADS,
    journal: Annotated[
        Path | None,
        typer.Option(
            help="Where finished trials are written as they come; else below argos-studies/.journals.",
            metavar="FILE",
        ),
    ] = None,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Begin again rather than go on from the journal.")
    ] = False,
    out: output.Out = None,
    no_save: output.NoSave = False,
    replace: output.Replace = False,
    as_json: AsJson = False,
) -> None:
    """Search a strategy's parameters, and say how far to believe the best of them.

    Ctrl-C keeps what is done; the same command goes on from there.
    """
    choice = MarketChoice.of_options(context.params)
    request = requested(strategy, choice, assign)
    show_notes(request.notes)
    wanted = parse_space(space)
    request.require_known(wanted.names)
    if method is not Method.GRID and trials is None:
        trials = TRIALS
    words = [*space_lines(wanted), method.value, str(trials), str(seed), objective]
    provenance = request.provenance(seed=None if method is Method.GRID else seed)
    path = journal or _journal_path(request, provenance, words)
    if afresh:
        path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    made_ready(request.bars, runs=trials or grid_count(wanted))
    with (
        interruptible() as interrupted,
        bar("search", unit="trials", shown=not as_json) as tell,
    ):

        def told(progress: Progress) -> None:
            tell(progress.done, progress.total)

        found = search(
            request.strategy,
            request.bars,
            wanted,
            method=method.value,
            trials=trials,
            seed=seed,
            objective=objective,
            settings=request.settings,
            threads=threads,
            journal=path,
            workers=workers.value,
            progress=told,
            stopped=interrupted,
        )
    _require_some(found, path)
    folder = None
    if not no_save:
        study = search_study(
            found,
            provenance,
            settings=request.settings,
            params=request.params,
            source=request.source(),
            sheet=search_sheet(
                found,
                provenance,
                settings=request.settings,
                told_first=page_warnings(request.made),
            ),
            request=choice.document(),
        )
        name = f"{request.subject.name}-{data[0]}-search"
        folder = output.keep(study, out, name=name, replace=replace)
    if as_json:
        print_json(
            {
                "strategy": request.subject.reference,
                "provenance": provenance_document(provenance),
                **search_document(found),
                "journal": str(path),
                "folder": None if folder is None else str(folder),
            }
        )
    else:
        _show(screen(), found, folder)
    if found.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)


def _require_some(found: Search, journal: Path) -> None:
    if not found.counted:
        raise InputError(
            "stopped before the first trial was finished",
            code="SEARCH_NOTHING",
            field="--journal",
            fix=f"the same command goes on ({journal})",
        )


def _journal_path(request: Request, provenance: Provenance, words: Sequence[str]) -> Path:
    """One file for one search: the same command finds it again."""
    key = json.dumps(
        [
            provenance.strategy_sha256,
            provenance.data_sha256,
            {name: str(value) for name, value in request.params.items()},
            settings_document(request.settings),
            [request.choice.session, request.choice.flat_at_session_end, request.choice.rollover],
            *words,
        ]
    )
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return output.ROOT / ".journals" / f"{request.subject.name}-{digest}.trials"


def _show(out: Console, found: Search, folder: Path | None) -> None:
    """For people: the best, the plateau, what so many trials make of them, and where to look."""
    word = "stopped after" if found.interrupted else "played"
    rate = found.counted / found.elapsed_s if found.elapsed_s > 0 else math.nan
    out.print(
        f"[bold]{escape(found.strategy)}[/]: {word} {found.counted:,} of {found.total:,} trials in "
        f"{found.elapsed_s:.1f} s ({rate:,.0f} a second)"
        + (f", {found.resumed:,} of them before" if found.resumed else ""),
        soft_wrap=True,
    )
    scores = neighbourhood_scores(found.points, found.scores)
    order = np.argsort(-np.where(np.isfinite(scores), scores, -np.inf), kind="stable")[:SHOWN]
    figures = found.sweep.figures
    out.print(
        table(
            f"Best neighbourhoods by {found.objective}",
            ("", *found.space.names, ">neighbourhood", ">score", ">return", ">drawdown", ">trades"),
            [
                (
                    _mark(found, trial),
                    *(_text(value) for value in found.points[trial].values()),
                    number(float(scores[trial])),
                    number(float(found.scores[trial])),
                    percent(float(figures["total_return"][trial])),
                    percent(float(figures["drawdown"][trial])),
                    f"{int(figures['trades'][trial]):,}",
                )
                for trial in [*order.tolist(), *_missing_best(found, order.tolist())]
            ],
        )
    )
    out.print(
        f"Deflated Sharpe of the best: [bold]{percent(found.deflated_sharpe())}[/] - the probability that its true "
        f"Sharpe ratio is above what the best of {found.counted:,} worthless trials would show.",
        soft_wrap=True,
    )
    out.print(
        f"Probability of overfitting: [bold]{percent(found.pbo)}[/] - how often the best of one half of the time "
        "was below the middle in the other half.",
        soft_wrap=True,
    )
    if found.interrupted:
        out.print("[yellow]Stopped; the same command goes on from here.[/]")
    if folder is not None:
        show_facts(out, [("Sheet", f"{folder / 'sheet.html'}")])


def _missing_best(found: Search, shown: Sequence[int]) -> list[int]:
    return [] if found.best is None or found.best in shown else [found.best]


def _mark(found: Search, trial: int) -> str:
    marks = []
    if found.plateau is not None and trial == found.plateau.trial:
        marks.append("plateau")
    if trial == found.best:
        marks.append("best")
    return ", ".join(marks)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
