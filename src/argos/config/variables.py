"""Settings from the environment: ARGOS_<SECTION>_<FIELD>, such as ARGOS_TRADING_MIN_CONFIDENCE."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel

from argos.config.model import (
    AlpacaSection,
    AwsSection,
    BacktestSection,
    DevAccount,
    ProductionAccount,
    RetentionSection,
    StrategySection,
    TradingSection,
)
from argos.config.nearest import nearest
from argos.core.errors import InputError
from argos.sources.settings import PROVIDERS

SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "alpaca": AlpacaSection,
    "strategy": StrategySection,
    "trading": TradingSection,
    "retention": RetentionSection,
    "backtest": BacktestSection,
    "aws": AwsSection,
}
"""The sections that are read here; those of the sources read the environment by themselves."""
PLACES: Final[Mapping[str, type[BaseModel]]] = {
    "alpaca.dev": DevAccount,
    "alpaca.production": ProductionAccount,
    **{name: model for name, model in SECTIONS.items() if name != "alpaca"},
}
"""Where fields stand, as dotted names."""
PER_SOURCE: Final = ("strategy.weights", "strategy.half_life_s", "strategy.cut_s")
"""Objects with one value per source, which the environment can set one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One that is set: `path` is the dotted name of what it sets."""

    name: str
    path: str
    value: Any = field(repr=False)


def variable_name(path: str) -> str:
    """trading.min_confidence -> ARGOS_TRADING_MIN_CONFIDENCE"""
    return f"ARGOS_{path.replace('.', '_')}".upper()


def variables(environ: Mapping[str, str]) -> tuple[Variable, ...]:
    """All that are set for the sections read here. Raises InputError CONFIG_VARIABLE_UNKNOWN naming the nearest."""
    known = {variable_name(path): path for path in settable()}
    prefixes = tuple(f"ARGOS_{name.upper()}_" for name in SECTIONS)
    found = []
    for name in sorted(environ):
        if not name.startswith(prefixes):
            continue
        if name not in known:
            hint = nearest(name, known)
            raise InputError(
                f"the variable {name} sets nothing",
                code="CONFIG_VARIABLE_UNKNOWN",
                field=name,
                fix=f"did you mean {hint}?" if hint else "docs/reference/settings.md lists them",
            )
        found.append(Variable(name=name, path=known[name], value=_value(environ[name])))
    return tuple(found)


def settable() -> Iterator[str]:
    """Dotted names of all that the environment can set."""
    for place, model in PLACES.items():
        for name in model.model_fields:
            path = f"{place}.{name}"
            yield path
            if path in PER_SOURCE:
                yield from (f"{path}.{source}" for source in PROVIDERS)


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Set one dotted name in nested objects, making those that are not there."""
    *above, last = path.split(".")
    place = document
    for name in above:
        held = place.get(name)
        place[name] = dict(held) if isinstance(held, Mapping) else {}
        place = place[name]
    place[last] = value


def _value(text: str) -> Any:
    """null is null, objects and lists are JSON, all else is text, which the field reads."""
    if text == "null":
        return None
    if text.startswith(("{", "[")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text
