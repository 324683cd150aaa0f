"""A search on a real Ray on this machine: what threads give, to the last bit."""

import sys
import textwrap
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from argos.backtest.bars import bars_of
from argos.backtest.strategies.ema_cross import EmaCross
from argos.core.errors import InputError
from argos.studies.libraries import ray as load_ray
from argos.studies.searching import search
from unit.backtest.arbiter import random_walk

pytestmark = pytest.mark.integration

SPACE = ["exits.stop_fraction=0.002,0.01", "fast=2..9", "slow=20..50:10"]
OWN_FILE = textwrap.dedent(
    """
    from dataclasses import dataclass
    from argos.backtest.strategies.ema_cross import EmaCross

    @dataclass(frozen=True)
    class Mine:
        fast: int = 2
        slow: int = 20

        def signals(self, market):
            # Prices lie in Ray's store; a copy of them could be written.
            assert not market.bars.close.flags.writeable
            if self.fast == 9 and self.slow == 50:
                raise ZeroDivisionError("as asked for")
            return EmaCross(fast=self.fast, slow=self.slow).signals(market)
    """
)


@pytest.fixture(scope="module")
def cluster():
    ray = load_ray()
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
        object_store_memory=128 * 2**20,
    )
    yield ray
    ray.shutdown()


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """A strategy in a file that is no module of any package, as the command line loads one."""
    path = tmp_path_factory.mktemp("own") / "my_strategy.py"
    path.write_text(OWN_FILE)
    spec = spec_from_file_location("my_strategy_of_this_test", path)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module.Mine()
    del sys.modules[spec.name]


def everything_of(found):
    return (
        list(found.points),
        found.sweep.figures.tobytes(),
        found.sweep.return_sums.tobytes(),
        found.scores.tobytes(),
        found.best,
        found.plateau,
        repr(found.pbo),
        found.interrupted,
    )


@pytest.mark.parametrize("engine", ["plain", "compiled"])
def test_ray_gives_what_threads_give(cluster, engine, tmp_path):
    bars = bars_of(**random_walk(1500))
    words = {"engine": engine, "returns": "bar"}
    by_threads = search(EmaCross(), bars, SPACE, **words)
    by_ray = search(EmaCross(), bars, SPACE, workers="ray", journal=tmp_path / "j", **words)
    assert everything_of(by_ray) == everything_of(by_threads)
    again = search(EmaCross(), bars, SPACE, journal=tmp_path / "j", **words)
    assert again.resumed == again.total
    assert everything_of(again) == everything_of(by_threads)
    # A cluster that was there before the search is there after it.
    assert cluster.is_initialized()


def test_a_stopped_search_keeps_what_came_back(cluster, mine, tmp_path):
    bars = bars_of(**random_walk(1500))
    told = []
    words = {"engine": "plain", "journal": tmp_path / "j", "workers": "ray"}
    space = [*SPACE, "fast<9"]
    first = search(mine, bars, space, stopped=lambda: len(told) > 0, progress=told.append, **words)
    assert first.interrupted
    assert 0 < first.counted < first.total
    second = search(mine, bars, space, **words)
    assert second.resumed == first.counted
    assert not second.interrupted


def test_a_strategys_own_error_comes_through(cluster, mine):
    bars = bars_of(**random_walk(300))
    with pytest.raises(ZeroDivisionError, match="as asked for"):
        search(mine, bars, SPACE, engine="plain", workers="ray")


def test_without_ray_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr("argos.studies.libraries.find_spec", lambda name: None)
    bars = bars_of(**random_walk(300))
    with pytest.raises(InputError, match="RAY_MISSING") as caught:
        search(EmaCross(), bars, SPACE, engine="plain", workers="ray")
    assert "argos[ray]" in caught.value.fix
