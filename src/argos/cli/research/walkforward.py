"""`argos walkforward`: parameters chosen on the past are tried on what came next, again and again."""

from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape

from argos.backtest.crossvalidation import CrossValidation, cpcv
from argos.backtest.metrics import metrics_of
from argos.backtest.points import Points, grid, random_points
from argos.backtest.space_text import parse_space
from argos.backtest.spans import span_of
from argos.backtest.walkforward import Progress, WalkForward, walk_forward
from argos.backtest.windows import Windows
from argos.cli.frame.entrance import EXIT_INTERRUPTED
from argos.cli.frame.printing import AsJson, print_json, screen, table
from argos.cli.research import market, output
from argos.cli.research.consensus import page_warnings
from argos.cli.research.crossvalidating import (
    crossvalidation_document,
    groups_of,
    show_crossvalidation,
)
from argos.cli.research.market import MarketChoice
from argos.cli.research.request import Request, held_instead, requested
from argos.cli.research.shown import number, percent, show_facts, show_notes
from argos.cli.research.underway import Interrupted, bar, interruptible, made_ready
from argos.core.errors import InputError
from argos.studies.crews import cores
from argos.studies.run_folder import metrics_document, provenance_document
from argos.studies.walk_folder import walk_document, walk_study
from argos.tearsheet.walk_page import walk_sheet

EMBARGO: Final = 0


class Chosen(StrEnum):
    BEST = "best"
    PLATEAU = "plateau"


def register(app: typer.Typer) -> None:
    app.command(
        "walkforward",
        epilog="Examples: `argos walkforward ema-cross --data demo --space fast=5..50:5 --space slow=20..200:20 "
        "--train 3y --test 1y --embargo 5`; `argos walkforward breakout --data prices.csv --space span=10..200:10 "
        "--train 5000 --test 1000 --anchored --choose plateau`.",
    )(walkforward)


def walkforward(
    context: typer.Context,
    strategy: market.StrategyName,
    data: market.Data,
    space: market.Space,
    train: Annotated[
        str,
        typer.Option(help="Length of training: 3y, 18mo, 90d, or so many bars.", metavar="SPAN"),
    ],
    test: Annotated[str, typer.Option(help="Length of each test, alike.", metavar="SPAN")],
    step: Annotated[
        str | None,
        typer.Option(help="From one test to the next; else the length of a test.", metavar="SPAN"),
    ] = None,
    anchored: Annotated[
        bool, typer.Option("--anchored", help="Training always begins with the first bar.")
    ] = False,
    embargo: Annotated[
        int, typer.Option(min=0, help="Bars left unused between training and test.")
    ] = EMBARGO,
    choose: Annotated[
        Chosen,
        typer.Option(help="The single best of training, or the middle of its widest plateau."),
    ] = Chosen.BEST,
    cross_validate: Annotated[
        str | None,
        typer.Option(
            help="Judge the choice on all combinations of stretches of time, too: 5 (purged K-fold) or 10,2.",
            metavar="GROUPS[,TESTED]",
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="So many points by chance, instead of the whole grid."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of points by chance.")] = 0,
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
    objective: market.ObjectiveName = "sharpe",
    threads: market.Threads = None,
    out: output.Out = None,
    no_save: output.NoSave = False,
    replace: output.Replace = False,
    as_json: AsJson = False,
) -> None:
    """Choose parameters on the past, try them on what came next, and go on: what no parameter has seen.

    Ctrl-C keeps the folds that are done.
    """
    choice = MarketChoice.of_options(context.params)
    request = requested(strategy, choice, assign)
    show_notes(request.notes)
    if request.arguments:
        raise InputError(
            "parameters of a function that are not searched cannot be set here",
            code="STRATEGY_PARAM",
            field="--set",
            fix="give them as a space of one value: --space "
            + "=".join(map(str, next(iter(request.arguments.items())))),
        )
    wanted = parse_space(space)
    request.require_known(wanted.names)
    points = grid(wanted) if trials is None else random_points(wanted, trials, seed)
    windows = Windows(
        train=span_of(train),
        test=span_of(test),
        step=None if step is None else span_of(step),
        anchored=anchored,
        embargo=embargo,
    )

    groups = None if cross_validate is None else groups_of(cross_validate)
    crossed = None
    made_ready(request.bars, runs=len(points))
    with (
        interruptible() as interrupted,
        bar("walk", unit="trials", shown=not as_json) as tell,
    ):

        def told(progress: Progress) -> None:
            tell(progress.trials_done, progress.trials)

        walk = walk_forward(
            request.strategy,
            request.bars,
            points,
            windows=windows,
            settings=request.settings,
            objective=objective,
            choose="plateau" if choose is Chosen.PLATEAU else "best",
            threads=threads or cores(),
            progress=told,
            stopped=interrupted,
        )
        if groups is not None and not walk.interrupted:
            crossed = _crossed(request, points, groups, embargo, threads, interrupted)
    provenance = request.provenance(seed=None if trials is None else seed)
    folder = None
    if not no_save:
        study = walk_study(
            walk,
            request.bars,
            provenance,
            source=request.source(),
            sheet=walk_sheet(
                walk,
                provenance,
                bars=request.bars,
                benchmark=held_instead(walk.result),
                told_first=page_warnings(request.made),
            ),
            request=choice.document(),
        )
        name = f"{request.subject.name}-{data[0]}-walk"
        folder = output.keep(study, out, name=name, replace=replace)
    if as_json:
        document: dict[str, Any] = {
            "strategy": request.subject.reference,
            "provenance": provenance_document(provenance),
            "metrics": metrics_document(metrics_of(walk.result)),
            **walk_document(walk, request.bars),
            "cross_validation": None if crossed is None else crossvalidation_document(crossed),
            "folder": None if folder is None else str(folder),
        }
        print_json(document)
    else:
        _show(screen(), walk, walk_document(walk, request.bars))
        if crossed is not None:
            show_crossvalidation(screen(), crossed)
        if folder is not None:
            show_facts(screen(), [("Sheet", f"{folder / 'sheet.html'}")])
    if walk.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)


def _crossed(
    request: Request,
    points: Points,
    groups: tuple[int, int],
    embargo: int,
    threads: int | None,
    interrupted: Interrupted,
) -> CrossValidation | None:
    """None if it was interrupted: the walk before it is kept."""
    try:
        return cpcv(
            request.strategy,
            request.bars,
            points,
            groups=groups[0],
            tested=groups[1],
            embargo=embargo,
            settings=request.settings,
            threads=threads or cores(),
            stopped=interrupted,
        )
    except InputError:
        if interrupted():
            return None
        raise


def _show(out: Console, walk: WalkForward, told: dict[str, Any]) -> None:
    """For people: each fold, then what the tests came to together."""
    out.print(
        table(
            f"Folds, chosen by {walk.objective} in training",
            (
                "test from",
                "to",
                *walk.folds[0].params,
                ">train",
                ">test",
                ">test return",
                ">trades",
                ">DSR",
                ">PBO",
            ),
            [
                (
                    each["test_from"][:10],
                    each["test_to"][:10],
                    *(
                        f"{value:g}" if isinstance(value, float) else str(value)
                        for value in fold.params.values()
                    ),
                    number(fold.train_score),
                    number(fold.test_score),
                    percent(fold.test_return),
                    f"{fold.test_trades:,}",
                    percent(fold.dsr),
                    percent(fold.pbo),
                )
                for fold, each in zip(walk.folds, told["folds"], strict=True)
            ],
        )
    )
    metrics = metrics_of(walk.result)
    lines = [
        f"Out of sample: return [bold]{percent(metrics.total_return)}[/], deepest drawdown "
        f"{percent(metrics.drawdown)}, Sharpe {number(metrics.sharpe)} of {metrics.sharpe_n:,} returns "
        f"(PSR {percent(metrics.psr)}), {metrics.trades:,} trades.",
        f"Efficiency {number(walk.efficiency)} (test over training; 1 keeps the promise); "
        f"{percent(walk.positive_folds)} of folds gained; ranks in training and test agree by "
        f"{number(walk.rank_correlation)} (n {walk.rank_correlation_n}).",
    ]
    lines += [
        f"[dim]{escape(each.name)}[/]: {each.distinct} values, {escape(str(each.most_frequent))} in "
        f"{percent(each.share)} of folds, spread {number(each.spread)} (0 always the same, 1 as by dice)"
        for each in walk.stability
    ]
    for line in lines:
        out.print(line, soft_wrap=True)
    if walk.interrupted:
        out.print(f"[yellow]Stopped: {len(walk.folds)} of {walk.planned} folds.[/]")
