"""`argos backtest`: one strategy, one market, one result; or a kept one made again."""

import os
from dataclasses import asdict, dataclass
from dataclasses import replace as dataclass_replace
from pathlib import Path
from typing import Annotated, Any

import typer

from argos.backtest.lookahead import LookAhead, check_lookahead
from argos.backtest.metrics import metrics_of
from argos.backtest.provenance import Provenance
from argos.backtest.result import Result
from argos.backtest.run import run
from argos.backtest.signal_quality import (
    Quality,
    outcomes_after,
    outcomes_of_trades,
    past_signals,
    quality_of,
)
from argos.backtest.strategy import BarStrategy, Market, Signals, signals_of
from argos.cli.frame.entrance import EXIT_ERROR
from argos.cli.frame.printing import AsJson, print_json, screen
from argos.cli.research import consensus, market, output
from argos.cli.research.again import make_again
from argos.cli.research.heard import HeardInRun, heard_in
from argos.cli.research.market import MarketChoice
from argos.cli.research.request import Request, held_instead, requested
from argos.cli.research.shown import (
    show_facts,
    show_lookahead,
    show_notes,
    show_run,
    show_signals_alone,
)
from argos.cli.research.underway import bar, made_ready
from argos.core.errors import InputError
from argos.settings import load_config, open_home
from argos.studies.run_folder import metrics_document, provenance_document, run_study
from argos.studies.settings_text import finite, finite_tree
from argos.tearsheet.run_page import run_sheet


def register(app: typer.Typer) -> None:
    app.command(
        "backtest",
        epilog="Examples: `argos backtest ema-cross --data demo`; `argos backtest consensus --data demo --calibrate`; "
        "`argos backtest my.py:Breakout --data prices.csv --zone America/New_York --set span=20 "
        "--set exits.stop_fraction=0.02 --lookahead-check`; `argos backtest --again argos-studies/NAME`.",
    )(backtest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run and what is told about it."""

    result: Result
    quality: Quality
    alone: Quality | None
    provenance: Provenance
    lookahead: LookAhead | None


def backtest(
    context: typer.Context,
    strategy: market.StrategyName = "",
    data: market.Data = [],  # noqa: B006 - typer makes a new list each time
    symbols: market.Symbols = "",
    since: market.Since = None,
    until: market.Until = None,
    zone: market.Zone = None,
    finer: market.Finer = None,
    every: market.Every = None,
    assign: market.Assign = [],  # noqa: B006
    costs: market.Costs = "stocks",
    session: market.Session = None,
    flat_at_session_end: market.FlatAtEnd = False,
    rollover: market.Rollover = "00:00",
    signals: market.PastSignals = None,
    known_at_open: market.KnownAtOpen = False,
    votes: consensus.Votes = None,
    weights: consensus.Weights = None,
    calibration: consensus.CalibrationFile = None,
    calibrate: consensus.Calibrate = False,
    configured: consensus.Configured = False,
    hold_bars: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Judge each signal on its own, too: in at the next open, out so many bars later, without costs.",
            metavar="N",
        ),
    ] = None,
    lookahead_check: Annotated[
        bool,
        typer.Option(
            "--lookahead-check",
            help="Take the future away at random bars and demand the same decisions before them; exit 1 if not.",
        ),
    ] = False,
    again: Annotated[
        Path | None,
        typer.Option(help="Make a kept run again and compare every bit.", metavar="FOLDER"),
    ] = None,
    out: output.Out = None,
    no_save: output.NoSave = False,
    replace: output.Replace = False,
    as_json: AsJson = False,
) -> None:
    """Play a strategy over past prices: what it made, what it cost, how often it was right."""
    if again is not None:
        make_again(again, as_json=as_json)
        return
    options = consensus.ConsensusOptions(
        votes=votes,
        weights=weights,
        calibration=calibration,
        calibrate=calibrate,
        configured=configured,
    )
    words = options.words(strategy)
    given = dict(context.params)
    if configured:
        config = load_config(open_home(), os.environ)
        words = [*consensus.configured_words(config), *words]
        given |= _where_not_given(context, consensus.configured_options(config))
    choice = MarketChoice.of_options(given)
    request = requested(strategy, choice, [*words, *assign])
    show_notes(request.notes)
    heard = heard_in(
        request,
        hold_bars=hold_bars,
        calibrate=calibrate,
        alone=lookahead_check,
        shown=not as_json,
    )
    ran = play(request, lookahead=lookahead_check, hold_bars=hold_bars, shown=not as_json)
    folder = None
    if not no_save:
        study = run_study(
            ran.result,
            ran.provenance,
            source={**request.source(), **heard.texts},
            sheet=run_sheet(
                ran.result,
                ran.provenance,
                benchmark=held_instead(ran.result),
                told_first=consensus.page_warnings(request.made),
            ),
            request=choice.document(),
            more={"quality": quality_document(ran.quality), **heard.document},
            tables=heard.tables,
        )
        folder = output.keep(
            study, out, name=f"{request.subject.name}-{choice.data[0]}", replace=replace
        )
    if as_json:
        print_json({**document(ran, folder), **heard.document})
    else:
        show(ran, folder, heard)
    if ran.lookahead is not None and not ran.lookahead.clean:
        raise typer.Exit(EXIT_ERROR)


def _is_default(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "DEFAULT"


def _where_not_given(context: typer.Context, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if _is_default(context, name)}


def play(request: Request, *, lookahead: bool, hold_bars: int | None, shown: bool) -> Ran:
    """Runs the strategy, and first takes its future away if asked."""
    made, arguments, settings = request.made, request.arguments, request.settings
    checked = (
        check_lookahead(request.strategy, request.bars, settings=settings, params=arguments)
        if lookahead
        else None
    )
    made_ready(request.bars)
    with bar("backtest", unit="bars", shown=shown) as tell:
        result = run(
            made,
            request.bars,
            settings=settings,
            params=arguments,
            progress=lambda done: tell(done, len(request.bars)),
        )
    # A class with on_bar cannot tell its own parameters, nor signals where they come from.
    result = dataclass_replace(
        result,
        params={**request.subject.parameters(), **request.params},
        strategy=request.subject.name if request.table else result.strategy,
    )
    return Ran(
        result=result,
        quality=quality_of(outcomes_of_trades(result)),
        alone=None if hold_bars is None else _alone(request, hold_bars),
        provenance=request.provenance(seed=None),
        lookahead=checked,
    )


def _alone(request: Request, hold_bars: int) -> Quality:
    """Each signal on its own, whatever the account held then."""
    bars = request.bars
    if request.table is not None:
        told = request.table.past()
    elif isinstance(request.made, BarStrategy | Signals):
        raise InputError(
            "the signals of a strategy by bar depend on what it holds",
            code="BACKTEST_SETTING",
            field="--hold-bars",
            fix="write it over arrays, or leave --hold-bars out",
        )
    else:
        market = Market(bars=bars)
        told = past_signals(signals_of(request.made, market, request.arguments), bars)
    return quality_of(outcomes_after(told, bars, hold_bars=hold_bars))


def show(ran: Ran, folder: Path | None, heard: HeardInRun) -> None:
    """For people."""
    out = screen()
    show_run(out, ran.result, metrics_of(ran.result), ran.quality, ran.provenance)
    heard.show(out)
    if ran.alone is not None:
        show_signals_alone(out, ran.alone)
    if ran.lookahead is not None:
        show_lookahead(out, ran.lookahead)
    if folder is not None:
        show_facts(
            out,
            [("Sheet", f"{folder / 'sheet.html'}"), ("Again", f"argos backtest --again {folder}")],
        )


def document(ran: Ran, folder: Path | None) -> dict[str, Any]:
    """For programs."""
    result = ran.result
    return {
        "strategy": ran.provenance.strategy,
        "params": result.params,
        "provenance": provenance_document(ran.provenance),
        "engine": result.engine,
        "metrics": metrics_document(metrics_of(result)),
        "costs": {name: finite(value) for name, value in asdict(result.costs).items()},
        "quality": quality_document(ran.quality),
        "signals_alone": None if ran.alone is None else quality_document(ran.alone),
        "lookahead": None if ran.lookahead is None else asdict(ran.lookahead),
        "folder": None if folder is None else str(folder),
    }


def quality_document(quality: Quality) -> dict[str, Any]:
    """Signal quality as JSON holds it; buckets of confidence as "0.5-0.6"."""
    found = asdict(quality)
    found["by_confidence"] = {
        f"{low:g}-{high:g}": rate for (low, high), rate in found["by_confidence"].items()
    }
    return {name: finite_tree(value) for name, value in found.items()}
