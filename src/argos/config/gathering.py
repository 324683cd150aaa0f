"""Brings together what the file, AWS and the environment say, and finds which environment that makes.

The later goes before the earlier: as shipped, the file, secrets from AWS, the environment.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from argos.config.detection import AUTO, detect, stated_environment
from argos.config.document import ALIASES, leaves, without_secrets
from argos.config.model import Environment, StrategySection
from argos.config.refusals import TOP, check_source_fields, invalid, unknown_section
from argos.config.variables import put, variable_name, variables
from argos.core.errors import InputError
from argos.sources.settings import CONFIG
from argos.sources.settings import SECTIONS as SOURCE_SECTIONS
from argos.venues.alpaca.settings import KEY_VARIABLE, SECRET_VARIABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Every section as it is to be read, with its secrets. origins: dotted names of what is not as shipped."""

    held: Mapping[str, Any] = field(repr=False)
    file: Mapping[str, Any]
    environment: Environment
    reason: str
    origins: Mapping[str, str]


def decode(text: str | None) -> dict[str, Any]:
    """The file as objects. Raises InputError CONFIG_NOT_JSON that names line and column, and no content."""
    if text is None:
        return {}
    try:
        held = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _not_json(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise _not_json(str(error)) from None
    if not isinstance(held, dict):
        raise _not_json("it is not a JSON object")
    return held


def gather(text: str | None, environ: Mapping[str, str], *, secrets: Mapping[str, str]) -> Gathered:
    """Raises InputError CONFIG_... for what cannot be read, or stands where nothing reads it."""
    held = decode(text)
    for name, section in held.items():
        if name not in TOP:
            raise unknown_section(name)
        if name != "environment" and not isinstance(section, dict):
            raise invalid(name, "is not an object", environ=environ)
    check_source_fields(held)
    file = without_secrets(held)
    origins = {ALIASES.get(path, path): CONFIG for path, _ in leaves(held)}
    for path, value in secrets.items():
        _put_secret(held, path, value)
        origins[path] = "AWS Secrets Manager"
    for variable in variables(environ):
        _begin_with_shipped_weights(held, variable.path)
        put(held, variable.path, variable.value)
        origins[variable.path] = variable.name
    origins |= _of_sources(environ)
    stated, where = stated_environment(held.get("environment"), environ)
    environment, reason = detect(
        stated, where=where, environ=environ, has_production_keys=_has_production_keys(held)
    )
    if stated != AUTO:
        origins["environment"] = where
    _put_alpaca_variables(held, environ, environment=environment, origins=origins)
    return Gathered(held=held, file=file, environment=environment, reason=reason, origins=origins)


def _put_secret(held: dict[str, Any], path: str, value: str) -> None:
    """A file that calls it bearer_token has then said it twice; AWS goes before it."""
    for other, same in ALIASES.items():
        section, _, field = other.partition(".")
        if same == path and isinstance(held.get(section), dict):
            held[section] = {name: item for name, item in held[section].items() if name != field}
    put(held, path, value)


def _begin_with_shipped_weights(held: dict[str, Any], path: str) -> None:
    """One weight from the environment changes that one, not the three others as well."""
    if path.startswith("strategy.weights.") and "weights" not in held.get("strategy", {}):
        shipped = StrategySection.model_fields["weights"].default
        put(held, "strategy.weights", {name: str(weight) for name, weight in shipped.items()})


def _of_sources(environ: Mapping[str, str]) -> dict[str, str]:
    """Origins of what the sources' sections take from the environment by themselves."""
    found = {}
    for section in SOURCE_SECTIONS:
        prefix = variable_name(section) + "_"
        for name in environ:
            if name.startswith(prefix):
                path = f"{section}.{name.removeprefix(prefix).lower()}"
                found[ALIASES.get(path, path)] = name
    return found


def _has_production_keys(held: Mapping[str, Any]) -> bool:
    account = held.get("alpaca", {}).get("production", {})
    return isinstance(account, dict) and all(
        account.get(name) for name in ("api_key", "secret_key")
    )


def _put_alpaca_variables(
    held: dict[str, Any],
    environ: Mapping[str, str],
    *,
    environment: Environment,
    origins: dict[str, str],
) -> None:
    """Alpaca's own two variables, unless ours name a key of that account."""
    place = f"alpaca.{environment}"
    paths = {f"{place}.api_key": KEY_VARIABLE, f"{place}.secret_key": SECRET_VARIABLE}
    given = {path: environ.get(name, "") for path, name in paths.items()}
    if not any(given.values()) or any(variable_name(path) in environ for path in paths):
        return
    for path, value in given.items():
        if not value:
            raise InputError(
                f"{paths[path]} is not set, and its other half is",
                code="ALPACA_KEYS_HALF",
                field=paths[path],
                fix=f"set {KEY_VARIABLE} and {SECRET_VARIABLE} together, or neither",
            )
        put(held, path, value)
        origins[path] = paths[path]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice} stands twice in one object")
    return held


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _not_json(why: str) -> InputError:
    return InputError(
        f"{CONFIG} cannot be read: {why}",
        code="CONFIG_NOT_JSON",
        field=CONFIG,
        fix="mend it; `argos config rollback` brings back one that was in force once it is JSON again",
    )
