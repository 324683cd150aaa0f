"""The sheet of a parameter search: wide hills before lonely peaks, and how far to believe any of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from argos.backtest.lattices import axis_of
from argos.backtest.layout import Floats
from argos.backtest.objectives import scores_of
from argos.backtest.plateaus import Plateau, neighbourhood_scores
from argos.backtest.provenance import Provenance
from argos.backtest.searching import Search
from argos.backtest.settings import Settings
from argos.backtest.space_text import space_lines
from argos.tearsheet.document import render
from argos.tearsheet.figures import Figure
from argos.tearsheet.parameter_plots import figure_words, heat_plot, level_text, short, strip
from argos.tearsheet.settings_words import Term, settings_in_words
from argos.tearsheet.words import NOTHING, THIN, count, duration, number, percent

_COLUMNS: Final = ("sharpe", "total_return")
"""Objectives that the table of trials has anyway."""
TRIALS_SHOWN: Final = 20
MAPS_MAX: Final = 6
DOUBT: Final = 0.5
"""A probability of overfitting from here on says that choosing the best was no better than a coin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One trial as text."""

    number: int
    what: str
    values: tuple[str, ...]
    neighbourhood: str
    score: str
    sharpe: str
    psr: str
    dsr: str
    total_return: str
    drawdown: str
    trades: str


def search_sheet(
    search: Search,
    provenance: Provenance,
    *,
    figure: str | None = None,
    settings: Settings | None = None,
    told_first: Sequence[str] = (),
) -> str:
    """A search as a whole HTML document that loads nothing from anywhere.

    figure: what heat maps and strips show, a name in FIGURES; the search's objective unless given. settings: what all
    trials had in common, to be told in words. told_first: above the usual warnings. Raises InputError for an unknown
    figure.
    """
    done = search.sweep.done
    shown = figure_words(figure or search.objective)
    values = search.scores[:done] if figure is None else _figure(search, figure)
    around = neighbourhood_scores(search.points, search.scores[:done])
    varied = (
        [name for name in search.space.names if len(axis_of(search.points, name)) > 1]
        if done
        else []
    )
    return render(
        "search.html.j2",
        scripts=("ready.js",),
        title=f"{search.strategy}: Argos search",
        search=search,
        provenance=provenance,
        figure=shown,
        headline=_headline(search),
        sentences=_sentences(search),
        warnings=[*told_first, *_warnings(search)],
        maps=[
            heat_plot(search, values, x, y, figure=shown)
            for x, y in list(combinations(varied, 2))[:MAPS_MAX]
        ],
        maps_left_out=max(math.comb(len(varied), 2) - MAPS_MAX, 0),
        strips=[plot for name in varied if (plot := strip(search, values, name, figure=shown))],
        names=search.space.names,
        objective="" if search.objective in _COLUMNS else figure_words(search.objective),
        rows=_rows(search, around),
        made=_made(search),
        settings=settings_in_words(settings, provenance.bars) if settings else [],
    )


def _figure(search: Search, figure: str) -> Floats:
    """A figure of all trials as it is; checked by `scores_of`, which turns some round."""
    scores_of(search.sweep.figures[:0], figure)
    return search.sweep.figures[figure][: search.sweep.done].astype(np.float64)


def _headline(search: Search) -> list[Figure]:
    plateau, best = search.plateau, search.best
    at_best = "no trial has a score"
    if best is not None:
        psr = percent(search.sweep.probabilistic_sharpe(best))
        at_best = f"trial {best + 1:,}; n{THIN}={THIN}{_n(search):,}, PSR {psr}"
    return [
        Figure(
            name=f"Plateau: {figure_words(search.objective)}",
            text=short(plateau.neighbourhood) if plateau else NOTHING,
            below=_around(plateau) if plateau else "no trial has a score",
        ),
        Figure(
            name=f"Best: {figure_words(search.objective)}",
            text=short(float(search.scores[best])) if best is not None else NOTHING,
            below=at_best,
        ),
        Figure(
            name="Deflated Sharpe (DSR)",
            text=percent(search.deflated_sharpe()),
            below=f"of the best, after {count(search.counted, 'trial')}",
        ),
        Figure(
            name="Overfitting (PBO)",
            text=percent(search.pbo),
            below="probability, from all trials",
        ),
    ]


def _around(plateau: Plateau) -> str:
    return (
        f"mean of {count(plateau.neighbours, 'neighbour')}, "
        f"{short(plateau.lowest)} to {short(plateau.highest)}; "
        f"trial {plateau.trial + 1:,} has {short(plateau.score)}"
    )


def _sentences(search: Search) -> list[str]:
    return [
        f"DSR is the probability that the best trial's true Sharpe ratio is above what the best of {search.counted:,} "
        "worthless trials would show by luck.",
        "PBO is the probability that the trial that is best in one half of the time is below the median in the other.",
        "The plateau is the trial whose neighbours are good, too; it promises less than the best "
        "and usually keeps more of it.",
    ]


def _warnings(search: Search) -> list[str]:
    said = []
    if search.interrupted:
        said.append(
            f"The search was stopped: {search.counted:,} of {search.total:,} trials were played."
        )
    if math.isfinite(search.pbo) and search.pbo >= DOUBT:
        said.append(
            f"Choosing the best was no better than a coin here: PBO is {percent(search.pbo)}."
        )
    dsr = search.deflated_sharpe()
    if math.isfinite(dsr) and dsr < 1 - 0.05:
        said.append(f"The best is not clear of luck: its DSR is {percent(dsr)}, below 95{THIN}%.")
    if search.best is None:
        said.append("No trial has a score, so nothing can be chosen.")
    blank = int((~np.isfinite(search.scores[: search.sweep.done])).sum())
    if blank and search.best is not None:
        said.append(
            f"{count(blank, 'trial')} came to no score, and count as the worst around them."
        )
    at_edge = _edges(search)
    if at_edge:
        said.append(
            f"The plateau lies at the edge of what was searched in {', '.join(at_edge)}: the space may be too small."
        )
    return said


def _edges(search: Search) -> list[str]:
    """Parameters in which the plateau is the first or last of at least three levels."""
    if search.plateau is None:
        return []
    found = []
    for name in search.space.names:
        axis = axis_of(search.points, name)
        if (
            axis.ordered
            and len(axis) > 2
            and int(axis.places[search.plateau.trial]) in (0, len(axis) - 1)
        ):
            found.append(name)
    return found


def _rows(search: Search, around: Floats) -> list[TrialRow]:
    """The trials of the best neighbourhoods, and the best trial wherever it stands."""
    if search.best is None:
        return []
    order = np.lexsort(
        (-np.nan_to_num(search.scores[: len(around)], nan=-math.inf), -around)
    ).tolist()
    shown = order[:TRIALS_SHOWN]
    if search.best not in shown:
        shown.append(search.best)
    plateau = search.plateau.trial if search.plateau else -1
    if plateau in shown:
        # The plateau's own rule breaks ties, so it may be one of several that are equal.
        shown.remove(plateau)
        shown.insert(0, plateau)
    return [_row(search, around, trial, plateau) for trial in shown]


def _row(search: Search, around: Floats, trial: int, plateau: int) -> TrialRow:
    figures = search.sweep.figures[trial]
    params = search.points[trial]
    marks = ["plateau"] if trial == plateau else []
    if trial == search.best:
        marks.append("best")
    return TrialRow(
        number=trial + 1,
        what=", ".join(marks),
        values=tuple(_value(params.get(name)) for name in search.space.names),
        neighbourhood=short(float(around[trial])),
        score=short(float(search.scores[trial])),
        sharpe=number(float(figures["sharpe"])),
        psr=percent(search.sweep.probabilistic_sharpe(trial)),
        dsr=percent(search.deflated_sharpe(trial)),
        total_return=percent(float(figures["total_return"]), sign=True),
        drawdown=percent(float(figures["drawdown"])),
        trades=f"{int(figures['trades']):,}",
    )


def _made(search: Search) -> list[Term]:
    how = {
        "grid": "grid: every parameter set that the conditions allow",
        "random": "random: drawn evenly",
        "optuna": "optuna: each trial learns from those before it",
    }
    terms = [
        ("Space", "; ".join(space_lines(search.space))),
        ("Method", how[search.method]),
        ("Objective", search.objective),
        ("Seed", "not used" if search.method == "grid" else str(search.seed)),
        ("Trials", f"{search.counted:,} played and counted, of {search.total:,} asked for"),
        ("Time", duration(search.elapsed_s)),
    ]
    if search.repeats:
        terms.append(
            ("Repeats", f"{search.repeats:,} suggestions had been played before, and count once")
        )
    if search.resumed:
        terms.append(("Resumed", f"{search.resumed:,} trials were in the journal already"))
    return terms


def _n(search: Search) -> int:
    return int(search.sweep.period_counts.sum())


def _value(value: Any) -> str:
    return NOTHING if value is None else level_text(value)
