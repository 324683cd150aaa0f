"""One run over all tests of a walk: on each span the decisions, and the rules, of the parameters chosen for it.

A holding carries over a seam, as it would in life: it keeps the levels it was entered with, and the next parameters
may close it. Rules change with the first bar that a decision of the new parameters can touch, which is the one after
the seam: what the old ones decided last is still carried out by theirs. Costs, the longest time a holding may last and
the account's bounds are rules of the day, also for a holding from before; so is the size of an entry that still rests.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from argos.backtest.barwise import Stretch
from argos.backtest.lanes import Params
from argos.backtest.layout import Signal
from argos.backtest.result import Result
from argos.backtest.run import play_decided
from argos.backtest.settings import Calendar, Settings
from argos.backtest.strategy import BarStrategy, Market, Signals, signals_of
from argos.backtest.tables import EXTRAS
from argos.backtest.trials import Play


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Bars first .. last - 1 under `params`; indicators see from `warm_first` on. `flat`: it ends without holdings."""

    params: Params
    first: int
    last: int
    warm_first: int
    flat: bool


def stitched(play: Play, pieces: Sequence[Piece]) -> Result:
    """The run from the first piece's first bar to the last one's end; what lies between pieces is not traded."""
    first, last = pieces[0].first, pieces[-1].last
    settings = play.settings_on(pieces[0].params, first, last)
    flat_bars = [piece.last - 1 - first for piece in pieces if piece.flat]
    if flat_bars:
        settings = replace(
            settings, calendar=_flat_after(settings.calendar, flat_bars, last - first)
        )
    name = getattr(play.strategy, "__name__", type(play.strategy).__name__)
    return play_decided(
        _stretches(play, pieces) if play.by_bar else _signals(play, pieces),
        play.bars.between(first, last),
        strategy=name,
        params={},
        settings=settings,
        engine=play.engine,
        returns=play.returns,
        changes=_changes(play, pieces),
    )


def _changes(play: Play, pieces: Sequence[Piece]) -> list[tuple[int, Settings]]:
    origin, end = pieces[0].first, pieces[-1].last
    found = []
    now = play.settings_on(pieces[0].params, origin, origin)
    for piece in pieces[1:]:
        later = play.settings_on(piece.params, origin, origin)
        if replace(later, calendar=now.calendar) != now and piece.first + 1 < end:
            found.append((piece.first + 1 - origin, later))
            now = later
    return found


def _flat_after(calendar: Calendar, bars: list[int], count: int) -> Calendar:
    flat = calendar.flat_after.copy() if len(calendar.flat_after) else np.zeros(count, np.int8)
    flat[bars] = 1
    return replace(calendar, flat_after=flat)


def _signals(play: Play, pieces: Sequence[Piece]) -> Signals:
    """All decisions as one, NONE between pieces."""
    origin, end = pieces[0].first, pieces[-1].last
    symbols = len(play.bars.symbols)
    whole = Signals(side=np.zeros((symbols, end - origin), np.int8))
    for piece in pieces:
        strategy, arguments = play.chosen(piece.params)
        market = Market(bars=play.bars.between(piece.warm_first, piece.last))
        part = signals_of(strategy, market, arguments).between(
            piece.first - piece.warm_first, piece.last - piece.warm_first
        )
        here = slice(piece.first - origin, piece.last - origin)
        whole.side[:, here] = part.side
        if piece.flat:
            whole.side[:, here.stop - 1] = Signal.NONE
        for name in EXTRAS:
            values = getattr(part, name)
            if values is not None:
                if getattr(whole, name) is None:
                    setattr(whole, name, np.full(whole.side.shape, np.nan))
                getattr(whole, name)[:, here] = values
    return whole


def _stretches(play: Play, pieces: Sequence[Piece]) -> list[Stretch]:
    origin = pieces[0].first
    found = []
    for piece in pieces:
        strategy, _ = play.chosen(piece.params)
        assert isinstance(strategy, BarStrategy), "it was one before its parameters were replaced"
        found.append(
            Stretch(
                strategy=strategy,
                market=Market(bars=play.bars.between(piece.warm_first, piece.last)),
                first=piece.first - origin,
                last=piece.last - origin,
                shift=origin - piece.warm_first,
                flat_after=piece.flat,
            )
        )
    return found
