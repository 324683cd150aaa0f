"""Workloads of other shapes: is there one at which the engine falls off a cliff? Each bar of each symbol counts."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time as clock
from zoneinfo import ZoneInfo

import numpy as np

from argos.backtest.bars import Bars, FineBars, bars_of
from argos.backtest.calendars import calendar_of
from argos.backtest.context import Context, Series
from argos.backtest.indicators import ema
from argos.backtest.layout import Signal
from argos.backtest.run import run
from argos.backtest.settings import Account, Exits, Filling, Settings
from argos.backtest.strategies.buy_and_hold import BuyAndHold
from argos.backtest.strategies.ema_cross import EmaCrossByBar
from argos.backtest.strategy import BarStrategy, Market, Signals, Strategy
from peers import workload as w
from peers.peer_argos import SETTINGS

SYMBOLS = 20


@dataclass(frozen=True, slots=True)
class Shape:
    """A run to be timed. Signals are made beforehand: it is the engine that is measured."""

    strategy: Strategy | Signals
    bars: Bars
    settings: Settings


class Levels:
    """Reads seven values a bar, and enters with a stop and a target of its own."""

    def start(self, market: Market, context: Context) -> None:
        self.mean: Series = context.series(market.indicator(ema, "close", 50))

    def on_bar(self, context: Context) -> None:
        close, high, low = context.close[-1], context.high[-1], context.low[-1]
        if context.bar < 50 or context.qty != 0.0:
            return
        width = high - low + abs(close - context.close[-2])
        if close > self.mean[-1] + width:
            context.buy(stop_distance=4.0 * width, take_distance=6.0 * width)
        elif close < self.mean[-1] - width:
            context.sell(stop_distance=4.0 * width, take_distance=6.0 * width)


class Weights:
    """Looks at its equity on every bar and moves its weight on every eighth."""

    def on_bar(self, context: Context) -> None:
        if context.equity > 0.0 and context.bar % 8 == 0:
            rising = context.bar > 0 and context.close[-1] > context.close[-2]
            context.target(0.5 if rising else 0.1)


def by_bar(bars: Bars, *, turns: int) -> dict[str, float]:
    """Thousand bars a second of three strategies that are asked at each close."""
    found = {}
    strategies: dict[str, Callable[[], BarStrategy]] = {
        "cross": EmaCrossByBar,
        "levels": Levels,
        "weights": Weights,
    }
    for name, make in strategies.items():
        seconds = processor_s(
            lambda make=make: run(make(), bars, settings=SETTINGS, engine="compiled"), turns
        )
        found[f"on_bar_{name}_thousand_bars_per_s"] = len(bars) / seconds / 1e3
    return found


def shapes(market: w.Market, *, turns: int) -> dict[str, float]:
    """Nanoseconds of a processor for each bar and symbol, and for the worst shapes for each fill."""
    found = {}
    for name, shape in all_shapes(market).items():
        done = run(shape.strategy, shape.bars, settings=shape.settings, engine="compiled")

        def again(shape: Shape = shape) -> object:
            return run(shape.strategy, shape.bars, settings=shape.settings, engine="compiled")

        seconds = processor_s(again, turns)
        found[f"shape_{name}_ns_per_bar"] = seconds / shape.bars.close.size * 1e9
        found[f"shape_{name}_fills_per_bar"] = len(done.fills) / shape.bars.close.size
    return found


def processor_s(work: Callable[[], object], turns: int) -> float:
    times = []
    for _ in range(turns):
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return statistics.median(times)


def all_shapes(market: w.Market) -> dict[str, Shape]:
    bars = bars_of(**market.columns())
    dice = np.random.default_rng(7)
    shape = bars.close.shape
    often = np.zeros(len(bars), np.int8)
    often[::2], often[1::2] = Signal.LONG, Signal.SHORT
    seldom = (dice.random(len(bars)) < 0.02) * dice.choice([-1, 1], len(bars))
    below = bars.close[0] * (1.0 - 0.003 * seldom)
    minute = seldom.astype(np.int8)
    return {
        "ten_million_held": Shape(BuyAndHold(), tenfold(market), SETTINGS),
        "every_bar_reverses": Shape(Signals(side=often), bars, SETTINGS),
        "limits_rest": Shape(
            Signals(side=minute, limit_price=below),
            bars,
            Settings(costs=SETTINGS.costs, exits=SETTINGS.exits),
        ),
        "time_stops": Shape(
            Signals(side=minute), bars, Settings(costs=SETTINGS.costs, exits=Exits(hold_bars_max=5))
        ),
        "weights_every_bar": rebalanced(market, dice),
        "volume_shares": Shape(
            Signals(side=minute),
            thin(market, dice),
            Settings(
                costs=SETTINGS.costs,
                exits=SETTINGS.exits,
                filling=Filling(volume_share_max=0.1, impact_bps=10.0),
            ),
        ),
        "nights_and_sessions": sessions(bars, minute),
        "finer_series": Shape(Signals(side=minute[: len(bars) // 5]), finer(market), SETTINGS),
        "margin_watched": Shape(
            Signals(side=minute),
            bars,
            Settings(
                costs=SETTINGS.costs,
                exits=SETTINGS.exits,
                account=Account(leverage_max=4.0, maintenance_fraction=0.05),
            ),
        ),
        "hundred_symbols": many_symbols(market, dice, shape[1] // 100),
    }


def tenfold(market: w.Market) -> Bars:
    """Ten million bars: the market again and again."""
    columns = {name: np.tile(values, 10) for name, values in market.columns().items()}
    columns["opened_ns"] = w.OPENED_NS + np.arange(len(columns["close"])) * w.MINUTE_NS
    return bars_of(**columns)


def cut(market: w.Market, symbols: int) -> dict[str, np.ndarray]:
    bars = len(market) // symbols
    columns = {
        name: values[: bars * symbols].reshape(symbols, bars)
        for name, values in market.columns().items()
    }
    return columns | {"opened_ns": market.opened_ns[:bars]}


def rebalanced(market: w.Market, dice: np.random.Generator) -> Shape:
    columns = cut(market, SYMBOLS)
    bars = bars_of(**columns, symbols=[f"S{index}" for index in range(SYMBOLS)])
    target = dice.normal(0, 0.5 / SYMBOLS, bars.close.shape)
    return Shape(Signals.of_targets(target), bars, SETTINGS)


def many_symbols(market: w.Market, dice: np.random.Generator, each: int) -> Shape:
    columns = cut(market.head(each * 100), 100)
    bars = bars_of(**columns, symbols=[f"S{index}" for index in range(100)])
    side = (dice.random(bars.close.shape) < 0.01) * dice.choice([-1, 1], bars.close.shape)
    return Shape(Signals(side=side.astype(np.int8)), bars, SETTINGS)


def thin(market: w.Market, dice: np.random.Generator) -> Bars:
    columns = market.columns() | {"volume": np.round(dice.lognormal(7, 1, len(market)))}
    return bars_of(**columns)


def sessions(bars: Bars, side: np.ndarray) -> Shape:
    calendar = calendar_of(
        bars,
        zone=ZoneInfo("America/New_York"),
        session=(clock(9, 30), clock(16, 0)),
        flat_at_end=True,
        rollover=clock(17, 0),
        triple_weekday=2,
    )
    return Shape(
        Signals(side=side),
        bars,
        Settings(costs=SETTINGS.costs, exits=SETTINGS.exits, calendar=calendar),
    )


def finer(market: w.Market) -> Bars:
    """Bars of five minutes, settled by the minutes."""
    bars = len(market) // 5
    minutes = {
        name: values[: bars * 5].reshape(1, bars * 5) for name, values in market.columns().items()
    }
    fives = {name: values.reshape(bars, 5) for name, values in minutes.items()}
    return bars_of(
        opened_ns=fives["opened_ns"][:, 0],
        open=fives["open"][:, 0],
        high=fives["high"].max(axis=1),
        low=fives["low"].min(axis=1),
        close=fives["close"][:, -1],
        volume=fives["volume"].sum(axis=1),
        fine=FineBars(
            **{name: minutes[name] for name in ("open", "high", "low", "close")},
            start=np.arange(bars + 1, dtype=np.int64) * 5,
        ),
    )
