"""The sheet of a walk-forward: what training promised, and what the tests that it had not seen kept of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.metrics import Metrics, metrics_of
from argos.backtest.provenance import Provenance
from argos.backtest.result import Result
from argos.backtest.stability import ParamStability
from argos.backtest.walkforward import WalkForward
from argos.core.errors import InputError
from argos.tearsheet import words
from argos.tearsheet.document import LIBRARY, render
from argos.tearsheet.falls import fall_rows
from argos.tearsheet.figures import Figure, sharpe_note, span_words, warnings
from argos.tearsheet.month_table import NAMES, month_table
from argos.tearsheet.parameter_plots import figure_words, short
from argos.tearsheet.settings_words import settings_in_words
from argos.tearsheet.timeline import timeline
from argos.tearsheet.walk_plots import chosen_plot, promise_plot, value_text, windows_plot
from argos.tearsheet.words import NOTHING, count, number, percent

SCRIPTS: Final = (LIBRARY, "pack.js", "chart.js", "timeline.js", "walk.js")
FOLDS_FEW: Final = 5
_DAY_S: Final = 86_400
_STEADY: Final = 0.5
_DICE: Final = 0.9
"""Spreads of chosen values, where 1 is what dice would give."""
_DRIFTS: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldRow:
    """One fold as text. test_sign: gain, loss or nothing."""

    number: int
    train: str
    test: str
    values: tuple[str, ...]
    train_score: str
    test_score: str
    train_return: str
    test_return: str
    test_sign: str
    trades: str
    dsr: str
    pbo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StabilityRow:
    """One parameter as text; said: what that means."""

    name: str
    most: str
    share: str
    distinct: str
    spread: str
    drift: str
    said: str


def walk_sheet(
    walk: WalkForward,
    provenance: Provenance,
    *,
    bars: Bars | None = None,
    benchmark: Result | None = None,
    told_first: Sequence[str] = (),
) -> str:
    """A walk-forward as a whole HTML document that loads nothing from anywhere.

    bars: those that were walked over, so that the first training spans can be dated; without them they are told by
    number. benchmark: of the same bars as `walk.result`; InputError (SHEET_BENCHMARK) for others. told_first: above the
    usual warnings.
    """
    result = walk.result
    if benchmark is not None and not np.array_equal(
        benchmark.bars.opened_ns, result.bars.opened_ns
    ):
        raise InputError(
            "the benchmark is of other bars than the tests",
            code="SHEET_BENCHMARK",
            field="benchmark",
            fix="play the benchmark on the bars of walk.result",
        )
    figures = metrics_of(result)
    other = metrics_of(benchmark) if benchmark is not None else None
    daily = words.step_of(result.bars.opened_ns) >= _DAY_S
    drawn = timeline(result, benchmark)
    objective = figure_words(walk.objective)
    return render(
        "walk.html.j2",
        scripts=SCRIPTS,
        data={
            "timeline": drawn.tables,
            "logarithmic": bool(result.equity.min() > 0),
            "daily": daily,
            "benchmark": benchmark.strategy if benchmark is not None else "",
        },
        title=f"{result.strategy}: Argos walk-forward",
        walk=walk,
        result=result,
        provenance=provenance,
        figures=figures,
        benchmark=benchmark.strategy if benchmark is not None else "",
        objective=objective,
        span=span_words(result),
        headline=_headline(walk, figures, other),
        sharpe_note=sharpe_note(figures),
        sentences=_sentences(walk),
        warnings=[*told_first, *_warnings(walk), *warnings(result, figures)],
        windows=windows_plot(walk.folds, bars),
        promise=promise_plot(walk.folds, figure=objective),
        chosen=[chosen_plot(one) for one in walk.stability if one.candidates > 1],
        names=[one.name for one in walk.stability],
        folds=[_fold_row(walk, place, bars) for place in range(len(walk.folds))],
        stability=[_stability_row(one) for one in walk.stability],
        drawn=drawn,
        falls=fall_rows(result, daily=daily),
        month_names=NAMES,
        months=month_table(result),
        settings=settings_in_words(result.settings, len(result.bars)),
    )


def _headline(walk: WalkForward, figures: Metrics, other: Metrics | None) -> list[Figure]:
    gained = figures.total_return
    return [
        Figure(
            name="Return of the tests",
            text=percent(gained, sign=True),
            other=percent(other.total_return, sign=True) if other else "",
            below=f"{percent(figures.cagr, sign=True)} a year; one run over all tests, after all costs",
            good=gained > 0 if gained else None,
        ),
        Figure(
            name="Sharpe ratio of the tests",
            text=number(figures.sharpe),
            other=f"{number(other.sharpe)} ({sharpe_note(other)})" if other else "",
            below=sharpe_note(figures),
        ),
        Figure(
            name="Kept of what training promised",
            text=percent(walk.efficiency, 0),
            below="mean yearly return of tests over that of their trainings (efficiency)",
        ),
        Figure(
            name="Folds that gained",
            text=percent(walk.positive_folds, 0),
            below=f"of {count(len(walk.folds), 'fold')}; deepest drawdown {percent(-figures.drawdown)}",
        ),
    ]


def _sentences(walk: WalkForward) -> list[str]:
    said = [
        f"Parameters were chosen {len(walk.folds):,} times on past bars only, "
        f"by {figure_words(walk.objective)} among {count(len(walk.params), 'set')}, "
        "and then traded on bars that the choice had not seen.",
    ]
    if math.isfinite(walk.rank_correlation):
        said.append(
            f"The rank correlation of all sets' scores in training and test is {number(walk.rank_correlation)} "
            f"on average over {count(walk.rank_correlation_n, 'fold')}: "
            "1 says that what is good in training is good after it, 0 that training says nothing."
        )
    return said


def _warnings(walk: WalkForward) -> list[str]:
    said = []
    if walk.interrupted:
        said.append(
            f"The walk was stopped: {len(walk.folds):,} of {count(walk.planned, 'fold')} are here."
        )
    if len(walk.folds) < FOLDS_FEW:
        said.append(f"Too few to judge a way of choosing: {count(len(walk.folds), 'fold')}.")
    if math.isfinite(walk.rank_correlation) and walk.rank_correlation <= 0:
        said.append("What was good in training was no better than others in the tests.")
    if math.isnan(walk.efficiency):
        said.append("Training promised no gain, so there is nothing that tests could have kept.")
    if walk.untested_bars:
        said.append(f"{count(walk.untested_bars, 'bar')} after the last test were not used.")
    return said


def _fold_row(walk: WalkForward, place: int, bars: Bars | None) -> FoldRow:
    fold = walk.folds[place]
    return FoldRow(
        number=place + 1,
        train=_span(walk, bars, fold.train_first, fold.train_last),
        test=_span(walk, bars, fold.test_first, fold.test_last),
        values=tuple(value_text(fold.params.get(one.name)) for one in walk.stability),
        train_score=short(fold.train_score),
        test_score=short(fold.test_score),
        train_return=percent(fold.train_return, sign=True),
        test_return=percent(fold.test_return, sign=True),
        test_sign="gain" if fold.test_return > 0 else "loss" if fold.test_return < 0 else "",
        trades=f"{fold.test_trades:,}",
        dsr=percent(fold.dsr),
        pbo=percent(fold.pbo),
    )


def _span(walk: WalkForward, bars: Bars | None, first: int, last: int) -> str:
    """Dates of a span; bar numbers where a bar lies before those of the stitched run."""
    origin = walk.folds[0].test_first
    opened = walk.result.bars.opened_ns if bars is None else bars.opened_ns
    start = origin if bars is None else 0
    if first < start:
        return f"bars {first:,} to {last - 1:,}"
    begin, end = (
        datetime.fromtimestamp(int(opened[bar - start]) / 1e9, tz=UTC) for bar in (first, last - 1)
    )
    return f"{begin:%Y-%m-%d} to {end:%Y-%m-%d}"


def _stability_row(one: ParamStability) -> StabilityRow:
    if one.distinct == 1:
        said = "always the same"
    elif not math.isfinite(one.spread):
        said = f"{one.distinct} values, which have no order"
    elif one.spread < _STEADY:
        said = "steady"
    elif one.spread < _DICE:
        said = "wanders"
    else:
        said = "as if by dice"
    if math.isfinite(one.drift) and abs(one.drift) > _DRIFTS and one.distinct > 1:
        said += ", rising over time" if one.drift > 0 else ", falling over time"
    return StabilityRow(
        name=one.name,
        most=value_text(one.most_frequent),
        share=percent(one.share, 0),
        distinct=f"{one.distinct:,} of {one.candidates:,}",
        spread=number(one.spread) if math.isfinite(one.spread) else NOTHING,
        drift=number(one.drift, sign=True) if math.isfinite(one.drift) else NOTHING,
        said=said,
    )
