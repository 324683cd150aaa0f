"""Whether a strategy sees the future: cut it off at random bars and demand the same past decisions."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.barwise import decide
from argos.backtest.preparing import orders_of
from argos.backtest.settings import Settings
from argos.backtest.strategy import BarStrategy, Market, Strategy, signals_of
from argos.backtest.tables import EXTRAS, Orders
from argos.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Peek:
    """With the bars from `cut` on taken away, the decision of `bar` (before `cut`) is another one.

    `what` is "side" or the name of the extra that differs; `with_future` and `without` are its values.
    """

    cut: int
    symbol: str
    bar: int
    what: str
    with_future: float
    without: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAhead:
    """cuts: the bars at which the future was taken away; decisions: signals that were compared in all."""

    cuts: tuple[int, ...]
    decisions: int
    peeks: tuple[Peek, ...]

    @property
    def clean(self) -> bool:
        return not self.peeks


def check_lookahead(
    strategy: Strategy,
    bars: Bars,
    *,
    cuts: int = 20,
    seed: int = 0,
    settings: Settings | None = None,
    params: Mapping[str, Any] | None = None,
) -> LookAhead:
    """Runs the strategy on all bars and on `cuts` random beginnings of them; the first difference of each is told.

    It proves a look ahead and cannot prove that there is none: a strategy without signals near a cut shows nothing.
    Raises InputError for fewer than two bars.
    """
    if len(bars) < 2:
        raise InputError(
            "there is nothing to cut off", code="BARS_EMPTY", fix="give two bars or more"
        )
    chosen = settings or Settings()
    # A holding that the last bar closes would show the strategy where its data end.
    chosen = replace(chosen, filling=replace(chosen.filling, close_at_end=False))
    whole = _decisions(strategy, bars, chosen, params)
    dice = np.random.default_rng(seed)
    places = np.unique(dice.integers(1, len(bars), size=cuts))
    peeks, compared = [], 0
    for cut in places.tolist():
        part = _decisions(strategy, bars.head(cut), _cut(chosen, cut), params)
        compared += int(np.count_nonzero(whole.side[:, :cut]))
        peek = _first_difference(whole, part, bars, cut)
        if peek is not None:
            peeks.append(peek)
    return LookAhead(cuts=tuple(places.tolist()), decisions=compared, peeks=tuple(peeks))


def _decisions(
    strategy: Strategy, bars: Bars, settings: Settings, params: Mapping[str, Any] | None
) -> Orders:
    market = Market(bars=bars)
    if isinstance(strategy, BarStrategy):
        return decide(copy.deepcopy(strategy), market, settings)
    signals = signals_of(strategy, market, dict(params or {}))
    return orders_of(signals, len(bars.symbols), len(bars))


def _cut(settings: Settings, cut: int) -> Settings:
    return replace(settings, calendar=settings.calendar.between(0, cut))


def _first_difference(whole: Orders, part: Orders, bars: Bars, cut: int) -> Peek | None:
    sides, sides_part = whole.side[:, :cut], part.side[:, :cut]
    found = [(what, whole_of, part_of) for what, whole_of, part_of in _columns(whole, part, cut)]
    decided = sides != 0
    for what, with_future, without in [("side", sides, sides_part), *found]:
        same = (with_future == without) | (np.isnan(with_future) & np.isnan(without))
        different = ~same if what == "side" else ~same & decided
        if different.any():
            bar = int(np.flatnonzero(different.any(axis=0))[0])
            symbol = int(np.flatnonzero(different[:, bar])[0])
            return Peek(
                cut=cut,
                symbol=bars.symbols[symbol],
                bar=bar,
                what=what,
                with_future=float(with_future[symbol, bar]),
                without=float(without[symbol, bar]),
            )
    return None


def _columns(whole: Orders, part: Orders, cut: int) -> list[tuple[str, Any, Any]]:
    found = []
    for name in EXTRAS:
        values, values_part = getattr(whole, name), getattr(part, name)
        if values.size and values_part.size:
            found.append((name, values[:, :cut], values_part[:, :cut]))
    return found
