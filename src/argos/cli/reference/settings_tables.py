"""settings.md: every setting of both files, with its variable, what is shipped, and what it may be."""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from argos.cli.reference.markdown import code, page, section, table
from argos.config.document import plain
from argos.config.model import AlpacaSection
from argos.config.percent import Percent, Share
from argos.config.variables import PER_SOURCE, SECTIONS, variable_name
from argos.core.texts import decimal_text
from argos.settings import Settings
from argos.sources.settings import PROVIDERS, SourcesSettings


def settings_page() -> str:
    return page(
        "Settings",
        "Each process reads the environment first, then `argos.toml` in the home, then these defaults. A name that is "
        "not listed here is refused (`SETTINGS_INVALID`). Lists in the environment are separated by commas.",
        "The home itself is `$ARGOS_HOME`, else `~/.argos`.",
        *(_settings_section(name, info) for name, info in Settings.model_fields.items()),
        section("config.json", _CONFIG),
        _environment_section(),
        _fields_section("sources", SourcesSettings.__doc__, _shared_of_sources()),
        *(_settings_section(name, SourcesSettings.model_fields[name]) for name in PROVIDERS),
        *(
            _fields_section(
                f"alpaca.{name}", _annotation(info).__doc__, _annotation(info).model_fields
            )
            for name, info in AlpacaSection.model_fields.items()
        ),
        *(
            _fields_section(name, model.__doc__, model.model_fields)
            for name, model in SECTIONS.items()
            if model is not AlpacaSection
        ),
    )


HEADINGS: Final = ("setting", "environment", "default", "allowed")
PERCENT_MARKS: Final = (*get_args(Percent)[1:], *get_args(Share)[1:])
"""What marks a field as percent."""
_CONFIG: Final = (
    "The sections below stand in `config.json` of the home, readable by its owner alone, as JSON objects; `argos "
    "config` shows, checks and changes them ([how](../how-to/configure-signals.md)). The environment goes before AWS, "
    "AWS before the file. A name that is not listed here is refused, in the file and in the environment. null is no "
    "limit, or turns a rule off. An empty `api_key` of a provider means the fixture server; `x_api` takes "
    "`bearer_token` as well. Percent: 75 is 75 %; a number below 1 is refused, as it may be a fraction, and "
    '"0.5%" as text is half a percent.'
)
_ENVIRONMENT: Final = (
    "`auto` is dev unless AWS runs the process and `alpaca.production` has its keys. `APCA_API_KEY_ID` and "
    "`APCA_API_SECRET_KEY` are the keys of the account in force."
)


def _environment_section() -> str:
    row = (code("environment"), code("ARGOS_ENVIRONMENT"), code("auto"), "auto, dev, production")
    return section("environment", _ENVIRONMENT, table(HEADINGS, [row]))


def _shared_of_sources() -> dict[str, FieldInfo]:
    fields = SourcesSettings.model_fields
    return {name: info for name, info in fields.items() if name not in PROVIDERS}


def _annotation(info: FieldInfo) -> type[BaseModel]:
    model = info.annotation
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    return model


def _settings_section(name: str, info: FieldInfo) -> str:
    model = _annotation(info)
    return _fields_section(name, model.__doc__, model.model_fields)


def _fields_section(name: str, words: str | None, fields: Mapping[str, FieldInfo]) -> str:
    rows = (
        (
            code(field),
            code(_variable(f"{name}.{field}")),
            code(_default(field_info)),
            ", ".join(_allowed(field_info)),
        )
        for field, field_info in fields.items()
    )
    return section(f"[{name}]", " ".join((words or "").split()), table(HEADINGS, rows))


def _variable(path: str) -> str:
    return variable_name(path) + ("_<SOURCE>" if path in PER_SOURCE else "")


def _default(info: FieldInfo) -> str:
    """As JSON holds it, text without its quotes."""
    value = info.default
    if isinstance(value, SecretStr):
        return '""'
    if _is_percent(info) and value is not None:
        return decimal_text(value)
    if isinstance(value, Mapping):
        return json.dumps({name: int(item) for name, item in value.items()})
    shown = plain(value)
    return shown if isinstance(shown, str) and shown else json.dumps(shown)


def _is_percent(info: FieldInfo) -> bool:
    return any(item in PERCENT_MARKS for item in _metadata(info))


def _metadata(info: FieldInfo) -> Iterator[Any]:
    """Of the field, and of what stands beside null in it."""
    yield from info.metadata
    for kind in get_args(info.annotation):
        if get_origin(kind) is Annotated:
            yield from kind.__metadata__


def _allowed(info: FieldInfo) -> Iterator[str]:
    if _is_percent(info):
        yield "percent"
    for kind in (info.annotation, *get_args(info.annotation)):
        if get_origin(kind) is Literal:
            yield from (str(word) for word in get_args(kind))
        elif isinstance(kind, type) and issubclass(kind, StrEnum):
            yield from (item.value for item in kind)
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    for item in _metadata(info):
        if isinstance(item, FieldInfo):
            yield from _allowed(item)
        for name, sign in signs.items():
            if getattr(item, name, None) is not None:
                yield f"{sign} {getattr(item, name)}"
    if type(None) in get_args(info.annotation):
        yield "null"
