"""How a configuration is refused: the field, the nearest known name, and what to do; never a value that was secret."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from argos.config.nearest import nearest
from argos.config.percent import REFUSED
from argos.config.variables import PLACES, SECTIONS, variable_name
from argos.core.errors import InputError
from argos.sources.settings import CONFIG, KEY_NAMES, PROVIDERS, SourcesSettings
from argos.sources.settings import SECTIONS as SOURCE_SECTIONS

BEARER: Final = "bearer_token"
"""What providers' keys may be called as well."""
TOP: Final = ("environment", *SOURCE_SECTIONS, *SECTIONS)
"""What may stand at the top of the file."""


def known_fields() -> dict[str, frozenset[str]]:
    """Where fields stand, as dotted names, and which there are; of all sections."""
    fields = SourcesSettings.model_fields
    found: dict[str, frozenset[str]] = {"sources": frozenset(fields) - {*PROVIDERS}}
    for provider in PROVIDERS:
        kind = fields[provider].annotation
        assert isinstance(kind, type)
        assert issubclass(kind, BaseModel)
        found[provider] = frozenset(kind.model_fields) | {BEARER}
    return found | {place: frozenset(model.model_fields) for place, model in PLACES.items()}


def unknown_section(name: str) -> InputError:
    """For a name at the top that is no section, or is a field that belongs into one."""
    place = _place_of(name)
    hint = place or nearest(name, TOP)
    return InputError(
        f"{name} is no section of {CONFIG}",
        code="CONFIG_SECTION_UNKNOWN",
        field=name,
        fix=f"did you mean {hint}?" if hint else f"the sections are {', '.join(TOP)}",
    )


def invalid(field: str, what: str, *, environ: Mapping[str, str], fix: str = "") -> InputError:
    """A field that cannot be used as it is."""
    variable = variable_name(field)
    where = f"the variable {variable}" if variable in environ else CONFIG
    return InputError(
        f"{field} {what}",
        code="CONFIG_INVALID",
        field=field,
        fix=fix or f"mend it in {where}; docs/reference/settings.md says what it may be",
    )


def of_validation(error: ValidationError, section: str, environ: Mapping[str, str]) -> InputError:
    """The first thing that pydantic found wrong in a section."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join((section, *(str(part) for part in first["loc"])))
    if first["type"] == "extra_forbidden":
        return _unknown_field(field)
    if first["type"] == REFUSED:
        return _own(first, field)
    what = first["msg"].removeprefix("Value error, ")
    if first["type"] != "value_error":
        what = what.replace("Input should be", "should be", 1)
    return invalid(field, what, environ=environ)


def _own(error: ErrorDetails, field: str) -> InputError:
    told = error.get("ctx", {})
    return InputError(f"{field} {told['what']}", code=told["code"], field=field, fix=told["fix"])


def _unknown_field(field: str) -> InputError:
    place, _, name = field.rpartition(".")
    here = nearest(name, known_fields().get(place, ()))
    hint = f"{place}.{here}" if here else _place_of(name)
    return InputError(
        f"{field} is no setting",
        code="CONFIG_FIELD_UNKNOWN",
        field=field,
        fix=f"did you mean {hint}?" if hint else "docs/reference/settings.md lists them",
    )


def check_source_fields(held: Mapping[str, object]) -> None:
    """Raises InputError for a name that the sources' sections do not know (CONFIG_FIELD_UNKNOWN), or two names of one
    key (CONFIG_KEY_TWICE).
    """
    for section in SOURCE_SECTIONS:
        given = held.get(section)
        known = known_fields()[section]
        for name in given if isinstance(given, Mapping) else ():
            if name not in known:
                raise _unknown_field(f"{section}.{name}")
        if isinstance(given, Mapping) and given.keys() >= KEY_NAMES:
            raise InputError(
                f"{section} holds its key under two names: {', '.join(sorted(KEY_NAMES))}",
                code="CONFIG_KEY_TWICE",
                field=f"{section}.{BEARER}",
                fix=f"leave one of the two in {CONFIG}",
            )


def _place_of(name: str) -> str | None:
    """Where that name stands, if in one place alone: at the top, or in a section."""
    if name in TOP:
        return name
    found = [f"{place}.{name}" for place, fields in known_fields().items() if name in fields]
    return found[0] if len(found) == 1 else None
