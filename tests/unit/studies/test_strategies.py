"""Strategies are found by name or in a file; what is wrong with either is told."""

from pathlib import Path

import numpy as np
import pytest

from argos.backtest.strategies.ema_cross import EmaCross
from argos.core.errors import InputError
from argos.studies.strategies import BUILT_IN, find_strategy

OWN = """
from dataclasses import dataclass
import numpy as np
from argos.backtest.strategy import Signals

@dataclass(frozen=True)
class Mine:
    span: int = 5
    def signals(self, market):
        return Signals(side=np.zeros(len(market.close), np.int8))

def plain(market, level=0.5, quiet=True):
    return Signals(side=np.zeros(len(market.close), np.int8))
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(OWN, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_that_comes_along_is_made_with_its_defaults(name: str) -> None:
    found = find_strategy(name)
    strategy, left = found.make({})
    assert not left
    assert hasattr(strategy, "signals") or hasattr(strategy, "on_bar")
    assert all(value is not None for value in found.parameters().values())


@pytest.mark.parametrize("name", ["ema-cross", "ema_cross", "EmaCross"])
def test_a_name_may_be_written_as_a_class_or_a_module(name: str) -> None:
    strategy, _ = find_strategy(name).make({"fast": 7})
    assert strategy == EmaCross(fast=7, slow=100)


def test_a_class_and_a_function_of_a_file(own: Path) -> None:
    made, left = find_strategy(f"{own}:Mine").make({"span": 9})
    assert (made.span, left) == (9, {})  # type: ignore[union-attr]
    function, left = find_strategy(f"{own}:plain").make({"level": 0.1})
    assert callable(function)
    assert left == {"level": 0.1}
    assert find_strategy(f"{own}:plain").parameters() == {"level": 0.5, "quiet": True}


def test_the_source_is_known_by_its_digest(own: Path) -> None:
    before = find_strategy(f"{own}:Mine").source_sha256
    own.write_text(OWN + "\n# changed\n", encoding="utf-8")
    assert find_strategy(f"{own}:Mine").source_sha256 != before


@pytest.mark.parametrize(
    ("reference", "code", "told"),
    [
        ("ema-cros", "STRATEGY_UNKNOWN", "ema-cross"),
        ("nowhere.py", "STRATEGY_FILE", "nowhere.py"),
        ("{own}:Yours", "STRATEGY_UNKNOWN", "Mine"),
        ("{own}", "STRATEGY_UNKNOWN", "own.py:plain"),
        ("{broken}", "STRATEGY_FILE", "ZeroDivisionError"),
        ("no_such_package.strategies:One", "STRATEGY_FILE", "No module named"),
    ],
)
def test_what_cannot_be_found_is_told(own: Path, reference: str, code: str, told: str) -> None:
    broken = own.with_name("broken.py")
    broken.write_text("1 / 0", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        find_strategy(reference.format(own=own, broken=broken))
    assert refused.value.code == code
    assert told in refused.value.message + refused.value.fix


def test_an_unknown_parameter_names_the_known() -> None:
    with pytest.raises(InputError, match="STRATEGY_PARAM") as refused:
        find_strategy("ema-cross").make({"fst": 3})
    assert "fast, slow" in refused.value.fix


def test_a_loaded_strategy_runs(own: Path) -> None:
    function, left = find_strategy(f"{own}:plain").make({})
    assert callable(function)

    class Market:
        close = np.ones(3)

    assert not function(Market(), **left).side.any()
