"""Parameters by name: a strategy's own (`fast`), and settings under their group (`exits.stop_fraction`)."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from argos.backtest.settings import Settings
from argos.core.errors import InputError

GROUPS: Final = ("costs", "exits", "sizing", "account", "filling")
"""Groups of `Settings` whose fields can be named."""


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
        groups.setdefault(group, {})[field] = value
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
