"""Changes to the text of `config.json`. What comes out is checked by whoever writes it, as a whole."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from argos.config.document import ALIASES, SECRET_PATHS, secrets_in
from argos.config.gathering import decode
from argos.config.model import AlpacaSection, StrategySection, TradingSection
from argos.config.variables import PLACES, put
from argos.core.errors import InputError
from argos.sources.settings import PROVIDERS, SourcesSettings

STARTING: Final = ("min_confidence", "auto_execute", "position_size_pct", "max_drawdown_pct")


def written(document: Mapping[str, Any]) -> str:
    """As the file holds it: two spaces, in the order given."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def with_value(text: str | None, path: str, value: Any) -> str:
    """The file with one dotted name set; another name of the same setting goes. Raises InputError CONFIG_NOT_JSON."""
    document = decode(text)
    put(document, path, value)
    for other in _other_names(path):
        place, _, last = other.rpartition(".")
        document[place].pop(last, None)
    return written(document)


def without_value(text: str | None, path: str) -> str:
    """The file without one dotted name, so that it is as shipped. Raises InputError CONFIG_NOT_SET."""
    document = decode(text)
    *above, last = path.split(".")
    place: Any = document
    for name in above:
        place = place.get(name) if isinstance(place, dict) else None
    if not isinstance(place, dict) or last not in place:
        raise InputError(
            f"{path} is not set in the file",
            code="CONFIG_NOT_SET",
            field=path,
            fix="argos config show tells where each setting comes from",
        )
    del place[last]
    return written(document)


def restored(file: Mapping[str, Any], text: str | None) -> str:
    """A file from the history, with the secrets that the present one holds. Raises InputError CONFIG_NOT_JSON."""
    document = json.loads(json.dumps(file))
    for path, value in secrets_in(decode(text)).items():
        put(document, path, value)
    return written(document)


def value_of(path: str, text: str) -> Any:
    """What stands after `KEY=` as the file should hold it: text for text, else JSON, else as it is."""
    kind = _kind(path)
    if ALIASES.get(path, path) in SECRET_PATHS or kind in {str, SecretStr}:
        return text
    if kind is tuple and not text.startswith("["):
        return [part for part in text.split(",") if part]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def starting_file() -> str:
    """What `argos config init` writes: the settings that most people change, as shipped, with empty keys."""
    strategy, trading = StrategySection(), TradingSection()
    accounts = AlpacaSection()
    return written(
        {
            "environment": "auto",
            "sources": {"symbols": list(SourcesSettings().symbols)},
            **{provider: {"api_key": ""} for provider in PROVIDERS},
            "alpaca": {
                name: {"api_key": "", "secret_key": "", "base_url": account.base_url}
                for name, account in (("dev", accounts.dev), ("production", accounts.production))
            },
            "strategy": {
                "name": strategy.name,
                "version": strategy.version,
                "route": strategy.route,
                "weights": {name: _number(weight) for name, weight in strategy.weights.items()},
                "threshold_pct": _number(strategy.threshold_pct),
            },
            "trading": {name: _number(getattr(trading, name)) for name in STARTING},
        }
    )


def _other_names(path: str) -> list[str]:
    """Of a provider's key: what else it may be called."""
    if path in ALIASES:
        return [ALIASES[path]]
    return [other for other, same in ALIASES.items() if same == path]


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) else value


def _kind(path: str) -> Any:
    """What a field holds: a type, tuple for every list, None where nobody knows."""
    place, _, name = path.rpartition(".")
    fields = _fields(place)
    info = fields.get(name)
    if info is None:
        return None
    kinds = [item for item in get_args(info.annotation) if item is not type(None)]
    is_union = get_origin(info.annotation) is Union or isinstance(info.annotation, type(int | None))
    kind = kinds[0] if is_union and len(kinds) == 1 else info.annotation
    return get_origin(kind) or kind


def _fields(place: str) -> Mapping[str, FieldInfo]:
    if place in PLACES:
        return PLACES[place].model_fields
    sources = SourcesSettings.model_fields
    if place in PROVIDERS:
        kind = sources[place].annotation
        assert isinstance(kind, type)
        assert issubclass(kind, BaseModel)
        return kind.model_fields
    return sources if place == "sources" else {}
