"""What a bar-by-bar strategy sees: closed bars, its own holdings, and words to act with."""

from typing import Protocol

from argos.backtest.bars import Bars
from argos.backtest.layout import Floats, Signal
from argos.backtest.tables import Book, cells
from argos.core.errors import InputError


class Intake(Protocol):
    """Takes a decision of the bar that just closed. The engine implements it."""

    def __call__(self, symbol: int, signal: Signal, extras: dict[str, float]) -> None: ...


class Clock:
    """The bar that closed last, and how many have. One is shared by everything that must not look past it."""

    __slots__ = ("bar", "count")

    def __init__(self) -> None:
        self.bar = -1
        self.count = 0


class Series:
    """Values of closed bars: `series[-1]` belongs to the bar that just closed, `series[-2]` to the one before."""

    __slots__ = ("_clock", "_values")

    def __init__(self, values: Floats, clock: Clock) -> None:
        self._values: memoryview[float] = cells(values)
        self._clock = clock

    def __getitem__(self, back: int) -> float:
        place = self._clock.count + back
        if back < 0 <= place:
            return self._values[place]
        raise IndexError(f"series[{back}]: count back from the last closed bar, -1 is the latest")

    def __len__(self) -> int:
        """How many values there are by now."""
        return self._clock.count


class Holdings:
    """What is held, read where the engine writes it. A record's fields as numpy gives them cost ten times as much."""

    __slots__ = ("cash", "entry_price", "qty")

    def __init__(self, book: Book) -> None:
        # One value for each symbol, and one of the account.
        self.qty: memoryview[float] = cells(book.positions["qty"])
        self.entry_price: memoryview[float] = cells(book.positions["entry_price"])
        self.cash: memoryview[float] = cells(book.account["cash"])


class SymbolContext:
    """One symbol at the close of a bar. The latest decision of a bar counts.

    open, high, low, close, volume: the columns of closed bars, each a Series.
    """

    __slots__ = (
        "_clock",
        "_holdings",
        "_intake",
        "_symbol",
        "close",
        "high",
        "low",
        "open",
        "volume",
    )

    def __init__(
        self, *, symbol: int, bars: Bars, clock: Clock, holdings: Holdings, intake: Intake
    ) -> None:
        self._symbol = symbol
        self._clock = clock
        self._holdings = holdings
        self._intake = intake
        self.open = Series(bars.open[symbol], clock)
        self.high = Series(bars.high[symbol], clock)
        self.low = Series(bars.low[symbol], clock)
        self.close = Series(bars.close[symbol], clock)
        self.volume = Series(bars.volume[symbol], clock)

    @property
    def qty(self) -> float:
        """Units held, signed."""
        return self._holdings.qty[self._symbol]

    @property
    def entry_price(self) -> float:
        """Mean fill price of the holding; meaningless without one."""
        return self._holdings.entry_price[self._symbol]

    def buy(self, **extras: float) -> None:
        """Enters long at the next open. Extras are those of `Signals`: limit_price, stop_distance, size, ..."""
        self._intake(self._symbol, Signal.LONG, extras)

    def sell(self, **extras: float) -> None:
        """Enters short at the next open; extras as for `buy`."""
        self._intake(self._symbol, Signal.SHORT, extras)

    def exit(self) -> None:
        """Closes the holding at the next open and withdraws a resting entry."""
        self._intake(self._symbol, Signal.EXIT, {})

    def target(self, multiple: float) -> None:
        """Moves the holding to `multiple` times equity at the next open; signed."""
        self._intake(self._symbol, Signal.TARGET, {"target": multiple})


class Context(SymbolContext):
    """The first symbol, all others under `symbols`, and the account."""

    __slots__ = ("symbols",)

    def __init__(self, *, bars: Bars, clock: Clock, book: Book, intake: Intake) -> None:
        holdings = Holdings(book)
        super().__init__(symbol=0, bars=bars, clock=clock, holdings=holdings, intake=intake)
        self.symbols: tuple[SymbolContext, ...] = (
            self,
            *(
                SymbolContext(
                    symbol=index, bars=bars, clock=clock, holdings=holdings, intake=intake
                )
                for index in range(1, len(bars.symbols))
            ),
        )

    @property
    def bar(self) -> int:
        """Index of the bar that just closed."""
        return self._clock.bar

    @property
    def cash(self) -> float:
        return self._holdings.cash[0]

    @property
    def equity(self) -> float:
        """Cash and holdings at this bar's close, at mid."""
        total: float = self._holdings.cash[0]
        for symbol, held in zip(self.symbols, self._holdings.qty, strict=True):
            if held:
                total += held * symbol.close[-1]
        return total

    def series(self, values: Floats) -> Series:
        """An indicator that was computed in `start`, so that only its closed part can be read."""
        if values.ndim != 1:
            raise InputError(
                f"an indicator has {values.ndim} dimensions",
                code="SERIES_SHAPE",
                fix="give one value per bar: float64[bars]",
            )
        return Series(values, self._clock)
