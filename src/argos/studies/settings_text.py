"""`Settings` as plain JSON values and back, to the bit: decimals as text, infinity as "inf", enums by name.

The calendar's arrays are not in it; a folder keeps them as columns.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from decimal import Decimal
from enum import Enum
from typing import Any

from argos.backtest.assignments import GROUPS, value_like
from argos.backtest.settings import Calendar, Settings


def settings_document(settings: Settings) -> dict[str, Any]:
    """All groups but the calendar."""
    found: dict[str, Any] = {name: plain(asdict(getattr(settings, name))) for name in GROUPS}
    found["costs_by_symbol"] = {
        symbol: plain(asdict(costs)) for symbol, costs in settings.costs_by_symbol.items()
    }
    return found


def settings_from(document: Mapping[str, Any], calendar: Calendar | None = None) -> Settings:
    """What `settings_document` was made of. Raises InputError (BACKTEST_VALUE) for a value of another type."""
    blank = Settings()
    groups = {name: _group(getattr(blank, name), document[name]) for name in GROUPS}
    return Settings(
        **groups,
        costs_by_symbol={
            symbol: _group(blank.costs, costs)
            for symbol, costs in document["costs_by_symbol"].items()
        },
        calendar=calendar or Calendar(),
    )


def _group(blank: Any, values: Mapping[str, Any]) -> Any:
    examples = {field.name: getattr(blank, field.name) for field in fields(blank)}
    return type(blank)(
        **{
            name: value
            if type(value) is type(examples[name])
            else value_like(examples[name], str(value), name=name)
            for name, value in values.items()
        }
    )


def plain(value: Any) -> Any:
    """As JSON can hold it and `settings_from` reads it again."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def finite(value: Any) -> Any:
    """None in place of a number that JSON does not have."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def finite_tree(value: Any) -> Any:
    """The same for all that is inside, with names as texts."""
    if isinstance(value, Mapping):
        return {str(name): finite_tree(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite_tree(item) for item in value]
    return finite(value)
