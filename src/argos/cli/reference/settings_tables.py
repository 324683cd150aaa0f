"""settings.md."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from argos.cli.reference.markdown import code, page, section, table
from argos.settings import Settings
from argos.sources.settings import PROVIDERS, SourcesSettings


def settings_page() -> str:
    return page(
        "Settings",
        "Each process reads the environment first, then `argos.toml` in the home, then these defaults. A name that is "
        "not listed here is refused (`SETTINGS_INVALID`). Lists in the environment are separated by commas.",
        "The home itself is `$ARGOS_HOME`, else `~/.argos`.",
        *(_settings_section(name, info) for name, info in Settings.model_fields.items()),
        section("Sources", _SOURCES),
        _fields_section("sources", SourcesSettings.__doc__, _shared_of_sources()),
        *(_settings_section(name, SourcesSettings.model_fields[name]) for name in PROVIDERS),
    )


_SOURCES: Final = (
    "The sections below stand in `config.json` of the home, readable by its owner alone, as JSON objects. A name in "
    "them that is not listed here is refused (`SOURCES_INVALID`). An empty `api_key` means the fixture server; "
    "`x_api` takes `bearer_token` as well. null is no limit."
)


def _shared_of_sources() -> dict[str, FieldInfo]:
    fields = SourcesSettings.model_fields
    return {name: info for name, info in fields.items() if name not in PROVIDERS}


def _settings_section(name: str, info: FieldInfo) -> str:
    model: Any = info.annotation
    assert issubclass(model, BaseModel)
    return _fields_section(name, model.__doc__, model.model_fields)


def _fields_section(name: str, words: str | None, fields: Mapping[str, FieldInfo]) -> str:
    rows = (
        (
            code(field),
            code(f"ARGOS_{name}_{field}".upper()),
            code(_default(field_info.default)),
            _bounds(field_info),
        )
        for field, field_info in fields.items()
    )
    headings = ("setting", "environment", "default", "allowed")
    return section(f"[{name}]", " ".join((words or "").split()), table(headings, rows))


def _default(value: Any) -> str:
    if isinstance(value, tuple):
        return "[]" if not value else str(list(value))
    return '""' if value == "" else str(value)


def _bounds(info: FieldInfo) -> str:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    return ", ".join(
        f"{sign} {getattr(item, name)}"
        for item in info.metadata
        for name, sign in signs.items()
        if getattr(item, name, None) is not None
    )
