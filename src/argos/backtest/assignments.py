"""Parameters by name: a strategy's own (`fast`), and settings under their group (`exits.stop_fraction`)."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from argos.backtest.settings import Settings
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


def settings_with(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Settings with `group.field` replaced by values of the field's own type.

    Raises InputError (BACKTEST_SETTING) naming the field, for a name that does not exist or a value out of bounds.
    """
    groups: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        setting_of(settings, name)
        group, _, field = name.partition(".")
        groups.setdefault(group, {})[field] = value
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


def value_like(example: Any, text: str, *, name: str) -> Any:
    """`text` as a value of the type that `example` has; an enum by its member's name; None leaves it to the text.

    Raises InputError (BACKTEST_VALUE) naming the parameter.
    """
    if isinstance(example, Enum):
        members = type(example).__members__
        if text.upper() not in members:
            raise _unreadable(name, text, f"one of {', '.join(members).lower()}")
        return members[text.upper()]
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
