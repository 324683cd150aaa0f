"""A small market to search on."""

import numpy as np
import pytest

from argos.backtest.bars import Bars, bars_of
from unit.backtest.arbiter import random_walk


@pytest.fixture(scope="session")
def few() -> Bars:
    return bars_of(**random_walk(600))


@pytest.fixture(scope="session")
def others() -> Bars:
    columns = random_walk(600)
    return bars_of(**{**columns, "volume": np.asarray(columns["close"]) * 2})
