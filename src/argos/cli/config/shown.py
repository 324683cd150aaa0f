"""How configurations are shown: settings with their origin, changes, notes; never a secret."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.markup import escape

from argos.cli.frame.printing import screen, table
from argos.config.config import Config
from argos.config.document import SECRET_PATHS, Change, leaves
from argos.config.history import FILE as HISTORY
from argos.config.history import History
from argos.core.errors import ArgosError
from argos.settings import load_config
from argos.sources.settings import CONFIG
from argos.stack.home import Home

SHOWN_DIGITS: Final = 12


@contextmanager
def opened_history(home: Home) -> Iterator[History]:
    kept = History.look(home.root / HISTORY)
    try:
        yield kept
    finally:
        kept.close()


def present(home: Home) -> Config | None:
    """What is in force now, or None where it cannot be used: the way back must stay open then."""
    try:
        return load_config(home, os.environ)
    except ArgosError:
        return None


def summary(home: Home, config: Config) -> dict[str, Any]:
    return {
        "path": str(home.root / CONFIG),
        "environment": config.environment.value,
        "reason": config.reason,
        "digest": config.digest,
        "notes": list(config.notes),
    }


def origins_of(config: Config) -> dict[str, str]:
    """Of each leaf of the document, also where what holds it was set as a whole."""
    found = {}
    for name, _ in leaves(config.document):
        parts = name.split(".")
        wholes = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
        origin = next((config.origins[whole] for whole in wholes if whole in config.origins), None)
        if origin is not None:
            found[name] = origin
    return found


def shown(name: str, value: Any) -> Any:
    if name in SECRET_PATHS:
        return "set" if value else "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else value


def change_rows(found: Sequence[Change]) -> list[dict[str, Any]]:
    return [change._asdict() for change in found]


def print_changes(found: Sequence[Change], *, heading: str) -> None:
    rows = [
        (change.path, shown(change.path, change.before), shown(change.path, change.after))
        for change in found
    ]
    screen().print(escape(heading), soft_wrap=True)
    screen().print(table("", ("setting", "before", "after"), rows, empty="nothing differs"))


def print_notes(config: Config) -> None:
    for note in config.notes:
        screen().print(f"[yellow]note[/]  {escape(note)}", soft_wrap=True)
