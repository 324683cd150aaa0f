"""settings.md, order-states.md and database.md."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from argos.cli.reference.markdown import code, page, section, table
from argos.core.order import ALARMING, FINAL_STATUSES, TRANSITIONS, OrderStatus
from argos.settings import Settings
from argos.sources.settings import PROVIDERS, SourcesSettings
from argos.store.migrate import known_migrations


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


def states_page() -> str:
    rows = [
        (code(before.value), code(event.value), _joined(after.value for after in sorted(afters)))
        for before, steps in TRANSITIONS.items()
        for event, afters in steps.items()
        if afters != {before}
    ]
    idle = [
        (
            code(before.value),
            _joined(event.value for event, afters in steps.items() if afters == {before}),
        )
        for before, steps in TRANSITIONS.items()
    ]
    alarming = sorted(f"{before.value} + {event.value}" for before, event in ALARMING)
    return page(
        "Order states",
        "The status of an order is a function of the set of its facts: order of arrival and repeats cannot matter. "
        "This table says which steps that function may make when one more fact arrives. A step that is not in it is "
        "recorded and raises `ORDER_ILLEGAL_TRANSITION`; it is never dropped. The database holds a copy and watches.",
        "`request_sent` and `request_answered` are facts about a request to change or cancel the order. "
        f"Final, unless a late fact says more: {_joined(s.value for s in OrderStatus if s in FINAL_STATUSES)}.",
        section("Steps", table(("from", "fact", "to"), rows)),
        section("Facts that change nothing", table(("in", "facts"), idle)),
        section(
            "Legal, and somebody must look", "These raise an alarm: " + _joined(alarming) + "."
        ),
    )


def _joined(values: Any) -> str:
    return ", ".join(code(value) for value in values)


_TABLE: Final = re.compile(r"((?:^-- [^\n]*\n)*)^CREATE TABLE (\w+) \(\n(.*?)^\)", re.M | re.S)
_COLUMN: Final = re.compile(
    r"^    (?!PRIMARY|UNIQUE|CHECK|FOREIGN|CONSTRAINT)(\w+)\s+(.+?),?$", re.M
)
_GRANT: Final = re.compile(
    r"^GRANT (.+?) ON (?!SCHEMA|FUNCTION|DATABASE)(.+?) TO (.+?);", re.M | re.S
)
_PARENTHESES: Final = re.compile(r"\s*\([^)]*\)")
VERBS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")


def database_page() -> str:
    sources = [item.sql for item in known_migrations()]
    tables = [found for sql in sources for found in _TABLE.findall(sql)]
    return page(
        "Database",
        f"PostgreSQL, schema `argos`, {len(sources)} migrations. Fact tables refuse UPDATE, DELETE and TRUNCATE by "
        "trigger, for everyone. Every change of configuration and every fact is covered by the audit chain; "
        "signals by a chain of their own.",
        section("Who may do what", _RIGHTS, _rights(sources, [name for _, name, _ in tables])),
        *(_table_section(*found) for found in tables),
    )


_RIGHTS: Final = """
Each process connects with its own role. S reads, I adds, U changes (often some columns only), D deletes.
"""


def _rights(sources: list[str], tables: list[str]) -> str:
    rights: dict[str, dict[str, set[str]]] = {}
    for sql in sources:
        for verbs, names, roles in _GRANT.findall(sql):
            for role, name in (
                (r.strip(), n.strip()) for r in roles.split(",") for n in names.split(",")
            ):
                granted = {verb.strip() for verb in _PARENTHESES.sub("", verbs).split(",")}
                rights.setdefault(role, {}).setdefault(name, set()).update(granted)
    roles = sorted(role for role in rights if role.startswith("argos_"))
    rows = (
        (code(name), *(_letters(rights[role].get(name, set())) for role in roles))
        for name in tables
    )
    return table(("table", *(code(role.removeprefix("argos_")) for role in roles)), rows)


def _letters(verbs: set[str]) -> str:
    return "".join(verb[0] for verb in VERBS if verb in verbs)


def _table_section(comment: str, name: str, body: str) -> str:
    words = " ".join(line.removeprefix("-- ") for line in comment.splitlines())
    return section(code(name), words, table(("column", "type"), _columns(body)))


def _columns(body: str) -> Iterator[tuple[str, str]]:
    for column, kind in _COLUMN.findall(body):
        yield code(column), code(kind)
