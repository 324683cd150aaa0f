"""Configurations as documents: without secrets, flat for reading, and held against each other."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, SecretStr

from argos.core.texts import decimal_text
from argos.sources.settings import PROVIDERS

SECRET_PATHS: Final = (
    *(f"{provider}.api_key" for provider in PROVIDERS),
    *(
        f"alpaca.{account}.{field}"
        for account in ("dev", "production")
        for field in ("api_key", "secret_key")
    ),
)
"""Dotted names of all secrets. A test holds them against the fields that are typed as secret."""
ALIASES: Final = {f"{provider}.bearer_token": f"{provider}.api_key" for provider in PROVIDERS}
"""Other names under which a file may hold them."""


class Change(NamedTuple):
    """One setting that differs; None is not there."""

    path: str
    before: Any
    after: Any


def plain(value: Any) -> Any:
    """A value as a stored configuration holds it: decimals as text, a secret as whether it is set."""
    match value:
        case SecretStr():
            return bool(value.get_secret_value())
        case BaseModel():
            return {name: plain(item) for name, item in value.model_dump().items()}
        case Decimal():
            return decimal_text(value)
        case StrEnum():
            return value.value
        case Mapping():
            return {name: plain(item) for name, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return value


def without_secrets(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy that holds no secret, nor whether there is one."""
    return _without(document, "")


def _without(document: Mapping[str, Any], above: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in document.items():
        path = f"{above}{name}"
        if path in SECRET_PATHS or path in ALIASES:
            continue
        kept[name] = _without(value, f"{path}.") if isinstance(value, Mapping) else value
    return kept


def secrets_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """The secrets that a file holds, by the dotted names that it uses."""
    flat = dict(leaves(document))
    return {path: flat[path] for path in (*SECRET_PATHS, *ALIASES) if flat.get(path)}


def leaves(document: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting as dotted name and value; an empty object is a value."""
    for name, value in document.items():
        path = f"{above}{name}"
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{path}.")
        else:
            yield path, value


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """What differs, by dotted name."""
    old, new = dict(leaves(before)), dict(leaves(after))
    return tuple(
        Change(path=path, before=old.get(path), after=new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    )
