"""The market as arrays: checked once, then only read."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from argos.backtest.faults import price_fault, time_fault, unusable
from argos.backtest.layout import BLOCK_BARS, Floats, Ints
from argos.core.errors import InputError

DAY_NS: Final = 86_400_000_000_000
YEAR_DAYS: Final = 365.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FineBars:
    """A finer series that settles what came first inside a bar.

    open, high, low, close: float64[symbols, fine]; start: int64[bars + 1], the fine bars of bar i are
    start[i] .. start[i + 1] - 1, none if both are equal.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    start: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bars:
    """Bars of one or more symbols on one time axis. Build it with `bars_of`; the arrays are not to be written.

    opened_ns: int64[bars], UTC nanoseconds of each bar's open, strictly rising.
    open, high, low, close, volume: float64[symbols, bars], C order, mid prices. Where a symbol has no bar, open,
    high and low are NaN, volume is 0 and close repeats the last one: nothing is filled there, and it marks holdings.
    """

    symbols: tuple[str, ...]
    opened_ns: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    fine: FineBars | None = None
    _index: dict[str, tuple[npt.NDArray[np.generic], ...]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return int(self.close.shape[1])

    def head(self, bars: int) -> "Bars":
        """The first `bars` bars, as views. What a strategy would have seen at that time."""
        return self.between(0, bars)

    def between(self, first: int, last: int) -> "Bars":
        """Bars first .. last - 1, as views. The finer series goes along."""
        part = slice(first, last)
        fine = self.fine
        return Bars(
            symbols=self.symbols,
            opened_ns=self.opened_ns[part],
            open=self.open[:, part],
            high=self.high[:, part],
            low=self.low[:, part],
            close=self.close[:, part],
            volume=self.volume[:, part],
            fine=fine and replace(fine, start=fine.start[first : last + 1]),
        )

    def only(self, symbol: int) -> "Bars":
        """One symbol on the same time axis, as views. The finer series goes along."""
        return self._rows(slice(symbol, symbol + 1), self.symbols[symbol : symbol + 1])

    def choose(self, symbols: Sequence[str]) -> "Bars":
        """These symbols, in this order, on the same time axis; the finer series goes along.

        Raises InputError for a symbol that is not there.
        """
        unknown = [symbol for symbol in symbols if symbol not in self.symbols]
        if unknown:
            raise InputError(
                f"there are no bars of {unknown[0]}",
                code="BARS_SYMBOL_UNKNOWN",
                field="symbols",
                fix=f"choose from {', '.join(self.symbols)}",
            )
        return self._rows([self.symbols.index(symbol) for symbol in symbols], tuple(symbols))

    def _rows(self, rows: slice | list[int], symbols: tuple[str, ...]) -> "Bars":
        fine = self.fine
        return Bars(
            symbols=symbols,
            opened_ns=self.opened_ns,
            open=self.open[rows],
            high=self.high[rows],
            low=self.low[rows],
            close=self.close[rows],
            volume=self.volume[rows],
            fine=fine
            and replace(
                fine,
                open=fine.open[rows],
                high=fine.high[rows],
                low=fine.low[rows],
                close=fine.close[rows],
            ),
        )

    def at(self, places: Ints) -> "Bars":
        """The bars at these rising indexes, as copies. Their finer bars go along."""
        fine = self.fine
        if fine is not None:
            counts = np.diff(fine.start)
            kept = np.zeros(len(self), bool)
            kept[places] = True
            rows = int(fine.start[0]) + np.flatnonzero(np.repeat(kept, counts))
            fine = FineBars(
                open=fine.open[:, rows],
                high=fine.high[:, rows],
                low=fine.low[:, rows],
                close=fine.close[:, rows],
                start=np.append(0, np.cumsum(counts[places])).astype(np.int64),
            )
        return Bars(
            symbols=self.symbols,
            opened_ns=self.opened_ns[places],
            open=self.open[:, places],
            high=self.high[:, places],
            low=self.low[:, places],
            close=self.close[:, places],
            volume=self.volume[:, places],
            fine=fine,
        )

    def has_gaps(self) -> bool:
        """Whether any symbol has no bar somewhere."""
        found = self._index.get("gaps")
        if found is None:
            # A minimum is NaN if anything is, and takes no memory.
            found = self._index["gaps"] = (np.isnan(np.min(self.open, initial=np.inf))[None],)
        return bool(found[0][0])

    def block_extremes(self) -> tuple[Floats, Floats]:
        """Highest high and lowest low of each run of BLOCK_BARS bars: float64[symbols, blocks] each."""
        found = self._index.get("blocks")
        if found is None:
            found = self._index["blocks"] = (
                _blocks(self.high, np.fmax, -np.inf),
                _blocks(self.low, np.fmin, np.inf),
            )
        return found  # type: ignore[return-value]  # the index holds arrays of several dtypes

    def day_ends(self) -> Ints:
        """The last bar of each UTC day: int64[days]. Daily returns are taken there."""
        found = self._index.get("days")
        if found is None:
            days = self.opened_ns // DAY_NS
            last = np.append(np.flatnonzero(days[1:] != days[:-1]), len(days) - 1)
            found = self._index["days"] = (last.astype(np.int64),)
        return found[0]  # type: ignore[return-value]

    def years(self) -> float:
        """Calendar years from the first open to the end of the last bar, as wide as the mean; 0 for a single bar."""
        span = int(self.opened_ns[-1] - self.opened_ns[0]) if len(self) > 1 else 0
        step = span // max(len(self) - 1, 1)
        return (span + step) / (DAY_NS * YEAR_DAYS)


def _blocks(values: Floats, reduce: np.ufunc, empty: float) -> Floats:
    symbols, bars = values.shape
    whole = bars // BLOCK_BARS
    found = np.full((symbols, -(-bars // BLOCK_BARS)), empty)
    shaped = values[:, : whole * BLOCK_BARS].reshape(symbols, whole, BLOCK_BARS)
    if whole:
        found[:, :whole] = reduce.reduce(shaped, axis=2)
    if bars > whole * BLOCK_BARS:
        found[:, whole] = reduce.reduce(values[:, whole * BLOCK_BARS :], axis=1)
    return found


def bars_of(
    *,
    opened_ns: Ints,
    open: Floats,  # noqa: A002 - the column's name in every price file
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats | None = None,
    symbols: Sequence[str] = ("ASSET",),
    fine: FineBars | None = None,
) -> Bars:
    """Checked bars from arrays [bars] of one symbol or [symbols, bars] of several; not copied if already float64.

    Raises InputError (BARS_*) naming the row and column of the first thing that is wrong. A row of a symbol whose
    open, high and low are all NaN is a missing bar; its close must repeat the one before.
    """
    columns = {"open": open, "high": high, "low": low, "close": close}
    shaped = {name: _shaped(name, values) for name, values in columns.items()}
    shape = shaped["close"].shape
    volume_shaped = np.zeros(shape) if volume is None else _shaped("volume", volume)
    opened = np.ascontiguousarray(opened_ns, dtype=np.int64)
    if shape[1] == 0:
        raise InputError("there are no bars", code="BARS_EMPTY", fix="give at least one bar")
    if len(symbols) != shape[0] or len(set(symbols)) != shape[0]:
        raise InputError(
            f"{shape[0]} rows of prices, but symbols are {list(symbols)}",
            code="BARS_SYMBOLS",
            field="symbols",
            fix="give one name for each symbol, each once",
        )
    for name, values in [*shaped.items(), ("volume", volume_shaped), ("opened_ns", opened[None])]:
        if values.shape[1] != shape[1] or (name != "opened_ns" and values.shape != shape):
            raise InputError(
                f"{name} has shape {values.shape}, close has {shape}",
                code="BARS_SHAPE",
                field=name,
                fix="give all columns the same length",
            )
    _check_times(opened)
    _check_prices(shaped, volume_shaped)
    if fine is not None:
        fine = _checked_fine(fine, shape)
    return Bars(
        symbols=tuple(symbols),
        opened_ns=opened,
        open=shaped["open"],
        high=shaped["high"],
        low=shaped["low"],
        close=shaped["close"],
        volume=volume_shaped,
        fine=fine,
    )


def _shaped(name: str, values: Floats) -> Floats:
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.ndim not in (1, 2):
        raise InputError(
            f"{name} has {array.ndim} dimensions",
            code="BARS_SHAPE",
            field=name,
            fix="give [bars] or [symbols, bars]",
        )
    return np.atleast_2d(array)


def _check_times(opened: Ints) -> None:
    row = time_fault(opened)
    if row is not None:
        same = opened[row] == opened[row - 1]
        raise InputError(
            f"row {row}: {'the same time as' if same else 'earlier than'} row {row - 1}",
            code="BARS_DUPLICATE" if same else "BARS_UNSORTED",
            field="opened_ns",
            fix="drop one of the two rows" if same else "sort the rows by time",
        )


def _check_prices(columns: dict[str, Floats], volume: Floats) -> None:
    fault = price_fault(columns, volume)
    if fault is not None:
        symbol, row, name, what = fault
        value = (volume if name == "volume" else columns[name])[symbol, row]
        raise InputError(
            f"symbol {symbol}, row {row}: {name} is {value}, {what}",
            code="BARS_PRICE",
            field=name,
            fix="repair or drop the row; a missing bar has NaN in open, high and low and repeats the close",
        )


def _checked_fine(fine: FineBars, shape: tuple[int, ...]) -> FineBars:
    """The finer series, if its rows can be found by `start`: a wrong place would be read without a check."""
    start = np.ascontiguousarray(fine.start, dtype=np.int64)
    columns = {
        name: _shaped(name, getattr(fine, name)) for name in ("open", "high", "low", "close")
    }
    count = columns["close"].shape[1]
    rising = start.ndim == 1 and len(start) == shape[1] + 1 and bool((np.diff(start) >= 0).all())
    if not rising or start[0] < 0 or start[-1] > count:
        raise InputError(
            f"the finer series has {count} bars, and start does not share them out among {shape[1]}",
            code="BARS_FINE",
            field="fine.start",
            fix="give int64[bars + 1]: the first finer bar of each bar, then the end of the last",
        )
    for name, values in columns.items():
        if values.shape != (shape[0], count):
            raise InputError(
                f"the finer {name} has shape {values.shape}, expected {(shape[0], count)}",
                code="BARS_FINE",
                field=f"fine.{name}",
                fix="give all columns of the finer series for all symbols",
            )
        bad = unusable(values)
        if bad.any():
            symbol, row = divmod(int(np.argmax(bad)), count)
            raise InputError(
                f"symbol {symbol}, finer row {row}: {name} is {values[symbol, row]}, must be a positive number",
                code="BARS_FINE",
                field=f"fine.{name}",
                fix="repair or drop the row of the finer series",
            )
    return FineBars(start=start, **columns)
