"""Commands that change `config.json`: the whole is checked before it is written, and kept in the history after."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from argos.cli.config.shown import (
    SHOWN_DIGITS,
    change_rows,
    opened_history,
    present,
    print_changes,
    summary,
)
from argos.cli.frame.entrance import chosen_home
from argos.cli.frame.printing import AsJson, clock_time, print_json, screen
from argos.config.config import Config
from argos.config.document import changes
from argos.config.editing import restored, starting_file, value_of, with_value, without_value
from argos.config.history import FILE as HISTORY
from argos.config.history import History
from argos.config.loading import complete
from argos.core.errors import InputError
from argos.settings import config_text
from argos.sources.settings import CONFIG
from argos.stack.home import Home, file_lock, write_atomically

LOCK: Final = ".config.lock"

Digest = Annotated[
    str,
    typer.Argument(
        help="Its first digits, four or more: see `argos config history`.", metavar="DIGEST"
    ),
]
Key = Annotated[str, typer.Argument(help="Such as trading.min_confidence.", metavar="KEY")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]


def init(context: typer.Context, as_json: AsJson = False) -> None:
    """Write a file to begin with: the settings that most people change, as shipped, with empty keys.

    Without keys everything runs on fixture servers and says simulated. docs/reference/settings.md lists the rest.
    """
    home = Home.at(chosen_home(context).root)
    with _editing(home) as (text, target):
        if text is not None:
            raise InputError(
                f"{target} is there already",
                code="CONFIG_EXISTS",
                field=str(target),
                fix="edit it, or use `argos config set`",
            )
        config = _write(home, starting_file(), by="argos config init")
    if as_json:
        print_json(summary(home, config))
        return
    screen().print(
        f"written: {escape(str(home.root / CONFIG))} (only you can read it)", soft_wrap=True
    )
    screen().print("next: keys into it, then [bold]argos config check[/]")


def set_value(
    context: typer.Context,
    assignments: Annotated[
        list[str],
        typer.Argument(
            help="Dotted names and values; - reads one value from stdin.", metavar="KEY=VALUE..."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Set values in the file, all or none. The whole is checked first; nothing is written if it cannot be used.

    Secrets in a command line stay in the shell's history: give - for the value and type it, or send it in by <.
    """
    given = [_assignment(words) for words in assignments]
    home = Home.at(chosen_home(context).root)
    with _editing(home) as (text, _):
        changed = text
        for key, value in given:
            changed = with_value(changed, key, value)
        assert changed is not None
        note = ", ".join(key for key, _ in given)
        _tell(home, changed, by="argos config set", note=note, as_json=as_json)


def _assignment(words: str) -> tuple[str, Any]:
    key, sign, given = words.partition("=")
    if not sign or not key.strip():
        raise InputError(
            "nothing is assigned",
            code="CONFIG_ASSIGNMENT",
            field="KEY=VALUE",
            fix="such as trading.min_confidence=80",
        )
    if given == "-":
        given = typer.get_text_stream("stdin").readline().strip()
    return key.strip(), value_of(key.strip(), given)


def unset(context: typer.Context, key: Key, as_json: AsJson = False) -> None:
    """Take one value out of the file, so that it is as shipped."""
    home = chosen_home(context)
    with _editing(home) as (text, _):
        changed = without_value(text, key)
        _tell(home, changed, by="argos config unset", note=key, as_json=as_json)


def rollback(
    context: typer.Context, digest: Digest, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Bring the file back to what it was with that digest. Keys and other secrets stay as they are in the file now.

    What comes from the environment or from AWS is not in the file, and so is not brought back. Processes that run go on
    with what they have until they start again.
    """
    home = chosen_home(context)
    with opened_history(home) as kept:
        entry = kept.find(digest)
    with _editing(home) as (text, target):
        changed = restored(entry.file, text)
        config = complete(changed, os.environ)
        now = present(home)
        found = changes(now.document, config.document) if now else ()
        if not yes and as_json:
            raise InputError(
                "a rollback asks first",
                code="CONFIRMATION_NEEDED",
                field="--yes",
                fix="give --yes together with --json",
            )
        if not yes:
            wanted = f"{entry.digest[:SHOWN_DIGITS]}, taken {clock_time(entry.at)} UTC"
            print_changes(found, heading=f"back to {wanted}")
            typer.confirm(f"write {target}?", abort=True)
        note = f"to {entry.digest[:SHOWN_DIGITS]}"
        _write(home, changed, by="argos config rollback", note=note)
    remaining = changes(entry.document, config.document)
    if as_json:
        print_json(
            {
                **summary(home, config),
                "wanted": entry.digest,
                "changes": change_rows(found),
                "still_differs": change_rows(remaining),
            }
        )
        return
    screen().print(f"[bold green]written[/]  {config.digest}")
    if remaining:
        print_changes(
            remaining,
            heading="still not as then, by the environment, by secrets or as shipped now:",
        )


@contextmanager
def _editing(home: Home) -> Iterator[tuple[str | None, Path]]:
    """The file's text, and nobody else changes it meanwhile."""
    if not home.root.is_dir():
        raise InputError(
            f"there is no Argos home at {home.root}",
            code="HOME_UNKNOWN",
            field="--home",
            fix="run `argos config init`, or name the right one by --home or ARGOS_HOME",
        )
    with file_lock(home.root / LOCK, held_for=CONFIG, wait=True):
        yield config_text(home), home.root / CONFIG


def _write(home: Home, text: str, *, by: str, note: str = "") -> Config:
    """Check the whole, write it, and keep it in the history. Raises before anything is written."""
    config = complete(text, os.environ)
    kept = History.open(home.root / HISTORY)
    try:
        write_atomically(home.root / CONFIG, text)
        kept.remember(config, by=by, note=note, at=datetime.now(tz=UTC))
    finally:
        kept.close()
    return config


def _tell(home: Home, changed: str, *, by: str, note: str, as_json: bool) -> None:
    before = present(home)
    config = _write(home, changed, by=by, note=note)
    # What could not be used before is nothing to hold it against
    found = changes(before.document, config.document) if before else ()
    if as_json:
        print_json({**summary(home, config), "changes": change_rows(found)})
        return
    print_changes(found, heading="written; processes take it when they start again")
