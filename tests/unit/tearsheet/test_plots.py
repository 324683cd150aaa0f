"""The geometry of small charts against the values that they stand for."""

import math
import re

import numpy as np
import pytest

from argos.tearsheet.plots import HEIGHT, LEFT, RIGHT, TOP, Rate, histogram, rates, scatter, steps


def test_a_histogram_counts_every_value_once_and_parts_gains_from_losses():
    values = np.random.default_rng(1).normal(0.3, 2, 5000)
    plot = histogram(values, label="x", x_title="%")
    counts = [int(box.text.rsplit(": ", 1)[1].replace(",", "")) for box in plot.boxes]
    beyond = int(plot.note.split()[0].replace(",", "")) if plot.note else 0
    assert sum(counts) + beyond == 5000
    assert beyond <= 50
    zero = next(line.x1 for line in plot.lines if line.kind == "zero")
    for box in plot.boxes:
        assert (box.kind == "loss") == (box.x + box.width <= zero + 0.5)
    tallest = max(plot.boxes, key=lambda box: box.height)
    assert max(counts) == int(tallest.text.rsplit(": ", 1)[1].replace(",", ""))


def test_a_histogram_of_one_value_or_none():
    assert histogram(np.zeros(0), label="", x_title="") is None
    assert histogram(np.array([np.nan]), label="", x_title="") is None
    assert len(histogram(np.full(9, -0.5), label="", x_title="").boxes) == 1


def test_a_scatter_draws_winners_and_losers_apart_and_says_what_lies_outside():
    x, y = np.arange(1000.0), np.arange(1000.0)
    x[-1] = 1e6
    won = np.arange(1000) % 2 == 0
    plot = scatter(x, y, won, label="", x_title="", y_title="")
    gains, losses = (
        next(m.path for m in plot.marks if m.kind == kind) for kind in ("gain", "loss")
    )
    assert "h0" in gains
    assert "l4 4" in losses
    assert "1 of 1,000" in plot.note
    for px, py in re.findall(r"M([\d.]+) ([\d.]+)", gains + losses):
        assert LEFT - 1 <= float(px) <= RIGHT + 1
        assert TOP - 1 <= float(py) <= HEIGHT


def test_marks_on_one_spot_are_drawn_once():
    n = 20_000
    plot = scatter(
        np.full(n, 0.1), np.full(n, 0.2), np.ones(n, bool), label="", x_title="", y_title=""
    )
    assert sum(mark.path.count("M") for mark in plot.marks) == 1


def test_rates_stand_at_their_height_with_their_interval():
    given = [
        Rate(name="a", rate=0.5, low=0.4, high=0.6, n=10),
        Rate(name="b", rate=math.nan, low=math.nan, high=math.nan, n=0),
        Rate(name="c", rate=1.0, low=0.9, high=1.0, n=5),
    ]
    plot = rates(given, label="", x_title="", y_title="", level=0.7)
    assert [box.text.split(":")[0] for box in plot.boxes] == ["a", "c"]
    whisker = next(line for line in plot.lines if line.kind == "whisker")
    at = {tick.label: tick.at for tick in plot.y_ticks}
    assert (whisker.y1, whisker.y2) == (at["40"], at["60"])
    assert plot.boxes[1].y + 3.5 == at["100"]
    assert rates([given[1]], label="", x_title="", y_title="") is None


def test_steps_hang_from_one_another_and_end_at_the_sum():
    plot = steps(
        [("Gross", 100.0), ("Spread", -30.0), ("Swap", 10.0)], total="Net", label="", tell=str
    )
    gross, spread, swap, net = plot.boxes
    assert spread.y == gross.y
    assert swap.y + swap.height == pytest.approx(spread.y + spread.height)
    assert net.y == pytest.approx(swap.y)
    assert [box.kind for box in plot.boxes] == ["total", "loss", "gain", "total"]
    assert net.text == "Net: 80.0"


@pytest.mark.parametrize("size", [2.0, 250.0, 61_000.0, 5.8e5, 7.3e7, 4e10])
def test_ticks_of_great_amounts_are_short(size):
    plot = steps([("Gross", size), ("Spread", -size / 3)], total="Net", label="", tell=str)
    assert all(re.fullmatch(r"[\d.,]{1,5}[kMG]?", tick.label) for tick in plot.y_ticks)
