"""Tables of signals that somebody gave in the past, laid onto bars: to be judged, or to be played for money.

A signal may be used from the open of the first bar after the one in which its moment lies. That bar, the one of the
decision, is the last that opened at or before the moment, so that nothing is done on prices that were known before the
signal. A moment that is exactly a bar's open may be the name of the bar that the signal was made from, or when it was
known; taken as the former nothing is ever too early. Who knows the latter says so by `known_at_open`: then such a
signal is used at that very open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.layout import Codes, Floats, Ints, Signal
from argos.backtest.signal_quality import PastSignals
from argos.backtest.strategy import Signals
from argos.backtest.tables import EXTRAS
from argos.core.errors import InputError
from argos.prices.signal_rows import SIGNALS, rows_of
from argos.prices.sources import tables_of
from argos.prices.tables import Place
from argos.prices.zones import utc_text, zone_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalTable:
    """Signals on bars: arrays [n], by bar. notes: what their owner should know.

    symbol: index into the bars' symbols; bar: of the decision; side: `Signal` codes; extras: float64[n] by name of
    EXTRAS, NaN where nothing is said. places: where each stands.
    """

    symbol: Ints
    bar: Ints
    side: Codes
    extras: Mapping[str, Floats]
    places: Sequence[Place]
    notes: tuple[str, ...]

    def past(self) -> PastSignals:
        """Those that say long or short, to be judged; exits and targets are no claims about a direction."""
        claims = (self.side == Signal.LONG) | (self.side == Signal.SHORT)
        confidence = self.extras.get("confidence", np.full(len(self.side), np.nan))
        return PastSignals(
            symbol=self.symbol[claims],
            bar=self.bar[claims],
            side=self.side[claims],
            confidence=confidence[claims],
        )

    def signals(self, bars: Bars) -> Signals:
        """All of them, to be played on the bars that they were laid onto.

        Raises InputError if two of one symbol fall into one bar: only one of them could be played.
        """
        cells = self.symbol * len(bars) + self.bar
        order = np.argsort(cells, kind="stable")
        twice = np.flatnonzero(cells[order][1:] == cells[order][:-1])
        if len(twice):
            first, second = (self.places[order[twice[0] + step]] for step in (0, 1))
            opened = utc_text(int(bars.opened_ns[self.bar[order[twice[0]]]]))
            raise InputError(
                f"{second}: a second signal for the bar of {opened}, as in {first}",
                code="SIGNALS_BAR_TWICE",
                field=second.table.names["time"],
                fix="drop one of the two, or take shorter bars",
            )
        found = Signals(side=np.zeros(bars.close.shape, np.int8))
        found.side[self.symbol, self.bar] = self.side
        for name, values in self.extras.items():
            column = np.full(bars.close.shape, np.nan)
            column[self.symbol, self.bar] = values
            setattr(found, name, column)
        return found


def read_signals(
    source: Any,
    bars: Bars,
    *,
    zone: str | None = None,
    known_at_open: bool = False,
    columns: Mapping[str, str] | None = None,
) -> PastSignals:
    """Signals to be judged (`signal_quality.outcomes_after`): `read_signal_table` without what goes with them."""
    table = read_signal_table(source, bars, zone=zone, known_at_open=known_at_open, columns=columns)
    return table.past()


def read_played_signals(
    source: Any,
    bars: Bars,
    *,
    zone: str | None = None,
    known_at_open: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Signals:
    """Signals for a money run (`run.run`): `read_signal_table` laid out over all bars."""
    table = read_signal_table(source, bars, zone=zone, known_at_open=known_at_open, columns=columns)
    return table.signals(bars)


def read_signal_table(
    source: Any,
    bars: Bars,
    *,
    zone: str | None = None,
    known_at_open: bool = False,
    columns: Mapping[str, str] | None = None,
) -> SignalTable:
    """A table of time, symbol and side, with any of EXTRAS, from whatever `read.read_prices` takes, but "demo".

    side: long or buy or 1, short or sell or -1, exit or flat or close, target (with `target`, a signed multiple of
    equity). The symbol may be left out if the bars have one only. Times as in price tables; `zone` and `columns` too.
    known_at_open: a time that is a bar's open is when the signal was known, and it is used at that open.

    Raises InputError, naming table, row and column, for a symbol that the bars do not have, a time outside them, a row
    that stands there twice, a side that is none, and numbers that cannot be.
    """
    where = None if zone is None else zone_of(zone)
    read = [
        rows_of(table, bars, zone=where, known_at_open=known_at_open)
        for table in tables_of(source, SIGNALS, given=columns or {})
    ]
    symbol, bar, at_ns = (
        np.concatenate([getattr(part, name) for part in read])
        for name in ("symbol", "bar", "at_ns")
    )
    places = [Place(part.table, row) for part in read for row in range(len(part.bar))]
    if not places:
        raise InputError(
            f"{read[0].table.name} holds no signal",
            code="SIGNALS_EMPTY",
            field="source",
            fix="give at least one row",
        )
    order = np.lexsort((symbol, at_ns))
    _refuse_twice(bars, symbol[order], at_ns[order], [places[row] for row in order])
    names = {name for part in read for name in part.extras}
    extras = {
        name: np.concatenate(
            [part.extras.get(name, np.full(len(part.bar), np.nan)) for part in read]
        )[order]
        for name in EXTRAS
        if name in names
    }
    notes = [note for part in read for note in part.notes]
    at_open = int((bars.opened_ns[bar] == at_ns).sum())
    if at_open and not known_at_open:
        notes.append(
            f"{at_open} of {len(bar)} signals are at a bar's open, and used at the next one's"
        )
    return SignalTable(
        symbol=symbol[order],
        bar=bar[order],
        side=np.concatenate([part.side for part in read])[order],
        extras=extras,
        places=[places[row] for row in order],
        notes=tuple(dict.fromkeys(notes)),
    )


def _refuse_twice(bars: Bars, symbol: Ints, at_ns: Ints, places: Sequence[Place]) -> None:
    same = (symbol[1:] == symbol[:-1]) & (at_ns[1:] == at_ns[:-1])
    if same.any():
        row = int(np.argmax(same)) + 1
        place = places[row]
        raise InputError(
            f"{place}: {bars.symbols[symbol[row]]} has a signal at {utc_text(int(at_ns[row]))} again, "
            f"as in {places[row - 1]}",
            code="SIGNALS_DUPLICATE",
            field=place.table.names["time"],
            fix="drop one of the two rows",
        )
