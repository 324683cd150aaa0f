"""The command `argos`."""

from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final

import typer

from argos.cli import handed_on
from argos.cli.access import hooks, keys
from argos.cli.accounts import command as accounts
from argos.cli.brakes import command as brakes
from argos.cli.config import command as config
from argos.cli.doctor import command as doctor
from argos.cli.frame.entrance import Entrance, choose_home
from argos.cli.home import init
from argos.cli.journal import command as journal
from argos.cli.mt5 import command as mt5
from argos.cli.nodes import command as nodes
from argos.cli.processes import alone, paper_alpaca, up
from argos.cli.risk import command as risk
from argos.cli.routes import command as routes
from argos.cli.send import command as send
from argos.cli.signals import command as signals
from argos.cli.signals import sources
from argos.cli.stored import audit, db
from argos.cli.trades import doubt, reading, story

app = typer.Typer(
    name="argos",
    cls=Entrance,
    help="Turns trading signals into audited fills. Every command takes --help, and --json for programs.",
    epilog="Exit codes: 0 done; 1 an error or a finding; 2 wrong usage; 3 `send --wait`: not all legs went through.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"argos {metadata.version('argos')}")
        raise typer.Exit


@app.callback()
def argos(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="The Argos home; else $ARGOS_HOME, else ~/.argos.", metavar="PATH"),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=tell_version, help="Say it and end."),
    ] = False,
) -> None:
    choose_home(context, home)


Register = Callable[[typer.Typer], None]
PANELS: Final[Mapping[str, Sequence[Register]]] = {
    "Everyday": (init.register, up.register, send.register, brakes.register),
    "What happened": (story.register, reading.register, journal.register, doubt.register),
    "What is set up": (
        accounts.register,
        risk.register,
        routes.register,
        hooks.register,
        nodes.register,
        mt5.register,
        keys.register,
    ),
    "Signals": (signals.register, config.register, sources.register),
    "Care": (doctor.register, db.register, audit.register, handed_on.register_care),
    "Research": (handed_on.register_research,),
    "Processes on their own": (alone.register, paper_alpaca.register),
    "See it work": (handed_on.register_rehearsals,),
}
"""What registers the commands, in the order of `argos --help`."""

for panel, registers in PANELS.items():
    for register in registers:
        seen = len(app.registered_commands), len(app.registered_groups)
        register(app)
        for command in app.registered_commands[seen[0] :]:
            command.rich_help_panel = panel
        for group in app.registered_groups[seen[1] :]:
            group.rich_help_panel = panel

if __name__ == "__main__":
    app()
