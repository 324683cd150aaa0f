"""The sheet of a walk-forward: folds as they were, dates only where they are known, doubts in words."""

import re

import numpy as np
import pytest

from argos.backtest.metrics import metrics_of
from argos.backtest.run import run
from argos.backtest.strategies.buy_and_hold import BuyAndHold
from argos.backtest.strategies.ema_cross import EmaCross
from argos.backtest.walkforward import walk_forward
from argos.backtest.windows import Windows
from argos.core.errors import InputError
from argos.tearsheet.walk_page import walk_sheet
from argos.tearsheet.walk_plots import chosen_plot, promise_plot, windows_plot
from argos.tearsheet.words import number, percent
from unit.tearsheet.conftest import provenance_of
from unit.tearsheet.reading import read, unpacked

SETS = [{"fast": fast, "slow": slow} for fast in (3, 5, 8) for slow in (13, 21, 34)]


@pytest.fixture(scope="module")
def bars(market):
    return market.only(0)


@pytest.fixture(scope="module")
def walk(bars):
    return walk_forward(EmaCross(), bars, SETS, windows=Windows(train=800, test=400, embargo=20))


@pytest.fixture(scope="module")
def page(walk, bars):
    benchmark = run(BuyAndHold(), walk.result.bars)
    return read(walk_sheet(walk, provenance_of(walk.result), bars=bars, benchmark=benchmark))


def test_the_page_is_whole_and_loads_nothing(page):
    assert page.unclosed == []
    for name in ("equity", "windows", "promise", "choices", "months", "made"):
        assert page.with_id(name) == ["section"]
    assert not any("src" in given or "style" in given for _, given in page.tags)


def test_figures_are_those_of_the_stitched_run(page, walk):
    figures = metrics_of(walk.result)
    assert percent(figures.total_return, sign=True) in page.text
    assert f"n\u00a0=\u00a0{figures.sharpe_n:,}, PSR {percent(figures.psr)}" in page.text
    assert percent(walk.efficiency, 0) in page.text
    assert number(walk.rank_correlation) in page.text
    equity = unpacked(page.data["timeline"]["equity"])["equity"]
    assert equity[-1] == pytest.approx(walk.result.equity[-1], rel=1e-6)


def test_each_fold_is_told_with_its_choice_and_its_dates(page, walk, bars):
    for fold in walk.folds:
        day = str(bars.opened_ns[fold.train_first].astype("datetime64[ns]"))[:10]
        assert f"{day} to " in page.text
        assert percent(fold.test_return, sign=True) in page.text
        assert percent(fold.dsr) in page.text


def test_without_the_bars_training_is_told_by_number(walk):
    found = read(walk_sheet(walk, provenance_of(walk.result)))
    first = walk.folds[0]
    assert f"bars {first.train_first:,} to {first.train_last - 1:,}" in found.text
    assert "nan" not in re.findall(r"\w+", found.text.lower())


def test_windows_are_drawn_to_scale_without_overlap(walk, bars):
    plot = windows_plot(walk.folds, bars)
    train = [box for box in plot.boxes if box.kind == "train"]
    test = [box for box in plot.boxes if box.kind == "test"]
    assert len(train) == len(test) == len(walk.folds)
    for before, after in zip(train, test, strict=True):
        assert before.x + before.width <= after.x
        assert before.width / after.width == pytest.approx(2, rel=0.05)
    assert test[-1].x + test[-1].width == pytest.approx(plot.right, abs=0.2)


def test_promise_and_choices_have_a_mark_for_each_fold(walk):
    plot = promise_plot(walk.folds, figure="Sharpe ratio")
    scored = [np.isfinite([fold.train_score, fold.test_score]).sum() for fold in walk.folds]
    assert len(plot.boxes) == sum(scored)
    for one in walk.stability:
        chosen = chosen_plot(one)
        assert len(chosen.boxes) == len(walk.folds)
        higher = {value: box.y for value, box in zip(one.values, chosen.boxes, strict=True)}
        assert sorted(higher, reverse=True) == sorted(higher, key=lambda value: higher[value])


def test_a_stopped_walk_says_what_is_missing(bars):
    seen = []

    def stopped() -> bool:
        return len(seen) > 0

    short = walk_forward(
        EmaCross(),
        bars,
        SETS[:2],
        windows=Windows(train=800, test=400),
        progress=lambda told: seen.append(told) if told.folds_done else None,
        stopped=stopped,
    )
    assert short.interrupted
    page = read(walk_sheet(short, provenance_of(short.result), bars=bars))
    assert f"{len(short.folds):,} of" in page.text
    assert "The walk was stopped" in page.text
    assert "Too few to judge" in page.text


def test_a_benchmark_of_other_bars_is_refused(walk, bars):
    with pytest.raises(InputError, match="SHEET_BENCHMARK"):
        walk_sheet(walk, provenance_of(walk.result), benchmark=run(BuyAndHold(), bars))
