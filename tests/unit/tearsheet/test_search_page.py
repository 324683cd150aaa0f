"""The sheet of a search: what it shows is what the search found, and no trial is hidden."""

import re

import numpy as np
import pytest

from argos.backtest.plateaus import heat_map, neighbourhood_scores
from argos.backtest.run import run
from argos.backtest.settings import Settings
from argos.backtest.strategies.ema_cross import EmaCross
from argos.core.errors import InputError
from argos.studies.searching import search
from argos.tearsheet.parameter_plots import heat_plot, short, strip
from argos.tearsheet.search_page import TRIALS_SHOWN, search_sheet
from argos.tearsheet.words import number, percent
from unit.tearsheet.conftest import provenance_of
from unit.tearsheet.reading import read


@pytest.fixture(scope="module")
def found(market):
    space = ["fast=2..12:2", "slow=10..60:10", "exits.stop_fraction=0.01,0.05", "fast<slow"]
    return search(EmaCross(), market.only(0), space, threads=1)


@pytest.fixture(scope="module")
def origin(market):
    return provenance_of(run(EmaCross(), market.only(0)))


@pytest.fixture(scope="module")
def page(found, origin):
    return read(search_sheet(found, origin, settings=Settings()))


def test_the_page_is_whole_and_loads_nothing(page):
    assert page.unclosed == []
    for name in ("maps", "strips", "trials", "made"):
        assert page.with_id(name) == ["section"]
    assert not any("src" in given or "style" in given for _, given in page.tags)


def test_dsr_pbo_and_the_number_of_trials_are_told_and_explained(page, found):
    assert percent(found.deflated_sharpe()) in page.text
    assert percent(found.pbo) in page.text
    assert f"the best of {found.counted:,} worthless trials" in page.text
    assert "below the median in the other" in page.text
    assert f"{found.counted:,} played and counted, of {found.total:,} asked for" in page.text


def test_there_is_a_map_for_each_pair_and_a_strip_for_each_parameter(page):
    labels = [given.get("aria-label", "") for tag, given in page.tags if tag == "svg"]
    assert sum(" over " in label and " and " in label for label in labels) == 3
    assert sum("of all trials over" in label for label in labels) == 3


def test_trials_stand_in_the_order_of_their_neighbourhoods_with_the_best_among_them(page, found):
    around = neighbourhood_scores(found.points, found.scores)
    rows = page.text.split("Trials by their neighbourhood")[-1]
    for trial in np.argsort(-around)[:3]:
        assert short(float(around[trial])) in rows
    assert f"{found.best + 1:,}" in rows
    many = [given for tag, given in page.tags if tag == "th" and given.get("scope") == "row"]
    assert TRIALS_SHOWN <= len(many) <= TRIALS_SHOWN + 1
    sharpe = float(found.sweep.figures["sharpe"][found.best])
    assert number(sharpe) in rows
    assert percent(found.sweep.probabilistic_sharpe(found.best)) in rows


def test_cells_and_outlines_stand_where_the_trials_are(found):
    plot = heat_plot(found, found.scores, "fast", "slow", figure="Sharpe ratio")
    cells = heat_map(found.points, found.scores, "fast", "slow")
    shaded = [box for box in plot.boxes if re.fullmatch(r"q\d", box.kind)]
    assert len(shaded) == np.isfinite(cells.cells).sum()
    best = next(box for box in plot.boxes if box.kind == "best")
    inside = [
        box
        for box in shaded
        if best.x <= box.x + box.width / 2 <= best.x + best.width
        and best.y <= box.y + box.height / 2 <= best.y + best.height
    ]
    params = found.best_params
    assert [box.text.split(":")[0] for box in inside] == [
        f"fast {params['fast']}, slow {params['slow']}"
    ]
    assert inside[0].kind == "q7"
    plateau = next(box for box in plot.boxes if box.kind == "plateau")
    assert plateau.width >= best.width
    assert plateau.height >= best.height


def test_a_strip_draws_every_level(found):
    plot = strip(found, found.scores, "fast", figure="x")
    middle = next(mark for mark in plot.marks if mark.kind == "middle")
    assert middle.path.count("L") == 5
    assert strip(found, np.full(found.counted, np.nan), "fast", figure="x") is None


def test_another_figure_may_be_shown_and_an_unknown_one_is_refused(found, origin):
    assert (
        "Drawdown over two parameters" in read(search_sheet(found, origin, figure="drawdown")).text
    )
    with pytest.raises(InputError, match="OBJECTIVE_INVALID"):
        search_sheet(found, origin, figure="beauty")


def test_a_search_that_found_nothing_says_so(market, origin):
    still = market.only(0).head(30)
    nothing = search(EmaCross(), still, ["fast=20,25", "slow=100,120"], threads=1)
    page = read(search_sheet(nothing, origin))
    assert page.unclosed == []
    assert "nan" not in re.findall(r"\w+", page.text.lower())
    assert "No trial has a score" in page.text


@pytest.mark.parametrize("space", [["fast=5"], ["fast=2,5,9"], ["fast=2..40", "slow=20..300"]])
def test_one_trial_one_parameter_and_many_levels_have_a_page(market, origin, space):
    method = {"method": "random", "trials": 40} if len(space) == 2 else {}
    one = search(EmaCross(), market.only(0), space, threads=1, **method)
    page = read(search_sheet(one, origin))
    assert page.unclosed == []
    assert (page.with_id("maps") == ["section"]) == (len(space) == 2)
    assert f"{one.counted:,} played and counted" in page.text


def test_names_of_users_are_text(market, origin, found):
    evil = "<b onclick=x>&"
    import_named = provenance_of(run(EmaCross(), market.only(0)), strategy=evil, data=evil)
    page = read(search_sheet(found, import_named))
    assert evil in page.text
    assert "b" not in {tag for tag, _ in page.tags}
