"""Markets and settings that several tests play on."""

from decimal import Decimal

import pytest

from argos.backtest.bars import Bars, bars_of
from argos.backtest.settings import Exits, Settings
from argos.core.costs import CostModel
from unit.backtest.arbiter import random_walk


@pytest.fixture(scope="session")
def minutes() -> Bars:
    return bars_of(**random_walk(20_000))


@pytest.fixture
def workload() -> Settings:
    """The costs and exits of "ema-bracket-v1"."""
    return Settings(
        costs=CostModel(
            spread_bps=Decimal(0),
            commission_bps=Decimal(2),
            slippage_bps_mean=Decimal(1),
            money_step=Decimal(0),
        ),
        exits=Exits(stop_fraction=0.01, take_fraction=0.02),
    )
