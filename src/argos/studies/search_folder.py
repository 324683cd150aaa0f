"""A search as a folder of results: every trial with its figures, and what they are worth together."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from argos.backtest.plateaus import neighbourhood_scores
from argos.backtest.provenance import Provenance
from argos.backtest.searching import Search
from argos.backtest.settings import Settings
from argos.backtest.space_text import space_lines
from argos.backtest.sweep import FIGURES
from argos.studies.folder import Study
from argos.studies.origin import environment
from argos.studies.run_folder import provenance_document
from argos.studies.settings_text import finite, finite_tree, plain, settings_document

SEARCH = "search"


def search_study(
    found: Search,
    provenance: Provenance,
    *,
    settings: Settings,
    params: Mapping[str, Any],
    source: Mapping[str, str],
    sheet: str,
    request: Mapping[str, Any],
) -> Study:
    """All that is kept of a search. params: those of the strategy that were not searched."""
    return Study(
        kind=SEARCH,
        document={
            "provenance": provenance_document(provenance),
            "environment": environment(),
            "params": {name: plain(value) for name, value in params.items()},
            "settings": settings_document(settings),
            "request": dict(request),
            "search": search_document(found),
        },
        tables={"trials": trial_table(found)},
        texts={**source, "sheet.html": sheet},
    )


def search_document(found: Search) -> dict[str, Any]:
    """What a search came to, as JSON holds it."""
    return {
        "space": list(space_lines(found.space)),
        "method": found.method,
        "seed": found.seed,
        "objective": found.objective,
        "asked": found.total,
        "played": found.counted,
        "repeats": found.repeats,
        "resumed": found.resumed,
        "interrupted": found.interrupted,
        "elapsed_s": found.elapsed_s,
        "best": trial_document(found, found.best),
        "plateau": None
        if found.plateau is None
        else trial_document(found, found.plateau.trial)
        | {
            "neighbourhood_score": finite(found.plateau.neighbourhood),
            "neighbours": found.plateau.neighbours,
            "ranges": finite_tree(found.plateau.ranges),
        },
        "deflated_sharpe": finite(found.deflated_sharpe()),
        "overfitting_probability": finite(found.pbo),
        "overfitting_splits": found.sweep.overfitting_splits,
    }


def trial_document(found: Search, trial: int | None) -> dict[str, Any]:
    """Parameters, score and figures of one trial; empty for None."""
    if trial is None:
        return {}
    figures = found.sweep.figures[trial]
    return {
        "trial": trial,
        "params": found.points[trial],
        "score": finite(float(found.scores[trial])),
        "figures": {name: finite(figures[name].item()) for name in FIGURES.names or ()},
        "probabilistic_sharpe": finite(found.sweep.probabilistic_sharpe(trial)),
    }


def trial_table(found: Search) -> pa.Table:
    """One row a trial, in the order of their numbers: parameters, figures, score, score of the neighbourhood."""
    columns: dict[str, Any] = {
        name: [given[name] for given in found.points] for name in found.space.names
    }
    for name in FIGURES.names or ():
        columns[name] = np.ascontiguousarray(found.sweep.figures[name])
    return pa.table(
        columns
        | {
            "score": found.scores,
            "neighbourhood_score": neighbourhood_scores(found.points, found.scores),
        }
    )
