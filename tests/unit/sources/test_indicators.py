"""Our indicators against TA-Lib's, which others have checked."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
import talib

from argos.prices.demo import load_bars
from argos.sources.indicators import ema, macd, rsi, sma

CLOSES = {
    symbol: [bar.close for bar in bars][:100]
    for symbol, bars in load_bars(start=date(2008, 6, 1), end=date(2008, 12, 31)).items()
}


@pytest.mark.parametrize("symbol", CLOSES)
def test_they_agree_with_talib(symbol: str) -> None:
    closes = CLOSES[symbol]
    floats = np.array([float(close) for close in closes])
    histogram = talib.MACD(floats)[2]
    ours = macd(closes)
    for value, theirs in (
        (rsi(closes), talib.RSI(floats, 14)[-1]),
        (sma(closes, 20), talib.SMA(floats, 20)[-1]),
        (ema(closes, 20), talib.EMA(floats, 20)[-1]),
        (ours.histogram, histogram[-1]),
        (ours.histogram_before, histogram[-2]),
    ):
        assert float(value) == pytest.approx(theirs, abs=1e-9)


def test_a_series_that_only_rises_has_an_rsi_of_100() -> None:
    assert rsi([Decimal(value) for value in range(1, 40)]) == 100


def test_a_series_that_stands_still_divides_by_nothing() -> None:
    still = [Decimal(5)] * 60
    assert rsi(still) == 0
    assert macd(still).histogram == 0
