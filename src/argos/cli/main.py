"""The command `argos`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Final

import typer

from argos.cli import (
    accounts,
    audit,
    brakes,
    db,
    doubt,
    hooks,
    init,
    keys,
    nodes,
    processes,
    reading,
    rehearsing,
    routes,
    send,
    story,
    up,
)
from argos.cli.doctor import command as doctor
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


PANELS: Final[Mapping[str, Sequence[ModuleType]]] = {
    "Everyday": (init, up, send, brakes),
    "What happened": (story, reading, doubt),
    "What is set up": (accounts, routes, hooks, nodes, keys),
    "Care": (doctor, db, audit),
    "Processes on their own": (processes,),
    "See it work": (rehearsing,),
}
"""The modules in the order of `argos --help`; each registers its commands."""

for panel, modules in PANELS.items():
    for module in modules:
        seen = len(app.registered_commands), len(app.registered_groups)
        module.register(app)
        for command in app.registered_commands[seen[0] :]:
            command.rich_help_panel = panel
        for group in app.registered_groups[seen[1] :]:
            group.rich_help_panel = panel

if __name__ == "__main__":
    app()
