from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pytest

from argos.core.intent import Action, OrderType
from argos.rehearsal.prices import load_trading_days
from argos.rehearsal.strategy import PRICE_TICK, EmaStrategy, StrategySettings

ENTRIES = (Action.OPEN, Action.REVERSE)


@pytest.fixture(scope="module")
def days():
    return load_trading_days(start=date(2008, 1, 2), end=date(2010, 10, 8))


@pytest.fixture(scope="module")
def decisions(days):
    strategy = EmaStrategy()
    made = [decision for day in days for decision in strategy.at_close(day)]
    closes = {symbol: bar.close for symbol, bar in days[-1].bars.items()}
    return made + list(strategy.finish(closes))


def test_two_and_a_half_years_give_at_least_two_hundred_trades_of_every_kind(days, decisions):
    assert 690 <= len(days) <= 710
    count = Counter((decision.action, decision.order_type) for decision in decisions)
    entries = {decision.trade_id for decision in decisions if decision.action in ENTRIES}
    assert len(entries) >= 200
    assert count[Action.OPEN, OrderType.MARKET] >= 100
    assert count[Action.OPEN, OrderType.LIMIT] >= 30
    for action in (Action.REVERSE, Action.CLOSE, Action.MODIFY, Action.CANCEL):
        assert count[action, OrderType.MARKET] >= 10


def test_the_same_days_give_the_same_decisions(days, decisions):
    strategy = EmaStrategy()
    again = [decision for day in days for decision in strategy.at_close(day)]
    assert again == decisions[: len(again)]


def test_trade_ids_are_counted_per_symbol_and_never_used_twice(decisions):
    entered = defaultdict(list)
    for decision in decisions:
        if decision.action in ENTRIES:
            entered[decision.symbol].append(decision.trade_id)
    for symbol, ids in entered.items():
        assert ids == [f"ema-{symbol}-{number:04d}" for number in range(1, len(ids) + 1)]


def test_every_entry_has_stop_and_target_on_the_right_sides(decisions):
    for decision in decisions:
        if decision.action in ENTRIES:
            sign = decision.side.sign
            assert (decision.price - decision.sl) * sign > 0
            assert (decision.tp - decision.price) * sign > 0


def test_a_limit_lies_on_the_better_side_of_the_close(days, decisions):
    closes = {bar.close for day in days for bar in day.bars.values()}
    limits = [decision for decision in decisions if decision.order_type is OrderType.LIMIT]
    assert all(decision.price % PRICE_TICK == 0 for decision in limits)
    markets = [
        decision
        for decision in decisions
        if decision.action in ENTRIES and decision.order_type is OrderType.MARKET
    ]
    assert all(decision.price in closes for decision in markets)


def test_a_trailed_stop_only_ever_moves_towards_profit(decisions):
    stops = {}
    sides = {}
    for decision in decisions:
        if decision.action in ENTRIES:
            stops[decision.trade_id] = decision.sl
            sides[decision.trade_id] = decision.side
        elif decision.action is Action.MODIFY:
            moved = (decision.sl - stops[decision.trade_id]) * sides[decision.trade_id].sign
            assert moved > 0
            stops[decision.trade_id] = decision.sl


def test_a_symbol_has_one_trade_at_a_time(decisions):
    """Between an entry and the next one of its symbol nobody speaks of an older trade."""
    current = {}
    for decision in decisions:
        if decision.action is Action.REVERSE:
            assert decision.reverses == current[decision.symbol]
        if decision.action in ENTRIES:
            current[decision.symbol] = decision.trade_id
        assert decision.trade_id == current[decision.symbol]


def test_finishing_ends_everything_once(days):
    strategy = EmaStrategy()
    for day in days[:60]:
        strategy.at_close(day)
    closes = {symbol: bar.close for symbol, bar in days[59].bars.items()}
    pending = {
        state.trade.trade_id: state.trade.pending
        for state in strategy.states.values()
        if state.trade
    }
    ended = {decision.trade_id: decision.action for decision in strategy.finish(closes)}
    assert ended == {
        trade_id: Action.CANCEL if waits else Action.CLOSE for trade_id, waits in pending.items()
    }
    assert strategy.finish(closes) == ()


class TestOneSymbol:
    """Small stories on made-up closes: a flat run-in, then what the story says, in cents."""

    def play(self, make_days, *, tail, spread=10):
        settings = StrategySettings(channel_days=2, slow_span=4, fast_span=2)
        run_in = [10_000] * (settings.slow_span + 1)
        closes = [cents * 100 for cents in run_in + tail]
        strategy = EmaStrategy(settings=settings)
        days = make_days({"IBM": closes}, spread=spread * 100)
        return [decision for day in days for decision in strategy.at_close(day)]

    def test_a_close_above_the_channel_opens_long_at_that_close(self, make_days):
        [entry] = self.play(make_days, tail=[10_100])
        assert (entry.action, entry.side.value, entry.price) == (Action.OPEN, "buy", Decimal(101))

    def test_a_trade_that_goes_nowhere_is_closed_when_held_long_enough(self, make_days):
        held = StrategySettings().held_days_max
        *_, last = self.play(make_days, tail=[10_100] + [10_090] * held)
        assert (last.action, last.why) == (Action.CLOSE, "held long enough")

    def test_a_clear_stop_is_left_to_the_broker(self, make_days):
        made = self.play(make_days, tail=[10_100, 9_000])
        assert [decision.action for decision in made] == [Action.OPEN]

    def test_a_narrow_touch_of_the_stop_is_closed_to_be_sure(self, make_days):
        stop = 10_100 * (1 - StrategySettings().stop)
        spread = 10
        made = self.play(make_days, tail=[10_100, int(stop) + spread], spread=spread)
        assert [decision.action for decision in made] == [Action.OPEN, Action.CLOSE]
        assert made[-1].why == "stop or target was touched"
