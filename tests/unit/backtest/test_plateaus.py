"""Neighbourhoods: a wide hill beats a needle, however the trials were chosen."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.lattices import axis_of, column_of, lattice_of
from argos.backtest.plateaus import heat_map, neighbourhood_scores, plateau_of
from argos.backtest.points import grid, random_points
from argos.backtest.space_text import parse_space
from argos.core.errors import InputError

SPACE = ["a=5..50", "b=20..200:10", "mode=x,y"]


def landscape(points) -> np.ndarray:
    """A hill at (30, 120), a higher needle at (10, 40), and some noise; x is a little better than y."""
    a, b = column_of(points, "a"), column_of(points, "b")
    hill = np.exp(-(((a - 30) / 12) ** 2) - ((b - 120) / 40) ** 2)
    needle = 3.0 * ((np.abs(a - 10) <= 0.5) & (np.abs(b - 40) <= 5))
    noise = np.random.default_rng(5).normal(0, 0.05, len(points))
    return hill + needle + noise + 0.1 * (column_of(points, "mode") == "x")


@pytest.mark.parametrize("trials", [None, 1748, 900, 300])
def test_the_plateau_is_on_the_hill_and_the_best_is_the_needle(trials):
    space = parse_space(SPACE)
    points = grid(space) if trials is None else random_points(space, trials, 3)
    scores = landscape(points)
    found = plateau_of(points, scores)
    at = points[found.trial]
    assert math.hypot((at["a"] - 30) / 12, (at["b"] - 120) / 40) < 0.7
    assert found.neighbours >= 4
    assert found.lowest <= found.score <= found.highest
    low, high = found.ranges["a"]
    assert low <= at["a"] <= high
    assert "mode" not in found.ranges
    if trials is None:
        best = points[int(np.argmax(scores))]
        assert (best["a"], best["b"]) == (10, 40)


def by_hand(params: list[dict], scores: np.ndarray, ordered: set[str]) -> list[float]:
    """The rule again, slowly: on a whole lattice of levels 0, 1, 2 ..."""
    levels = {name: 1 + max(p[name] for p in params) for name in ordered}
    full = math.prod(min(3, count) for count in levels.values())
    found = []
    for own in params:
        near = [
            score
            for other, score in zip(params, scores, strict=True)
            if all(abs(other[n] - own[n]) <= 1 if n in ordered else other[n] == own[n] for n in own)
        ]
        missing = full - len(near)
        found.append((sum(near) + missing * float(np.median(scores))) / full)
    return found


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 3), st.integers(0, 999))
def test_a_neighbourhood_is_the_mean_over_what_is_one_level_away(a, b, modes, seed):
    params = [
        {"a": i, "b": j, "mode": f"m{k}"} for i in range(a) for j in range(b) for k in range(modes)
    ]
    scores = np.random.default_rng(seed).normal(0, 1, len(params))
    found = neighbourhood_scores(params, scores)
    assert found == pytest.approx(by_hand(params, scores, {"a", "b"}))
    best = plateau_of(params, scores)
    assert best.neighbourhood == pytest.approx(found.max())


def test_a_trial_without_a_score_counts_as_the_worst():
    params = [{"a": i} for i in range(5)]
    scores = np.array([1.0, 1.0, math.nan, 1.0, -3.0])
    as_worst = np.where(np.isnan(scores), -3.0, scores)
    assert neighbourhood_scores(params, scores) == pytest.approx(
        neighbourhood_scores(params, as_worst)
    )


def test_where_no_trial_has_a_score_there_is_no_plateau():
    params = [{"a": 1}, {"a": 2}]
    nothing = np.full(2, np.nan)
    assert plateau_of(params, nothing) is None
    assert np.isnan(neighbourhood_scores(params, nothing)).all()
    assert plateau_of([], np.zeros(0)) is None


def test_of_equal_neighbourhoods_the_middle_is_taken():
    params = [{"a": i} for i in range(11)]
    scores = np.array([0.0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0])
    assert plateau_of(params, scores).trial in (4, 5, 6)


def test_an_infinite_score_is_none():
    params = [{"a": i} for i in range(5)]
    found = plateau_of(params, np.array([1.0, 2, 1, np.inf, 1]))
    assert np.isfinite(found.neighbourhood)


def test_many_parameters_fit_into_memory():
    space = parse_space([f"p{i}=0.0..1.0" for i in range(20)] + ["mode=" + "a,b,c,d,e,f,g,h"])
    points = random_points(space, 500, 1)
    axes = lattice_of(points)
    assert math.prod(map(len, axes)) <= 4_000_000
    assert plateau_of(points, column_of(points, "p0")) is not None


def test_a_fine_parameter_is_cut_into_bins():
    points = random_points(parse_space(["risk=0.001..1.0:log", "n=1..9"]), 3000, 1)
    axis = axis_of(points, "risk")
    assert axis.binned
    assert len(axis) == 64
    assert np.diff(np.log(axis.values)) == pytest.approx([math.log(1000) / 64] * 63, rel=0.02)
    # Evenly by ratio, so each bin holds its share.
    assert np.bincount(axis.places).min() > 20
    assert axis_of(points, "n").values == tuple(range(1, 10))


def test_a_heat_map_shows_the_best_or_the_mean_of_the_others():
    params = [{"x": x, "y": y, "z": z} for x in (1, 2, 3) for y in (0.1, 0.2) for z in (7, 8)]
    values = np.arange(12.0)
    values[3] = np.nan
    best = heat_map(params, values, "x", "y")
    assert best.x.values == (1, 2, 3)
    assert best.y.values == (0.1, 0.2)
    assert best.cells.tolist() == [[1, 5, 9], [2, 7, 11]]
    assert best.trials.tolist() == [[1, 5, 9], [2, 7, 11]]
    assert best.counts.tolist() == [[2, 2, 2], [2, 2, 2]]
    mean = heat_map(params, values, "x", "y", others="mean")
    assert mean.cells.tolist() == [[0.5, 4.5, 8.5], [2, 6.5, 10.5]]
    lonely = heat_map(params[:1], values[:1], "z", "x")
    assert lonely.cells.tolist() == [[0.0]]


def test_a_cell_without_a_trial_is_empty():
    params = [{"x": 1, "y": 1}, {"x": 2, "y": 2}]
    found = heat_map(params, np.array([3.0, 4.0]), "x", "y")
    assert np.isnan(found.cells).tolist() == [[False, True], [True, False]]
    assert found.trials.tolist() == [[0, -1], [-1, 1]]


def test_an_unknown_parameter_is_named():
    with pytest.raises(InputError, match="PARAMETER_UNKNOWN") as caught:
        heat_map([{"a": 1}], np.zeros(1), "a", "b")
    assert caught.value.field == "b"
