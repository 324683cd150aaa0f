"""`argos walkforward --cross-validate`: the same choice judged on every combination of stretches of time."""

from typing import Any

import numpy as np
from rich.console import Console

from argos.backtest.crossvalidation import CrossValidation
from argos.cli.research.shown import number, percent
from argos.core.errors import InputError
from argos.studies.settings_text import finite_tree, plain


def groups_of(text: str) -> tuple[int, int]:
    """ "10,2" is ten groups of which two are tested at a time; "5" tests one: purged K-fold. Raises InputError."""
    first, _, second = text.partition(",")
    try:
        return int(first), int(second or "1")
    except ValueError as error:
        raise InputError(
            f"{text!r} is no number of groups",
            code="SPLITS_TEXT",
            field="--cross-validate",
            fix="write 5 for purged K-fold, or 10,2 for ten groups of which two are tested",
        ) from error


def show_crossvalidation(out: Console, found: CrossValidation) -> None:
    """For people: the spread of the paths, and whether training knew what would be good."""
    sharpes = found.path_sharpes
    low, middle, high = np.quantile(sharpes, [0.05, 0.5, 0.95])
    out.print(
        f"Cross-validated over {len(found.tests)} splits of {found.tests.shape[1]} groups: {len(sharpes)} paths, "
        f"Sharpe {number(float(middle))} in the middle, {number(float(low))} to {number(float(high))} (5 % to 95 %), "
        f"{percent(float(np.mean(sharpes > 0)))} above 0. The choice was in the lower half of its test in "
        f"{percent(found.overfit)} of splits (chance: 50 %); {percent(found.purged)} of training was purged.",
        soft_wrap=True,
    )


def crossvalidation_document(found: CrossValidation) -> dict[str, Any]:
    """As JSON holds it."""
    return {
        "splits": len(found.tests),
        "groups": int(found.tests.shape[1]),
        "tested": int(found.tests[0].sum()),
        "path_sharpes": finite_tree(found.path_sharpes.tolist()),
        "chosen": [
            {name: plain(value) for name, value in found.params[place].items()}
            for place in found.chosen.tolist()
        ],
        "train_scores": finite_tree(found.train_scores.tolist()),
        "test_scores": finite_tree(found.test_scores.tolist()),
        "overfit": finite_tree(found.overfit),
        "rank_correlation": finite_tree(found.rank_correlation),
        "periods": found.periods,
        "purged": found.purged,
        "trials": found.trials,
    }
