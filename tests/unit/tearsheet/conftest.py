"""Runs that pages are made of."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from argos.backtest.bars import Bars
from argos.backtest.provenance import Provenance
from argos.backtest.result import Result
from argos.backtest.run import run
from argos.backtest.settings import Exits, Settings
from argos.backtest.strategies.ema_cross import EmaCross
from argos.core.costs import CostModel
from unit.backtest.random_markets import random_bars


def provenance_of(result: Result, **changes: object) -> Provenance:
    """Where a result would say that it comes from."""
    bars = result.bars
    first, last = (
        datetime.fromtimestamp(int(bars.opened_ns[place]) / 1e9, tz=UTC) for place in (0, -1)
    )
    given = {
        "data": "prices.csv",
        "data_sha256": "d" * 64,
        "bars": len(bars),
        "symbols": bars.symbols,
        "first": first,
        "last": last,
        "strategy": result.strategy,
        "strategy_sha256": "e" * 64,
        "code_version": "1.2.3",
        "seed": None,
        "made_at": datetime(2026, 3, 4, tzinfo=UTC),
        "command": "argos backtest",
    }
    return Provenance(**{**given, **changes})  # type: ignore[arg-type]  # the fields, by name


@pytest.fixture(scope="session")
def market() -> Bars:
    """Hours of two symbols, with gaps and missing bars."""
    return random_bars(np.random.default_rng(12), bars=4000, symbols=2)


@pytest.fixture(scope="session")
def result(market: Bars) -> Result:
    """Many trades, every kind of cost."""
    settings = Settings(
        costs=CostModel(
            spread_bps=Decimal(2), commission_bps=Decimal(1), slippage_bps_mean=Decimal(1)
        ),
        exits=Exits(stop_fraction=0.005, take_fraction=0.01),
    )
    return run(EmaCross(fast=5, slow=20), market, settings=settings)
