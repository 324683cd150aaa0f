"""Parameters by name: a strategy's own (`fast`), and settings under their group (`exits.stop_fraction`)."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from argos.backtest.layout import SizeMode
from argos.backtest.settings import Settings
from argos.backtest.strategy import Strategy
from argos.core.errors import InputError

GROUPS: Final = ("costs", "exits", "sizing", "account", "filling")
"""Groups of `Settings` whose fields can be named."""


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

    Raises InputError (BACKTEST_SETTING) naming the field, for a name that does not exist or a value out of bounds.
    """
    groups: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        group, _, field = name.partition(".")
        known = field_names(settings, group)
        if field not in known:
            raise InputError(
                f"there is no setting {name}",
                code="BACKTEST_SETTING",
                field=name,
                fix=f"{group} has {', '.join(known)}"
                if known
                else f"groups are {', '.join(GROUPS)}",
            )
        old = getattr(getattr(settings, group), field)
        groups.setdefault(group, {})[field] = _typed(name, old, value)
    return replace(
        settings,
        **{group: replace(getattr(settings, group), **new) for group, new in groups.items()},
    )


def field_names(settings: Settings, group: str) -> tuple[str, ...]:
    """Fields of a group; empty if there is no such group."""
    if group not in GROUPS:
        return ()
    part = getattr(settings, group)
    assert is_dataclass(part), "each group is one"
    return tuple(field.name for field in fields(part))


def _typed(name: str, old: Any, value: Any) -> Any:
    """`value` as a value of the type that `old` has."""
    number = isinstance(value, int | float | Decimal | str) and not isinstance(value, bool)
    try:
        if isinstance(old, bool):
            if isinstance(value, bool):
                return value
        elif isinstance(old, SizeMode):
            return SizeMode[value.upper()] if isinstance(value, str) else SizeMode(value)
        elif number and isinstance(old, Decimal):
            # By way of its shortest text, 0.1 is the decimal that was meant.
            return value if isinstance(value, Decimal) else Decimal(str(value))
        elif number and isinstance(old, float):
            return float(value)
        elif number and isinstance(old, int) and int(value) == float(value):
            return int(value)
    except (KeyError, ValueError, InvalidOperation):
        pass
    kind = "true or false" if isinstance(old, bool) else f"a value like {old}"
    if isinstance(old, SizeMode):
        kind = f"one of {', '.join(mode.name for mode in SizeMode)}"
    raise InputError(
        f"{name} cannot be {value!r}",
        code="BACKTEST_SETTING",
        field=name,
        fix=f"{name} is {kind}",
    )
