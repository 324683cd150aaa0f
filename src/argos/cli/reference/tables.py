"""order-states.md and database.md."""

import re
from collections.abc import Iterator
from typing import Any, Final

from argos.cli.reference.markdown import code, page, section, table
from argos.core.order import ALARMING, FINAL_STATUSES, TRANSITIONS, OrderStatus
from argos.store.migrate import known_migrations


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
