"""A parameter space as text, one parameter or condition each, as the command line and a journal's head hold it.

    fast=5..50:5            whole numbers from 5 to 50, every fifth; without `:5` every one
    ratio=0.5..2.0:0.25     decimals, by a step
    risk=0.001..0.1         any number between: for random and optuna, not for a grid
    risk=0.001..0.1:log     the same, drawn evenly by ratio
    risk=0.001..0.1:log8    8 values at equal ratios
    stop=0.005,0.01,0.02    these values; text, true and false, too: mode=calm,wild
    slow=100                this one
    fast<slow               a condition: < <= > >= == !=, and 2*fast<=slow

A number with a point or an exponent is a decimal, one without is whole.
"""

import re
from collections.abc import Iterable
from typing import Final, cast

from argos.backtest.spaces import (
    Choices,
    Comparison,
    Condition,
    Parameter,
    Range,
    Space,
    Term,
    Value,
    refuse,
)

_TERM: Final = r"\s*([^<>=!*]+?)(?:\s*\*\s*([^<>=!*]+?))?\s*"
_CONDITION: Final = re.compile(rf"{_TERM}(<=|>=|==|!=|<|>){_TERM}")
_UNFIT: Final = re.compile(r"[,=<>!*]|\.\.")
_WHOLE: Final = re.compile(r"[+-]?\d+")
_FIX: Final = "write fast=5..50:5, risk=0.001..0.1:log8, stop=0.01,0.02 or fast<slow"


def parse_space(texts: Iterable[str]) -> Space:
    """The space that these texts describe, in their order. Raises InputError (SPACE_INVALID) naming the parameter."""
    parameters: list[Parameter] = []
    conditions: list[Condition] = []
    for text in texts:
        condition = _CONDITION.fullmatch(text)
        if condition:
            conditions.append(_condition(condition))
            continue
        name, separator, said = (part.strip() for part in text.partition("="))
        if not separator or not said:
            raise refuse("says no values", name=name or text, fix=_FIX)
        parameters.append(_parameter(name, said))
    return Space(parameters=tuple(parameters), conditions=tuple(conditions))


def space_lines(space: Space) -> tuple[str, ...]:
    """The texts of a space: parsed again they give an equal one."""
    return (*map(parameter_text, space.parameters), *map(str, space.conditions))


def parameter_text(parameter: Parameter) -> str:
    """`name=...` in the grammar above. Raises InputError for a text choice that would be read as something else."""
    if isinstance(parameter, Choices):
        return f"{parameter.name}={','.join(_choice_text(parameter, v) for v in parameter.values)}"
    text = f"{parameter.name}={parameter.low!r}..{parameter.high!r}"
    if parameter.log:
        return f"{text}:log{parameter.points or ''}"
    return text if parameter.step is None else f"{text}:{parameter.step!r}"


def _choice_text(parameter: Choices, value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return repr(value)
    if _UNFIT.search(value) or _value(value) != value or not value.strip() == value != "":
        raise refuse(
            f"the text {value!r} would be read as something else",
            name=parameter.name,
            fix="use a text that is no number, without , = < > ! * .. and without blanks at its ends",
        )
    return value


def _condition(found: re.Match[str]) -> Condition:
    left, left_more, comparison, right, right_more = found.groups()
    return Condition(
        left=_term(left, left_more, found.string),
        comparison=cast(Comparison, comparison),
        right=_term(right, right_more, found.string),
    )


def _term(first: str, second: str | None, whole: str) -> Term:
    number = _number(first)
    if second is None:
        return Term(name=first) if number is None else Term(factor=float(number))
    if number is None or _number(second) is not None:
        raise refuse(
            "a side is a name, a number, or number*name", name=whole, fix="write 2*fast<=slow"
        )
    return Term(factor=float(number), name=second)


def _parameter(name: str, said: str) -> Parameter:
    if ".." not in said:
        return Choices(name=name, values=tuple(_value(part.strip()) for part in said.split(",")))
    low_text, _, rest = said.partition("..")
    high_text, colon, how = rest.partition(":")
    low, high = _number(low_text), _number(high_text)
    if low is None or high is None:
        raise refuse(f"{said} does not run from number to number", name=name, fix=_FIX)
    if not colon:
        return Range(name=name, low=low, high=high)
    if how.startswith("log"):
        points = how.removeprefix("log")
        if points and not points.isdecimal():
            raise refuse(f"{how} is no number of points", name=name, fix=_FIX)
        return Range(
            name=name, low=low, high=high, log=True, points=int(points) if points else None
        )
    step = _number(how)
    if step is None:
        raise refuse(f"{how} is no step", name=name, fix=_FIX)
    return Range(name=name, low=low, high=high, step=step)


def _value(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    number = _number(text)
    return text if number is None else number


def _number(text: str) -> int | float | None:
    """Whole, decimal or, for what is no number, None. `inf` and `nan` are numbers, for a range to refuse."""
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return None
