"""What the groups of configuration commands share: `argos NOUN` lists, `argos NOUN add|edit` changes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import typer
from rich.markup import escape

from argos.cli.frame.database import control_store
from argos.cli.frame.entrance import known_home
from argos.cli.frame.printing import AsJson, print_json, screen, table
from argos.core.errors import InputError
from argos.store.control import ControlStore

Row = Mapping[str, Any]
Answer = TypeVar("Answer")


def with_control(
    context: typer.Context, work: Callable[[ControlStore], Awaitable[Answer]]
) -> Answer:
    """Run `work` against the home's configuration, and answer what it answers."""
    home = known_home(context)

    async def run() -> Answer:
        async with control_store(home) as control:
            return await work(control)

    return asyncio.run(run())


def group(
    app: typer.Typer, name: str, *, listing: Callable[..., None], text: str, parent: str = ""
) -> typer.Typer:
    """The sub-command `name`, of the sub-command `parent` if there is one; alone, it lists."""
    words = f"{parent} {name}".strip()
    noun = typer.Typer(help=text, epilog=f"Examples: `argos {words}`; `argos {words} --json`.")

    @noun.callback(invoke_without_command=True)
    def alone(context: typer.Context, as_json: AsJson = False) -> None:
        if context.invoked_subcommand is None:
            listing(context, as_json=as_json)

    noun.command("list", epilog=f"Example: `argos {words} list --json`.")(listing)
    app.add_typer(noun, name=name)
    return noun


def show_rows(
    title: str, columns: Sequence[str], rows: Iterable[Row], *, names: Sequence[str], as_json: bool
) -> None:
    """Rows as a table of the fields `names`, or all of them as `{"items": [...]}`."""
    found = list(rows)
    if as_json:
        print_json({"items": found})
        return
    screen().print(
        table(title, columns, ([row[name] for name in names] for row in found), empty="none")
    )


def show_change(what: str, row: Row, *, added: bool, as_json: bool) -> None:
    """Say what was added or changed."""
    if as_json:
        print_json({"added": added, what: row})
        return
    name = row.get(what, what)
    screen().print(f"{'added' if added else 'changed'} {what} [bold]{escape(str(name))}[/]")


def find(rows: Iterable[Row], what: str, name: str) -> Row:
    """The row of that name. Raises InputError ..._UNKNOWN that tells which there are."""
    found = list(rows)
    for row in found:
        if row[what] == name:
            return row
    known = ", ".join(str(row[what]) for row in found) or "none"
    raise InputError(
        f"there is no {what} {name}; there are: {known}",
        code=f"{what.upper()}_UNKNOWN",
        field=what,
        fix=f"argos {what}s add {name}",
    )


def require_new(rows: Iterable[Row], what: str, name: str) -> None:
    """Raises InputError ..._EXISTS: `add` never replaces."""
    if any(row[what] == name for row in rows):
        raise InputError(
            f"there is a {what} {name} already",
            code=f"{what.upper()}_EXISTS",
            field=what,
            fix=f"argos {what}s edit {name}",
        )


def given(**values: Any) -> dict[str, Any]:
    """Those that were given: an option that was left out changes nothing."""
    return {name: value for name, value in values.items() if value is not None}
