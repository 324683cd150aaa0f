"""A walk-forward as a folder of results: its folds, and the run over all their tests."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from argos.backtest.bars import Bars
from argos.backtest.provenance import Provenance
from argos.backtest.walkforward import Fold, WalkForward
from argos.studies.columns import opened_at
from argos.studies.folder import Study
from argos.studies.run_folder import run_study
from argos.studies.settings_text import finite_tree, plain

WALK = "walkforward"
FOLD_FIGURES = (
    "train_score", "test_score", "train_return", "test_return", "train_trades", "test_trades", "trials", "pbo", "dsr",
    "rank_correlation",
)  # fmt: skip


def walk_study(
    walk: WalkForward,
    bars: Bars,
    provenance: Provenance,
    *,
    source: Mapping[str, str],
    sheet: str,
    request: Mapping[str, Any],
) -> Study:
    """All that is kept of a walk over `bars`; trades, fills and equity are those of its out-of-sample run."""
    return run_study(
        walk.result,
        provenance,
        kind=WALK,
        source=source,
        sheet=sheet,
        request=request,
        more={"walk": walk_document(walk, bars)},
        tables={"folds": fold_table(walk, bars)},
    )


def walk_document(walk: WalkForward, bars: Bars) -> dict[str, Any]:
    """What a walk came to, as JSON holds it."""
    return {
        "objective": walk.objective,
        "windows": {name: str(value) for name, value in asdict(walk.windows).items()},
        "folds": [_fold_document(fold, bars) for fold in walk.folds],
        "planned": walk.planned,
        "interrupted": walk.interrupted,
        "trials": walk.trials,
        "efficiency": finite_tree(walk.efficiency),
        "positive_folds": walk.positive_folds,
        "rank_correlation": finite_tree(walk.rank_correlation),
        "rank_correlation_n": walk.rank_correlation_n,
        "untested_bars": walk.untested_bars,
        "stability": [
            finite_tree(asdict(each) | {"distinct": each.distinct}) for each in walk.stability
        ],
    }


def fold_table(walk: WalkForward, bars: Bars) -> pa.Table:
    """One row a fold: its windows, the chosen parameters, scores of training and test."""
    folds = walk.folds
    columns: dict[str, Any] = {}
    for name in ("train_first", "train_last", "test_first", "test_last"):
        rows = [getattr(fold, name) for fold in folds]
        columns[name] = rows
        last = name.endswith("_last")
        columns[f"{name}_at"] = opened_at(bars, [row - last for row in rows])
    for name in folds[0].params:
        columns[f"param {name}"] = [plain(fold.params[name]) for fold in folds]
    return pa.table(
        columns | {name: [getattr(fold, name) for fold in folds] for name in FOLD_FIGURES}
    )


def _fold_document(fold: Fold, bars: Bars) -> dict[str, Any]:
    times = {
        "train_from": fold.train_first,
        "train_to": fold.train_last - 1,
        "test_from": fold.test_first,
        "test_to": fold.test_last - 1,
    }
    moments = opened_at(bars, list(times.values())).to_pylist()
    return {
        **{name: moment.isoformat() for name, moment in zip(times, moments, strict=True)},
        "params": {name: plain(value) for name, value in fold.params.items()},
        **{name: finite_tree(getattr(fold, name)) for name in FOLD_FIGURES},
    }
