"""Excursions against the bars of each holding, one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from argos.backtest.excursions import excursions_after
from unit.backtest.random_markets import random_bars

HOLDINGS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 79), st.integers(0, 79), st.sampled_from([-1, 1])),
    max_size=12,
)


@given(HOLDINGS, st.integers(0, 50))
def test_the_worst_and_the_best_are_those_of_the_bars_held_in_any_order(holdings, seed):
    bars = random_bars(np.random.default_rng(seed), bars=80, symbols=3)
    rows = [(s, min(a, b), max(a, b), side) for s, a, b, side in holdings]
    symbol, first, last, side = np.array(rows, np.int64).reshape(-1, 4).T
    price = bars.close[symbol, first]
    found = excursions_after(
        bars, symbol=symbol, first=first, last=last, side=side.astype(np.int8), price=price
    )
    for row, (s, a, b, way) in enumerate(rows):
        held = ~np.isnan(bars.high[s, a : b + 1])
        if not held.any():
            continue
        high, low = (bars.high[s, a : b + 1][held].max(), bars.low[s, a : b + 1][held].min())
        up, down = high / price[row] - 1, 1 - low / price[row]
        worst, best = (down, up) if way > 0 else (up, down)
        assert found.adverse[row] == max(worst, 0.0)
        assert found.favourable[row] == max(best, 0.0)
