"""A search: what it plays, what it counts, and that an interrupted one goes on as if nothing had been."""

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argos.backtest.points import grid
from argos.backtest.run import run
from argos.backtest.searching import Search
from argos.backtest.settings import Exits, Settings
from argos.backtest.space_text import parse_space
from argos.backtest.strategies.ema_cross import EmaCross, EmaCrossByBar
from argos.backtest.strategy import Market, Signals
from argos.core.costs import CostModel
from argos.core.errors import InputError, StoreError
from argos.studies.journal import Journal, head_of
from argos.studies.searching import search

SPACE = ["fast=2..6:2", "slow=8..14:2", "exits.stop_fraction=0.002,0.01", "2*fast<slow"]
SETTINGS = Settings(
    costs=CostModel(spread_bps=Decimal(1), money_step=Decimal(0)),
    exits=Exits(take_fraction=0.01),
)


def everything_of(found: Search) -> tuple:
    """All of a record but the time it took, as what can be compared to the bit."""
    return (
        found.strategy,
        found.space,
        found.method,
        found.seed,
        found.objective,
        list(found.points),
        found.points.codes().tobytes(),
        found.sweep.numbers.tobytes(),
        found.sweep.figures.tobytes(),
        found.sweep.return_sums.tobytes(),
        found.sweep.period_counts.tobytes(),
        found.scores.tobytes(),
        found.total,
        found.repeats,
        found.interrupted,
        found.best,
        found.plateau,
        repr(found.pbo),
        repr(found.deflated_sharpe()),
    )


def searched(bars, *, method="grid", trials=None, **more) -> Search:
    if method != "grid" and trials is None:
        trials = 14
    return search(
        EmaCross(),
        bars,
        SPACE,
        method=method,
        trials=trials,
        settings=SETTINGS,
        engine="plain",
        returns="bar",
        threads=2,
        **more,
    )


class After:
    """Says stop once so many trials are done."""

    def __init__(self, trials: int) -> None:
        self.trials, self.done = trials, 0

    def __call__(self) -> bool:
        self.done += 1
        return self.done > self.trials


@pytest.fixture(scope="module")
def whole(few) -> dict[str, Search]:
    return {method: searched(few, method=method) for method in ("grid", "random", "optuna")}


def test_a_grid_is_played_whole_and_each_trial_is_the_single_run(few, whole):
    found = whole["grid"]
    points = grid(parse_space(SPACE))
    assert list(found.points) == list(points)
    assert (found.counted, found.total, found.interrupted) == (len(points), len(points), False)
    for trial, params in enumerate(points):
        exits = replace(SETTINGS.exits, stop_fraction=params["exits.stop_fraction"])
        single = run(
            EmaCross(fast=params["fast"], slow=params["slow"]),
            few,
            settings=replace(SETTINGS, exits=exits),
            engine="plain",
            returns="bar",
        )
        assert np.array_equal(found.sweep.return_sums[trial], single.return_sums)
        assert found.sweep.figures[trial]["trades"] == len(single.trades)


def test_the_best_has_the_highest_score_and_is_deflated_by_all_trials(whole):
    found = whole["grid"]
    sharpes = found.sweep.figures["sharpe"]
    assert found.best == int(np.nanargmax(sharpes))
    assert found.best_params == found.points[found.best]
    assert found.deflated_sharpe() == found.sweep.deflated_sharpe(found.best)
    assert found.deflated_sharpe() < found.sweep.probabilistic_sharpe(found.best)
    assert found.pbo == found.sweep.overfitting_probability()
    assert 0 <= found.pbo <= 1
    assert found.plateau_params == found.points[found.plateau.trial]


@pytest.mark.parametrize("method", ["random", "optuna"])
def test_trials_are_different_and_counted_once(whole, method):
    found = whole[method]
    assert found.counted == found.total == 14
    assert len({tuple(params.items()) for params in found.points}) == 14
    assert all(2 * params["fast"] < params["slow"] for params in found.points)
    assert found.repeats == 0 or method == "optuna"


@pytest.mark.parametrize("method", ["grid", "random", "optuna"])
def test_the_record_does_not_depend_on_threads(few, whole, method):
    trials = None if method == "grid" else 14
    alone = search(
        EmaCross(),
        few,
        SPACE,
        method=method,
        trials=trials,
        settings=SETTINGS,
        engine="plain",
        returns="bar",
        threads=1,
    )
    assert everything_of(alone) == everything_of(whole[method])


def test_another_seed_is_another_search(few, whole):
    for method in ("random", "optuna"):
        assert list(searched(few, method=method, seed=1).points) != list(whole[method].points)


@pytest.mark.parametrize("method", ["grid", "random", "optuna"])
@pytest.mark.parametrize("after", [0, 1, 5, 11])
def test_a_stopped_search_goes_on_from_its_journal(few, whole, method, after, tmp_path):
    journal = tmp_path / "trials"
    first = searched(few, method=method, journal=journal, stopped=After(after))
    assert first.interrupted
    assert first.counted < first.total
    second = searched(few, method=method, journal=journal)
    assert second.resumed == first.counted
    assert everything_of(second) == everything_of(whole[method])
    third = searched(few, method=method, journal=journal)
    assert third.resumed == third.total
    assert everything_of(third) == everything_of(whole[method])


@pytest.fixture(scope="module")
def journals(few, tmp_path_factory) -> dict[str, bytes]:
    """What whole searches wrote, in several blocks."""
    found = {}
    for method in ("grid", "random", "optuna"):
        path = tmp_path_factory.mktemp("journals") / method
        for after in (2, 4, 3, 100):
            searched(few, method=method, journal=path, stopped=After(after))
        found[method] = path.read_bytes()
    return found


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["grid", "random", "optuna"]),
    cut=st.floats(0, 1),
    flipped=st.none() | st.floats(0, 1),
)
def test_a_journal_cut_at_any_byte_is_gone_on_with(
    few, whole, journals, tmp_path, method, cut, flipped
):
    written = bytearray(journals[method])
    del written[int(cut * len(written)) :]
    head_bytes = 16 + int.from_bytes(written[8:12], "little")
    if flipped is not None and len(written) > head_bytes:
        # A disk that lost power may leave anything in what was written last.
        written[head_bytes + int(flipped * (len(written) - head_bytes - 1))] ^= 0x40
    journal = tmp_path / "cut"
    journal.write_bytes(written)
    found = searched(few, method=method, journal=journal)
    assert everything_of(found) == everything_of(whole[method])
    again = searched(few, method=method, journal=journal)
    assert again.resumed == again.total


def test_more_random_trials_go_on_with_the_first_ones(few, tmp_path):
    journal = tmp_path / "trials"
    few_trials = searched(few, method="random", trials=5, journal=journal)
    more = searched(few, method="random", trials=9, journal=journal)
    assert more.resumed == 5
    assert list(more.points)[:5] == list(few_trials.points)
    fewer = searched(few, method="random", trials=3, journal=journal)
    assert (fewer.counted, fewer.resumed) == (3, 3)


@dataclass(frozen=True)
class Other:
    fast: int = 2
    slow: int = 8

    def signals(self, market: Market) -> Signals:
        return EmaCross(fast=self.fast, slow=self.slow).signals(market)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"space": [*SPACE, "slow<13"]}, "space"),
        ({"strategy": Other()}, "strategy, strategy_sha256"),
        ({"settings": replace(SETTINGS, exits=Exits())}, "settings.exits"),
        ({"method": "random", "trials": 3}, "method, seed"),
        ({"returns": "day"}, "returns"),
        ({"engine": "compiled"}, "engine"),
        ({"space": ["fast=2..6:2"]}, "space, strategy.slow"),
    ],
)
def test_another_searchs_journal_is_refused_and_left_alone(few, tmp_path, change, named):
    journal = tmp_path / "trials"
    searched(few, journal=journal)
    before = journal.read_bytes()
    words = {
        "strategy": EmaCross(),
        "space": SPACE,
        "settings": SETTINGS,
        "engine": "plain",
        "returns": "bar",
        **change,
    }
    strategy, space = words.pop("strategy"), words.pop("space")
    with pytest.raises(InputError, match="JOURNAL_DIFFERENT") as caught:
        search(strategy, few, space, journal=journal, **words)
    assert caught.value.field == named
    assert journal.read_bytes() == before


def test_other_prices_and_another_seed_are_refused(few, others, tmp_path):
    journal = tmp_path / "trials"
    searched(few, method="random", journal=journal)
    with pytest.raises(InputError) as caught:
        searched(others, method="random", journal=journal)
    assert caught.value.field == "data_sha256"
    with pytest.raises(InputError) as caught:
        searched(few, method="random", journal=journal, seed=1)
    assert caught.value.field == "seed"


def test_a_journal_keeps_its_engine(few, tmp_path):
    journal = tmp_path / "trials"
    searched(few, journal=journal, stopped=After(2))
    head = head_of(journal)
    assert head["engine"] == "plain"
    found = search(
        EmaCross(), few, SPACE, settings=SETTINGS, returns="bar", journal=journal, engine="auto"
    )
    assert found.resumed > 0


def test_what_is_no_journal_is_not_touched(few, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("buy milk")
    with pytest.raises(InputError, match="JOURNAL_INVALID"):
        searched(few, journal=notes)
    assert notes.read_text() == "buy milk"
    with pytest.raises(StoreError, match="JOURNAL_WRITE"):
        searched(few, journal=tmp_path / "no" / "folder")


def test_a_journal_has_one_writer(few, tmp_path):
    journal = tmp_path / "trials"
    searched(few, journal=journal, stopped=After(1))
    held = Journal(journal, head_of(journal), parameters=3)
    with pytest.raises(InputError, match="JOURNAL_IN_USE"):
        searched(few, journal=journal)
    held.close()
    assert not searched(few, journal=journal).interrupted


def test_a_strategy_that_fails_leaves_what_was_played_in_the_journal(few, tmp_path):
    journal = tmp_path / "trials"
    broken = True

    def strategy(market, *, fast):
        if broken and fast == 7:
            raise ZeroDivisionError
        return EmaCross(fast=fast, slow=20).signals(market)

    def go() -> Search:
        return search(strategy, few, ["fast=2..9"], engine="plain", threads=1, journal=journal)

    with pytest.raises(ZeroDivisionError):
        go()
    broken = False
    found = go()
    assert found.resumed == 5
    assert found.counted == 8


def test_ctrl_c_keeps_what_was_played(few, whole, tmp_path):
    """Ctrl-C is an exception in the thread that waits, here in what it calls meanwhile."""
    journal = tmp_path / "trials"
    told = []

    def interrupt(progress) -> None:
        told.append(progress.done)
        if len(told) == 1:
            raise KeyboardInterrupt

    found = searched(few, journal=journal, progress=interrupt)
    assert found.counted >= told[0] > 0
    later = searched(few, journal=journal)
    assert later.resumed == found.counted
    assert everything_of(later) == everything_of(whole["grid"])


def test_progress_ends_at_the_end(few):
    told = []
    searched(few, progress=told.append)
    assert [p.done for p in told] == sorted(p.done for p in told)
    assert told[-1].done == told[-1].total
    assert told[-1].left_s == 0
    assert all(p.rate_per_s > 0 or math.isnan(p.rate_per_s) for p in told)


def test_optuna_stops_where_the_space_is_used_up(few):
    found = search(
        EmaCross(),
        few,
        ["fast=2..4", "slow=9,10", "fast<4"],
        method="optuna",
        trials=50,
        engine="plain",
        batch=4,
    )
    assert found.counted == found.total == 4
    assert not found.interrupted
    assert found.repeats > 0


def test_optuna_climbs_where_random_gropes(few):
    def hill(market, *, x, kind):
        """Trades as many times as it is near x = 200, of kind b half as often."""
        side = market.blank_side()
        side[2 : 2 + 2 * max(0, 100 - abs(x - 200)) // (1 + (kind == "b")) : 2] = 1
        side[3 : 3 + 2 * max(0, 100 - abs(x - 200)) // (1 + (kind == "b")) : 2] = 2
        return Signals(side=side)

    best = {}
    for method in ("random", "optuna"):
        found = search(
            hill,
            few,
            ["x=1..1000", "kind=a,b"],
            method=method,
            trials=60,
            objective="trades",
            engine="plain",
            batch=8,
        )
        best[method] = found.scores[found.best]
    assert best["optuna"] > best["random"]
    assert best["optuna"] >= 90


@pytest.mark.parametrize(
    ("words", "code", "field"),
    [
        ({"trials": 5}, "SEARCH_SETTING", "trials"),
        ({"method": "random"}, "SEARCH_SETTING", "trials"),
        ({"method": "optuna", "trials": 0}, "SEARCH_SETTING", "trials"),
        ({"method": "guess", "trials": 3}, "SEARCH_SETTING", "method"),
        ({"workers": "ants"}, "SEARCH_SETTING", "workers"),
        ({"method": "optuna", "trials": 3, "batch": 0}, "SEARCH_SETTING", "batch"),
        ({"objective": "luck"}, "OBJECTIVE_INVALID", "objective"),
        ({"space": ["fats=2,3"]}, "STRATEGY_PARAM", "fats"),
        ({"space": ["exits.stop=0.1"]}, "BACKTEST_SETTING", "exits.stop"),
        ({"space": ["exits.stop_fraction=0.5..2.0:0.5"]}, "BACKTEST_SETTING", "stop_fraction"),
        ({"space": ["fast=5..4"]}, "SPACE_INVALID", "fast"),
        ({"space": ["fast=5,6", "fast>6"]}, "SPACE_EMPTY", "space"),
        ({"strategy": EmaCrossByBar(), "space": ["fast=2,3"]}, "STRATEGY_BY_BAR", None),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_played(few, tmp_path, words, code, field):
    journal = tmp_path / "trials"
    words = {"strategy": EmaCross(), "space": SPACE, **words}
    with pytest.raises(InputError) as caught:
        search(words.pop("strategy"), few, words.pop("space"), journal=journal, **words)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert caught.value.fix
    assert not Path(journal).exists() or head_of(journal) is not None


def test_a_functions_parameters_are_checked(few):
    def strategy(market, *, fast):
        raise AssertionError("not reached")

    with pytest.raises(InputError, match="STRATEGY_PARAM"):
        search(strategy, few, ["slow=2,3"], engine="plain")
