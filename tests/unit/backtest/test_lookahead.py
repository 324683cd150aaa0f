"""A strategy that looks ahead is found, and told where."""

import numpy as np

from argos.backtest.lookahead import check_lookahead
from argos.backtest.strategy import Signals


def sees_tomorrow(market):
    tomorrow = np.append(market.close[1:], market.close[-1])
    return Signals(side=np.sign(tomorrow - market.close).astype(np.int8))


def knows_the_mean_of_all(market):
    return Signals(side=np.where(market.close > market.close.mean(), 1, -1).astype(np.int8))


def stop_from_the_future(market):
    side = np.zeros(len(market.close), np.int8)
    side[::10] = 1
    return Signals(side=side, stop_distance=np.full(len(side), np.ptp(market.close)))


class PeeksThroughItsIndicator:
    """Bar by bar, but with an indicator that was centred."""

    def start(self, market, context):
        self.centred = context.series(np.append(market.close[1:], market.close[-1]))

    def on_bar(self, context):
        if self.centred[-1] > context.close[-1]:
            context.buy()
        else:
            context.sell()


def test_each_kind_of_look_ahead_is_found(minutes):
    for strategy in (sees_tomorrow, knows_the_mean_of_all, PeeksThroughItsIndicator()):
        found = check_lookahead(strategy, minutes.head(2000), cuts=20)
        assert not found.clean, strategy
        assert all(peek.what == "side" and peek.bar < peek.cut for peek in found.peeks)


def test_a_look_ahead_in_an_extra_is_named(minutes):
    found = check_lookahead(stop_from_the_future, minutes.head(2000), cuts=20)
    assert {peek.what for peek in found.peeks} == {"stop_distance"}


def test_the_last_bars_forced_close_is_no_look_ahead(minutes):
    class WatchesItsHolding:
        def on_bar(self, context):
            if context.qty == 0 and context.bar % 7 == 0:
                context.buy()
            elif context.qty > 0 and context.close[-1] > context.entry_price:
                context.exit()

    assert check_lookahead(WatchesItsHolding(), minutes.head(2000), cuts=20).clean
