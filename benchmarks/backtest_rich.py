"""The richer workload: crossings of five symbols on one account, stop and trailing stop at three average true ranges,
half a basis point of slippage, a spread, a commission per unit, each entry sized by what its stop would lose.
"""

from decimal import Decimal
from typing import ClassVar

import numpy as np

from argos.backtest.bars import Bars, bars_of
from argos.backtest.compilable import compilable
from argos.backtest.layout import Codes, Floats, SizeMode
from argos.backtest.settings import Settings, Sizing
from argos.backtest.strategy import Market, Signals
from argos.core.costs import CostModel
from peers import workload as w

RICH = Settings(
    costs=CostModel(
        spread_bps=Decimal(str(w.RICH_SPREAD_BPS)),
        commission_per_unit=Decimal(str(w.RICH_COMMISSION)),
        slippage_bps_mean=Decimal(str(w.RICH_SLIPPAGE_BPS)),
        money_step=Decimal(0),
    ),
    sizing=Sizing(mode=SizeMode.RISK_FRACTION, value=w.RICH_RISK, cap_fraction=w.RICH_CAP),
)


def rich_bars(market: w.Market) -> Bars:
    """The minutes cut into five symbols of equal length."""
    columns = w.five(market)
    return bars_of(opened_ns=columns.pop("opened_ns"), symbols=list("ABCDE"), **columns)


@compilable
def cross_and_range(
    high: Floats, low: Floats, close: Floats, multiple: float, side: Codes, distance: Floats
) -> None:
    """EMA 20 over EMA 100 into `side`, and `multiple` times Wilder's average true range of 14 bars into `distance`."""
    keep_fast, keep_slow, keep = 1.0 - 2.0 / 21.0, 1.0 - 2.0 / 101.0, 1.0 - 1.0 / 14.0
    share = multiple / 14.0
    last = close[0]
    fast = last
    slow = last
    before = 0.0
    wide = multiple * (high[0] - low[0])
    distance[0] = wide
    for i in range(1, len(close)):
        top = high[i] if high[i] > last else last
        bottom = low[i] if low[i] < last else last
        last = close[i]
        fast = keep_fast * fast + 2.0 / 21.0 * last
        slow = keep_slow * slow + 2.0 / 101.0 * last
        wide = keep * wide + share * (top - bottom)
        now = fast - slow
        distance[i] = wide
        side[i] = np.int8((before <= 0.0) & (now > 0.0)) - np.int8((before >= 0.0) & (now < 0.0))
        before = now
    side[:100] = 0


class RangeTrail:
    """Signals of all five symbols."""

    whole_market: ClassVar = True

    def signals(self, given: Market) -> Signals:
        bars = given.bars
        side, distance = given.blank_side(), np.empty_like(bars.close)
        for s in range(len(bars.symbols)):
            cross_and_range(
                bars.high[s], bars.low[s], bars.close[s], w.RICH_MULTIPLE, side[s], distance[s]
            )
        return Signals(side=side, stop_distance=distance, trail_distance=distance)
