"""Parameters by name: a strategy's own (`fast`), and settings under their group (`exits.stop_fraction`)."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from argos.backtest.settings import Settings
from argos.backtest.strategy import Strategy
from argos.core.errors import InputError

GROUPS: Final = ("costs", "exits", "sizing", "account", "filling")
"""Groups of `Settings` whose fields can be named."""
TRUTHS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
READERS: Final[Mapping[type, Callable[[str], Any]]] = {
    bool: lambda text: TRUTHS[text.lower()],
    int: int,
    float: float,
    Decimal: Decimal,
    str: str,
}
"""How a text becomes a value; the order matters, as a bool is an int."""


def split(params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Those of the strategy, and those of the settings (with a dot in the name)."""
    own = {name: value for name, value in params.items() if "." not in name}
    return own, {name: value for name, value in params.items() if "." in name}


def strategy_with(strategy: Strategy, params: Mapping[str, Any]) -> tuple[Strategy, dict[str, Any]]:
    """The strategy under these parameters, and the arguments left for it if it is a function."""
    if not is_dataclass(strategy) or isinstance(strategy, type):
        return strategy, dict(params)
    try:
        return replace(strategy, **params), {}
    except TypeError as error:
        known = ", ".join(field.name for field in fields(strategy))
        raise InputError(
            f"{type(strategy).__name__}: {error}",
            code="STRATEGY_PARAM",
            field=", ".join(params),
            fix=f"its parameters are {known}",
        ) from error


def settings_with(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Settings with `group.field` replaced; numbers and texts are made the field's own type (a decimal, a SizeMode).

    Raises InputError naming the field: BACKTEST_SETTING for a name that does not exist or a value out of bounds,
    BACKTEST_VALUE for one of another type.
    """
    groups: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        group, _, field = name.partition(".")
        old = setting_of(settings, name)
        groups.setdefault(group, {})[field] = value_like(old, value, name=name)
    return replace(
        settings,
        **{group: replace(getattr(settings, group), **new) for group, new in groups.items()},
    )


def setting_of(settings: Settings, name: str) -> Any:
    """The value of `group.field` now. Raises InputError (BACKTEST_SETTING) if there is none."""
    group, _, field = name.partition(".")
    known = field_names(settings, group)
    if field not in known:
        raise InputError(
            f"there is no setting {name}",
            code="BACKTEST_SETTING",
            field=name,
            fix=f"{group} has {', '.join(known)}" if known else f"groups are {', '.join(GROUPS)}",
        )
    return getattr(getattr(settings, group), field)


def field_names(settings: Settings, group: str) -> tuple[str, ...]:
    """Fields of a group; empty if there is no such group."""
    if group not in GROUPS:
        return ()
    part = getattr(settings, group)
    assert is_dataclass(part), "each group is one"
    return tuple(field.name for field in fields(part))


def value_like(example: Any, value: Any, *, name: str) -> Any:
    """`value` as one of the type that `example` has; an enum by its member's name; None leaves it to the text.

    A number goes by way of its shortest text, so that 0.1 is the decimal that was meant. Raises InputError
    (BACKTEST_VALUE) naming the parameter.
    """
    if type(value) is type(example):
        return value
    if isinstance(value, float) and type(example) is int and value.is_integer():
        return int(value)
    if isinstance(example, bool) and not isinstance(value, str):
        raise _unreadable(name, str(value), WORDS[bool])
    text = str(value)
    if isinstance(example, Enum):
        members = type(example).__members__
        named = {str(member.value): member for member in type(example)} | dict(members)
        if text.upper() not in named:
            raise _unreadable(name, text, f"one of {', '.join(members).lower()}")
        return named[text.upper()]
    if example is None:
        return _guessed(text)
    for kind, read in READERS.items():
        if isinstance(example, kind):
            try:
                return read(text)
            except (ValueError, KeyError, ArithmeticError) as error:
                raise _unreadable(name, text, WORDS[kind]) from error
    raise InputError(
        f"{name} is a {type(example).__name__}, which cannot be given as text",
        code="BACKTEST_VALUE",
        field=name,
        fix="set it in Python",
    )


WORDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Decimal: "a number",
    str: "a text",
}


def _guessed(text: str) -> Any:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return TRUTHS[text.lower()] if text.lower() in ("true", "false") else text


def _unreadable(name: str, text: str, wanted: str) -> InputError:
    return InputError(
        f"{name} cannot be {text!r}", code="BACKTEST_VALUE", field=name, fix=f"give {wanted}"
    )
