"""Rules that change while a run goes on: the same in both engines, and only from their bar on."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.bars import FineBars, bars_of
from argos.backtest.layout import FILL, Reason, Signal
from argos.backtest.run import run
from argos.backtest.settings import Account, Exits, Settings, Sizing
from argos.backtest.strategy import Signals
from unit.backtest.random_markets import Run, random_run, random_settings
from unit.backtest.test_engines_agree import assert_same


def with_changes(seed: int, *, bars: int, symbols: int, times: int) -> tuple[Run, list]:
    """A random run and other random settings from random bars on."""
    played = random_run(seed, bars=bars, symbols=symbols)
    dice = np.random.default_rng(seed + 1)
    places = np.unique(dice.integers(0, bars, times)).tolist()
    return played, [(bar, random_settings(dice, bars=bars)) for bar in places]


class Replays:
    """Says bar by bar what an array says; a target cannot have a stop of its own there."""

    def __init__(self, signals: Signals, symbols: int, bars: int) -> None:
        self.side = np.broadcast_to(signals.side, (symbols, bars))
        self.extras = {
            name: np.broadcast_to(values, (symbols, bars))
            for name in Signals.__dataclass_fields__
            if name != "side" and (values := getattr(signals, name)) is not None
        }

    def on_bar(self, context):
        for symbol, side in zip(context.symbols, range(len(self.side)), strict=True):
            code = int(self.side[side, context.bar])
            if code:
                extras = {n: float(v[side, context.bar]) for n, v in self.extras.items()}
                if code == Signal.TARGET:
                    symbol.target(extras["target"])
                elif code == Signal.EXIT:
                    symbol.exit()
                else:
                    (symbol.buy if code > 0 else symbol.sell)(**extras)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 2),
    bars=st.integers(1, 160),
    symbols=st.integers(1, 3),
    times=st.integers(1, 5),
    returns=st.sampled_from(["bar", "day"]),
)
def test_both_engines_change_their_rules_at_the_same_bars(seed, bars, symbols, times, returns):
    played, changes = with_changes(seed, bars=bars, symbols=symbols, times=times)
    arguments = {"settings": played.settings, "changes": changes, "returns": returns}
    compiled = run(played.signals, played.bars, engine="compiled", **arguments)
    plain = run(played.signals, played.bars, engine="plain", **arguments)
    assert_same(compiled, plain)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 2),
    bars=st.integers(1, 120),
    symbols=st.integers(1, 2),
    engine=st.sampled_from(["compiled", "plain"]),
)
def test_bar_by_bar_the_rules_change_at_the_same_bars(seed, bars, symbols, engine):
    played, changes = with_changes(seed, bars=bars, symbols=symbols, times=4)
    arguments = {"settings": played.settings, "changes": changes, "engine": engine}
    for name in ("stop_distance", "take_distance", "trail_distance", "confidence"):
        values = getattr(played.signals, name)
        if values is not None:
            values[played.signals.side == Signal.TARGET] = np.nan
    by_bar = run(Replays(played.signals, symbols, bars), played.bars, **arguments)
    assert_same(by_bar, run(played.signals, played.bars, **arguments))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 2), bars=st.integers(2, 160), symbols=st.integers(1, 3))
def test_a_run_that_was_stopped_and_resumed_is_the_same_run(seed, bars, symbols):
    played, changes = with_changes(seed, bars=bars, symbols=symbols, times=6)
    stops = [(bar, played.settings) for bar, _ in changes]
    for engine in ("compiled", "plain"):
        whole = run(played.signals, played.bars, settings=played.settings, engine=engine)
        halting = run(
            played.signals, played.bars, settings=played.settings, engine=engine, changes=stops
        )
        assert_same(halting, whole)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 2), bars=st.integers(2, 160), symbols=st.integers(1, 3))
def test_what_was_before_a_change_stays_as_it_was(seed, bars, symbols):
    played, changes = with_changes(seed, bars=bars, symbols=symbols, times=1)
    at = changes[0][0]
    still = run(played.signals, played.bars, settings=played.settings)
    changed = run(played.signals, played.bars, settings=played.settings, changes=changes)
    before = [found.fills[found.fills["bar"] < at] for found in (still, changed)]
    for name in FILL.names or ():
        assert np.array_equal(before[0][name], before[1][name])
    assert np.array_equal(still.equity[:at], changed.equity[:at])


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 2),
    symbols=st.integers(1, 3),
    first=st.integers(0, 99),
    count=st.integers(1, 100),
    engine=st.sampled_from(["compiled", "plain"]),
)
def test_a_part_of_the_bars_is_played_as_if_it_were_all_there_is(
    seed, symbols, first, count, engine
):
    played = random_run(seed, bars=100, symbols=symbols)
    last = min(first + count, 100)
    part, fine = played.bars.between(first, last), played.bars.fine
    if fine is not None:
        inner = slice(int(fine.start[first]), int(fine.start[last]))
        fine = FineBars(
            **{name: getattr(fine, name)[:, inner] for name in ("open", "high", "low", "close")},
            start=fine.start[first : last + 1] - fine.start[first],
        )
    copied = {
        name: getattr(part, name).copy()
        for name in ("opened_ns", "open", "high", "low", "close", "volume")
    }
    alone = bars_of(symbols=part.symbols, fine=fine, **copied)
    calendar = played.settings.calendar.between(first, last)
    arguments = {"settings": replace(played.settings, calendar=calendar), "engine": engine}
    signals = played.signals.between(first, last)
    assert_same(run(signals, part, **arguments), run(signals, alone, **arguments))


def falling(bars: int):
    close = 100.0 - np.arange(bars)
    open_ = np.concatenate([[100.0], close[:-1]])
    return bars_of(
        opened_ns=np.arange(bars) * 10**9, open=open_, high=open_, low=close, close=close
    )


@pytest.mark.parametrize("engine", ["compiled", "plain"])
def test_a_holding_keeps_its_stop_and_the_next_one_has_the_new(engine):
    bars = falling(40)
    side = np.zeros(40, np.int8)
    side[[0, 20]] = 1
    first = Settings(exits=Exits(stop_fraction=0.10), sizing=Sizing(value=1.0, cap_fraction=1.0))
    later = replace(first, exits=Exits(stop_fraction=0.05), sizing=Sizing(value=0.5))
    found = run(
        Signals(side=side),
        bars,
        settings=replace(first, account=Account(cash=10_000.0)),
        changes=[(5, replace(later, sizing=Sizing(value=0.5, cap_fraction=1.0)))],
        engine=engine,
    )
    # In at 100, the stop at 90 is reached by the low of the tenth bar, long after the change at bar 5.
    assert found.trades["stop_price"].tolist() == [90.0, pytest.approx(80 * 0.95)]
    assert found.trades["exit_bar"].tolist() == [10, 24]
    assert found.trades["qty"].tolist() == [100.0, pytest.approx(9000 / 2 / 80)]


@pytest.mark.parametrize("engine", ["compiled", "plain"])
def test_the_time_a_holding_may_last_is_the_rule_of_the_day(engine):
    bars = falling(40)
    side = np.zeros(40, np.int8)
    side[0] = 1
    found = run(
        Signals(side=side),
        bars,
        settings=Settings(),
        changes=[(10, Settings(exits=Exits(hold_bars_max=6)))],
        engine=engine,
    )
    assert found.trades["exit_bar"].tolist() == [10]
    assert found.trades["reason"].tolist() == [Reason.TIME]
