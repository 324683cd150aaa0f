"""What a bar-by-bar strategy sees: closed bars, its own holdings, and words to act with."""

from collections.abc import Callable
from typing import Any, Protocol

from argos.backtest.layout import Floats, Records, Signal
from argos.core.errors import InputError


class Intake(Protocol):
    """Takes a decision of the bar that just closed. The engine implements it."""

    def __call__(self, symbol: int, signal: Signal, extras: dict[str, float]) -> None: ...


class Clock:
    """The bar that closed last. One is shared by everything that must not look past it."""

    __slots__ = ("bar",)

    def __init__(self) -> None:
        self.bar = -1


class Series:
    """Values of closed bars: `series[-1]` belongs to the bar that just closed, `series[-2]` to the one before."""

    __slots__ = ("_clock", "_values")

    def __init__(self, values: Floats, clock: Clock) -> None:
        self._values: memoryview = memoryview(values.data)
        self._clock = clock

    def __getitem__(self, back: int) -> float:
        place = self._clock.bar + back + 1
        if back >= 0 or place < 0:
            raise IndexError(
                f"series[{back}]: count back from the last closed bar, -1 is the latest"
            )
        return self._values[place]

    def __len__(self) -> int:
        """How many values there are by now."""
        return self._clock.bar + 1


class SymbolContext:
    """One symbol at the close of a bar. The latest decision of a bar counts."""

    __slots__ = ("_clock", "_columns", "_intake", "_position", "_symbol")

    def __init__(
        self,
        *,
        symbol: int,
        columns: dict[str, Floats],
        clock: Clock,
        position: Any,
        intake: Intake,
    ) -> None:
        self._symbol = symbol
        self._clock = clock
        self._position = position
        self._intake = intake
        self._columns = {name: Series(values, clock) for name, values in columns.items()}

    @property
    def open(self) -> Series:
        return self._columns["open"]

    @property
    def high(self) -> Series:
        return self._columns["high"]

    @property
    def low(self) -> Series:
        return self._columns["low"]

    @property
    def close(self) -> Series:
        return self._columns["close"]

    @property
    def volume(self) -> Series:
        return self._columns["volume"]

    @property
    def qty(self) -> float:
        """Units held, signed."""
        return float(self._position["qty"])

    @property
    def entry_price(self) -> float:
        """Mean fill price of the holding; meaningless without one."""
        return float(self._position["entry_price"])

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

    __slots__ = ("_account", "_equity", "symbols")

    def __init__(
        self,
        *,
        columns: list[dict[str, Floats]],
        clock: Clock,
        positions: Records,
        account: Any,
        intake: Intake,
        equity: Callable[[], float],
    ) -> None:
        super().__init__(
            symbol=0, columns=columns[0], clock=clock, position=positions[0], intake=intake
        )
        self._account = account
        self._equity = equity
        self.symbols: tuple[SymbolContext, ...] = (
            self,
            *(
                SymbolContext(
                    symbol=index,
                    columns=columns[index],
                    clock=clock,
                    position=positions[index],
                    intake=intake,
                )
                for index in range(1, len(columns))
            ),
        )

    @property
    def bar(self) -> int:
        """Index of the bar that just closed."""
        return self._clock.bar

    @property
    def cash(self) -> float:
        return float(self._account["cash"])

    @property
    def equity(self) -> float:
        """Cash and holdings at this bar's close, at mid."""
        return self._equity()

    def series(self, values: Floats) -> Series:
        """An indicator that was computed in `start`, so that only its closed part can be read."""
        if values.ndim != 1:
            raise InputError(
                f"an indicator has {values.ndim} dimensions",
                code="SERIES_SHAPE",
                fix="give one value per bar: float64[bars]",
            )
        return Series(values, self._clock)
