"""Runs the functions of a Pine library outside TradingView.

Not Pine: only the part of the language that `ArgosIntent.pine` is written in (typed functions, `if`, `else`,
assignment, strings and numbers), turned into Python line by line. What it cannot read it refuses.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

_TYPES: Final = r"(?:Bot|string|int|float|bool)"
_HEAD: Final = re.compile(r"^(?:export )?(\w+)\((.*)\) =>$")
_STATEMENT: Final = re.compile(rf"^(?:{_TYPES} )?([\w.]+) (=|:=|\+=) (.+)$")
_MINTICK: Final = object()


class _Na:
    """Pine's `na`: a missing value, and the question whether a value is missing."""

    def __call__(self, value: object) -> bool:
        return value is self


NA: Final = _Na()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What the built-in variables hold on one bar of one chart. Moments in Unix milliseconds."""

    prefix: str = "NASDAQ"
    ticker: str = "AAPL"
    period: str = "60"
    mintick: Decimal = Decimal("0.01")
    time: int = 1_763_736_600_000
    timenow: int = 1_763_740_200_412


def pine_functions(path: Path, chart: Chart) -> Mapping[str, Any]:
    """The library's functions by name, ready to be called with Python values (floats, as in Pine)."""
    names = _builtins(chart)
    exec(compile(_python_source(path.read_text("utf-8")), str(path), "exec"), names)
    return names


def signatures(source: str) -> dict[str, list[str]]:
    """Parameter names by exported function."""
    found = {}
    for line in source.splitlines():
        match = _HEAD.match(line)
        if match and line.startswith("export "):
            found[match[1]] = re.findall(rf"{_TYPES} (\w+)", match[2])
    return found


def _python_source(source: str) -> str:
    lines = [line for line in source.splitlines() if line and not line.lstrip().startswith("//")]
    blocks: list[list[str]] = []
    for line in lines:
        if line.startswith(" "):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return "\n".join(_block(block) for block in blocks if not block[0].startswith("library("))


def _block(lines: list[str]) -> str:
    if re.fullmatch(r"export type \w+", lines[0]):
        return f"{lines[0].split()[2]} = user_type({[line.split()[1] for line in lines[1:]]!r})"
    match = _HEAD.match(lines[0])
    assert match, f"not a function: {lines[0]}"
    parameters = re.sub(rf"\b{_TYPES} (?=\w)", "", match[2])
    body = [_line(line, is_last=line is lines[-1]) for line in lines[1:]]
    return "\n".join([f"def {match[1]}({parameters}):", *body])


def _line(line: str, *, is_last: bool) -> str:
    text = line.strip()
    indent = line[: len(line) - len(text)]
    assert len(indent) % 4 == 0, f"a wrapped line: {line}"
    if text.startswith("if ") or text == "else":
        return f"{indent}{text}:"
    match = _STATEMENT.match(text)
    if match:
        return f"{indent}{match[1]} {'=' if match[2] == ':=' else match[2]} {match[3]}"
    assert re.fullmatch(r"[\w.]+(\(.*\))?|\".*|idPart.*", text), f"cannot read: {line}"
    return f"{indent}return {text}" if is_last else f"{indent}{text}"


def _builtins(chart: Chart) -> dict[str, Any]:
    def tostring(value: float, spelling: object) -> str:
        number = Decimal(repr(value))
        if spelling is _MINTICK:
            return format(number.quantize(chart.mintick, ROUND_HALF_UP), "f")
        places = str(spelling).partition(".")[2]
        text = format(round(number, len(places)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text

    def error(message: str) -> None:
        raise ValueError(message)

    def user_type(fields: list[str]) -> SimpleNamespace:
        return SimpleNamespace(
            new=lambda *values: SimpleNamespace(**dict(zip(fields, values, strict=True)))
        )

    strings = SimpleNamespace(
        replace_all=lambda source, target, replacement: source.replace(target, replacement),
        contains=lambda source, part: part in source,
        length=len,
        tostring=tostring,
    )
    return {
        "str": strings,
        "na": NA,
        "format": SimpleNamespace(mintick=_MINTICK),
        "runtime": SimpleNamespace(error=error),
        "syminfo": SimpleNamespace(prefix=chart.prefix, ticker=chart.ticker),
        "timeframe": SimpleNamespace(period=chart.period),
        "time": chart.time,
        "timenow": chart.timenow,
        "user_type": user_type,
    }
