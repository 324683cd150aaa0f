"""`argos docs` as a program of its own: writes docs/reference, or says what is not as it would write it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from argos.cli.frame.entrance import EXIT_ERROR, Entrance
from argos.cli.frame.printing import AsJson, print_json, screen
from argos.cli.reference.api import api_page, intent_page, openapi_json
from argos.cli.reference.codes import codes_page
from argos.cli.reference.commands import cli_page, commands_of
from argos.cli.reference.conformance import conformance_page
from argos.cli.reference.settings_tables import settings_page
from argos.cli.reference.tables import database_page, states_page

FOLDER: Final = Path("docs/reference")
app = typer.Typer(
    name="argos",
    cls=Entrance,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def reference() -> None:
    """The reference, made from the code."""


@app.command("docs", epilog="Examples: `argos docs`; `argos docs --check`.")
def docs(
    out: Annotated[Path, typer.Option(help="The folder to write to.", metavar="FOLDER")] = FOLDER,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit code 1 if a page is not up to date."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the reference: commands, API, codes, settings, intent, order states, database, conformance."""
    stale = [name for name, make in PAGES.items() if _held(out / name) != make()]
    if not check:
        out.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (out / name).write_text(PAGES[name](), encoding="utf-8")
    if as_json:
        print_json(
            {"folder": str(out), "pages": sorted(PAGES), "written" if not check else "stale": stale}
        )
    elif stale:
        screen().print(f"{'out of date' if check else 'written'}: {', '.join(stale)}")
    else:
        screen().print("everything is up to date")
    if check and stale:
        raise typer.Exit(EXIT_ERROR)


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "api.md": api_page,
    "cli.md": lambda: cli_page(commands_of(app)["docs"]),
    "conformance.md": conformance_page,
    "database.md": database_page,
    "error-codes.md": codes_page,
    "intent.md": intent_page,
    "openapi.json": openapi_json,
    "order-states.md": states_page,
    "settings.md": settings_page,
}


def _held(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    app()
