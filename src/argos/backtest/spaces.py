"""What a parameter search may try: ranges and choices under names, and conditions between them."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from argos.backtest.layout import Floats, Ints
from argos.core.errors import InputError

Value = int | float | bool | str
Column = npt.NDArray[np.float64] | npt.NDArray[np.int64]
"""One parameter of many trials: whole numbers as int64, others as float64, choices as int64 places among them."""
Comparison = Literal["<", "<=", ">", ">=", "==", "!="]

NAME: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?")
WHOLE_MAX: Final = 2**53
"""Whole numbers up to here are exact as float64, as which a journal keeps them."""
POINTS_MAX: Final = 10_000


def refuse(what: str, *, name: str, fix: str) -> InputError:
    """SPACE_INVALID, ready to be raised; `field` is the parameter."""
    return InputError(f"{name}: {what}", code="SPACE_INVALID", field=name, fix=fix)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise refuse(
            "is no name of a parameter",
            name=name,
            fix="use a field of the strategy (fast) or of the settings (exits.stop_fraction)",
        )


@dataclass(frozen=True, kw_only=True)
class Range:
    """Numbers from `low` to `high`, both among them if the step leads there.

    Whole numbers if both ends are; their step is 1 unless given. Other numbers without `step` or `points` are
    continuous: random and optuna draw from them, a grid cannot. `log`: drawn evenly by ratio, low above 0; with
    `points`, that many values at equal ratios (whole ones rounded, repeats dropped).
    """

    name: str
    low: float
    high: float
    step: float | None = None
    log: bool = False
    points: int | None = None

    def __post_init__(self) -> None:
        _check_name(self.name)
        ends = [self.low, self.high] + ([] if self.step is None else [self.step])
        if not all(math.isfinite(end) and abs(end) <= WHOLE_MAX for end in ends):
            raise refuse(
                "an end or a step is no usable number", name=self.name, fix="write it as 5..50:5"
            )
        if not self.low <= self.high:
            raise refuse(
                f"{self.low} is above {self.high}",
                name=self.name,
                fix="write the lower end first",
            )
        if self.step is not None and (self.log or not self.step > 0):
            raise refuse(
                "a step is above 0, and not logarithmic",
                name=self.name,
                fix="write 5..50:5, or 0.001..0.1:log8 for 8 values at equal ratios",
            )
        if self.log and not self.low > 0:
            raise refuse("log needs a low end above 0", name=self.name, fix="raise the low end")
        if self.points is not None and not (self.log and 2 <= self.points <= POINTS_MAX):
            raise refuse(
                f"points are 2 to {POINTS_MAX}, and with log only",
                name=self.name,
                fix="write 0.001..0.1:log8, or a step: 5..50:5",
            )
        if not self.whole:
            for end in ("low", "high"):
                object.__setattr__(self, end, float(getattr(self, end)))

    @property
    def whole(self) -> bool:
        numbers = (self.low, self.high, 1 if self.step is None else self.step)
        return all(isinstance(number, int) for number in numbers)

    @property
    def count(self) -> int | None:
        """How many values there are; None if continuous."""
        if self.points is not None:
            return len(self._by_ratio)
        if self.step is None and not self.whole:
            return 1 if self.low == self.high else None
        low, step = Decimal(repr(self.low)), Decimal(repr(self.step or 1))
        return int((Decimal(repr(self.high)) - low) / step) + 1

    def at(self, places: Ints) -> Column:
        """Values at 0 .. count - 1, in rising order. Those of a decimal step are the decimals one would write."""
        if self.points is not None:
            return self._by_ratio[places]
        if self.whole:
            found: Ints = int(self.low) + places * int(self.step or 1)
            return found
        low, step = Decimal(repr(self.low)), Decimal(repr(self.step or 1.0))
        digits = max(0, *(-int(number.as_tuple().exponent) for number in (low, step)))
        scale = Decimal(10) ** digits
        if digits > 15 or max(abs(self.low), abs(self.high)) * float(scale) > WHOLE_MAX:
            near: Floats = np.float64(self.low) + places * np.float64(step)
            return near
        # A whole number over a power of ten is the float that the decimal itself would be read as.
        exact: Floats = (int(low * scale) + places * int(step * scale)) / float(scale)
        return exact

    @cached_property
    def _by_ratio(self) -> Column:
        ratios = np.geomspace(self.low, self.high, self.points or 2)
        # Rounding may lead past the ends, or not quite to them.
        values: Floats = np.clip(ratios, self.low, self.high)
        values[0], values[-1] = self.low, self.high
        return np.unique(np.rint(values)).astype(np.int64) if self.whole else np.unique(values)

    def value(self, code: float) -> Value:
        return int(code) if self.whole else float(code)


@dataclass(frozen=True, kw_only=True)
class Choices:
    """One of these values. Numbers in rising order count as ordered: their neighbours mean something."""

    name: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        _check_name(self.name)
        named = {(type(value), value) for value in self.values}
        if not self.values or len(named) < len(self.values):
            raise refuse("has no value, or one twice", name=self.name, fix="write 0.005,0.01,0.02")
        for value in self.values:
            if isinstance(value, float) and not math.isfinite(value):
                raise refuse(f"{value} is no value", name=self.name, fix="give finite numbers")
            if isinstance(value, int) and abs(value) > WHOLE_MAX:
                raise refuse(f"{value} is too large", name=self.name, fix="give smaller numbers")

    @property
    def ordered(self) -> bool:
        numbers = [value for value in self.values if type(value) in (int, float)]
        return len(numbers) == len(self.values) and numbers == sorted(numbers)

    @property
    def count(self) -> int:
        return len(self.values)

    def at(self, places: Ints) -> Column:
        """The places themselves: see `Column`."""
        return places

    def value(self, code: float) -> Value:
        return self.values[int(code)]


Parameter = Range | Choices


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """`factor` times the parameter `name`; the factor alone without one."""

    factor: float = 1.0
    name: str | None = None

    def __str__(self) -> str:
        if self.name is None:
            return repr(self.factor)
        return self.name if self.factor == 1 else f"{self.factor!r}*{self.name}"


_HOLDS: Final[dict[Comparison, np.ufunc]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What each trial must fulfil, such as fast < slow or 2*fast <= slow."""

    left: Term
    comparison: Comparison
    right: Term

    def __str__(self) -> str:
        return f"{self.left}{self.comparison}{self.right}"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(term.name for term in (self.left, self.right) if term.name is not None)

    def holds(self, numbers: Mapping[str, Floats]) -> npt.NDArray[np.bool_]:
        """For each trial whether it does. `numbers`: float64[trials] of each name, NaN for what is no number."""
        left, right = (
            term.factor if term.name is None else term.factor * numbers[term.name]
            for term in (self.left, self.right)
        )
        found: npt.NDArray[np.bool_] = np.asarray(_HOLDS[self.comparison](left, right))
        return found


@dataclass(frozen=True, kw_only=True)
class Space:
    """Parameters in the order in which a grid walks them (the last one fastest), and what must hold between them.

    Build it with `space_text.parse_space` or from `Range` and `Choices`. Raises InputError (SPACE_INVALID).
    """

    parameters: tuple[Parameter, ...]
    conditions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if not self.parameters:
            raise refuse("there is nothing to search", name="space", fix="write fast=5..50:5")
        for name in self.names:
            if self.names.count(name) > 1:
                raise refuse("stands there twice", name=name, fix="give each parameter once")
        for condition in self.conditions:
            for name in condition.names:
                if name not in self.names or not is_number(self[name]):
                    raise refuse(
                        f"{condition} compares what is no number in this search",
                        name=name,
                        fix="compare parameters of the search that are numbers",
                    )
            if not condition.names:
                raise refuse("compares no parameter", name=str(condition), fix="write fast<slow")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters)

    def __getitem__(self, name: str) -> Parameter:
        return next(parameter for parameter in self.parameters if parameter.name == name)

    @property
    def product(self) -> int | None:
        """Combinations before conditions; None if a parameter is continuous."""
        counts = [parameter.count for parameter in self.parameters]
        return None if None in counts else math.prod(count for count in counts if count is not None)

    def allowed(self, columns: Mapping[str, Column]) -> npt.NDArray[np.bool_]:
        """For each trial whether all conditions hold: bool[trials]. `columns` of all names of the conditions."""
        some = next(iter(columns.values()))
        found = np.ones(len(some), bool)
        for condition in self.conditions:
            numbers = {name: numbers_of(self[name], columns[name]) for name in condition.names}
            found &= condition.holds(numbers)
        return found


def is_number(parameter: Parameter) -> bool:
    return isinstance(parameter, Range) or all(
        type(value) in (int, float) for value in parameter.values
    )


def numbers_of(parameter: Parameter, column: Column) -> Floats:
    """The values of a column as float64; only for parameters that are numbers."""
    if isinstance(parameter, Range):
        return column.astype(np.float64)
    values: Any = parameter.values
    return np.asarray(values, np.float64)[column.astype(np.int64)]
