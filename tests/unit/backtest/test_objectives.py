"""What is made greatest."""

import numpy as np
import pytest

from argos.backtest.objectives import best_of, objective_name, scores_of
from argos.backtest.sweep import FIGURES
from argos.core.errors import InputError


@pytest.fixture
def figures() -> np.ndarray:
    found = np.zeros(3, FIGURES)
    found["sharpe"] = [1.0, np.nan, 2.0]
    found["drawdown"] = [0.1, 0.2, 0.3]
    found["trades"] = [30, 0, 4]
    return found


def test_higher_is_better_for_every_name(figures):
    assert np.array_equal(scores_of(figures, "sharpe"), [1.0, np.nan, 2.0], equal_nan=True)
    assert scores_of(figures, "drawdown").tolist() == [-0.1, -0.2, -0.3]
    assert scores_of(figures, "trades").tolist() == [30.0, 0.0, 4.0]


def test_a_function_of_the_figures_is_an_objective(figures):
    def careful(told):
        return np.where(told["trades"] >= 10, told["sharpe"] - told["drawdown"], np.nan)

    scores = scores_of(figures, careful)
    assert scores[0] == 0.9
    assert np.isnan(scores[1:]).all()
    assert best_of(scores) == 0
    assert objective_name(careful) == "careful"


def test_the_best_is_the_first_of_the_highest_and_none_where_none_has_a_score():
    assert best_of(np.array([np.nan, 2.0, 5.0, 5.0, np.inf])) == 2
    assert best_of(np.array([np.nan, np.nan])) is None
    assert best_of(np.zeros(0)) is None


@pytest.mark.parametrize("objective", ["sharp", lambda told: 1.0])
def test_what_cannot_be_an_objective_is_told(figures, objective):
    with pytest.raises(InputError, match="OBJECTIVE_INVALID") as caught:
        scores_of(figures, objective)
    assert caught.value.fix
