"""The command `argos`."""

from pathlib import Path
from typing import Annotated

import typer

from argos.cli import accounts, hooks, init, keys, nodes, reading, routes, send, story, up
from argos.cli.entrance import Entrance, choose_home

app = typer.Typer(
    name="argos",
    cls=Entrance,
    help="Turns trading signals into audited fills. Every command takes --help, and --json for programs.",
    epilog="Exit codes: 0 done; 1 an error or a finding; 2 wrong usage; 3 `send --wait`: not all legs went through.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def argos(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="The Argos home; else $ARGOS_HOME, else ~/.argos.", metavar="PATH"),
    ] = None,
) -> None:
    choose_home(context, home)


for group in (init, up, send, story, reading, accounts, routes, hooks, nodes, keys):
    group.register(app)

if __name__ == "__main__":
    app()
