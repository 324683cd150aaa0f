"""What commands put on the screen: tables for people, one JSON document for programs, and errors for both."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

import orjson
import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from argos.core.errors import ArgosError

AsJson = Annotated[
    bool, typer.Option("--json", help="One JSON document on stdout and nothing else, for programs.")
]
PIPE_WIDTH: Final = 220
"""Columns where nobody's terminal says how many there are: a table in a file must not be cut."""
NUMBER: Final = ">"
"""A heading that begins with this stands over numbers, which are aligned to the right."""


def screen() -> Console:
    """Standard output, as rich writes on it."""
    return _console(stderr=False)


def messages() -> Console:
    """Standard error: progress and errors, so that stdout holds the answer alone."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(stderr=stderr, width=width, highlight=False)


def print_json(document: Any) -> None:
    """One line, so that the last line of a longer output can be read, too."""
    typer.echo(orjson.dumps(document, default=str).decode())


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "nothing"
) -> Table:
    """A table; a heading with a leading `>` stands over numbers. None shows as a dash."""
    shown = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        number = name.startswith(NUMBER)
        shown.add_column(name.removeprefix(NUMBER), justify="right" if number else "left")
    for row in rows:
        shown.add_row(*(cell(value) for value in row))
    if not shown.rows:
        shown.caption = empty
        shown.caption_justify = "left"
    return shown


def cell(value: Any) -> str:
    """A value as a cell shows it, safe from being read as markup."""
    if value is None or value == "":
        return "[dim]-[/dim]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, list | tuple):
        return escape(", ".join(str(item) for item in value)) or "[dim]-[/dim]"
    if isinstance(value, Mapping):
        return escape(" ".join(f"{key}={item}" for key, item in value.items())) or "[dim]-[/dim]"
    return escape(str(value))


def clock_time(moment: str | None) -> str:
    """A moment of the API cut to the second; tables say in their headings that it is UTC."""
    return "" if moment is None else moment[:19].replace("T", " ")


def error_document(error: ArgosError) -> dict[str, Any]:
    """The one shape of every error, as over HTTP."""
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "field": error.field or None,
            "fix": error.fix,
        }
    }


def print_error(error: ArgosError, *, as_json: bool) -> None:
    """On stdout for programs, on stderr for people."""
    if as_json:
        print_json(error_document(error))
        return
    out = messages()
    out.print(f"[bold red]{escape(error.code)}[/]  {escape(error.message)}")
    if error.field:
        out.print(f"  field  {escape(error.field)}")
    if error.fix:
        out.print(f"  fix    {escape(error.fix)}")
